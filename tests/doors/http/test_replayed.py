"""The same bytes a second time, on every route that changes something: the right status, and nothing happens twice."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import httpx
import pytest

from batuta.serving.keys import Keys
from tests.doors.http.conftest import Server, make_workspace, serving
from tests.doors.http.every_route import every_route

# Words whose plan needs a yes: one that is made, and one that is only near.
SAID = [{"role": "user", "content": "take slowly 0.1 seconds"}]
NEAR = {"words": "sleep for 0.1 seconds"}


class World:
    """A server, and what there is in its workspace."""

    def __init__(self, server: Server, owner: str) -> None:
        self.server = server
        self.http = server.http
        self.http.headers["Authorization"] = f"Bearer {owner}"
        self.end = set[str]()  # runs that do not wait any longer
        self.scored = list[str]()

    def send(self, method: str, path: str, **sent: Any) -> httpx.Response:
        return self.http.request(method, path, **sent)

    def run(self, plan: str = "echo", **inputs: Any) -> str:
        """A run that has ended or waits."""
        return self.server.run(plan, **inputs)["run"]

    def once(self, path: str) -> str:
        """What a form of that page is known by."""
        found = re.search(r'name="~once" value="(\w+)"', self.http.get(path).text)
        assert found, path
        return found[1]

    def seen(self) -> dict[str, Any]:
        """All that can be changed, once nothing goes on by itself."""
        end = time.monotonic() + 60
        while self._goes_on(runs := self._runs()):
            assert time.monotonic() < end
            time.sleep(0.02)
        folder = self.server.folder
        files = [
            one
            for part in ("plans", "handbook")
            for one in folder.joinpath(part).rglob("*")
            if one.is_file()
        ]
        book = folder / "tools.py.book"
        stop = self.http.get("/api/v1/stop").json()["stopped"]
        return {
            "runs": {run["run"]: self._document(run["run"]) for run in runs},
            "scores": [self.http.get(f"/api/v1/runs/{run}/score").json() for run in self.scored],
            "files": {str(one): one.read_bytes() for one in sorted(files)},
            "book": book.read_text() if book.exists() else "",
            "keys": [(one.id, bool(one.revoked_at)) for one in Keys(folder).all()],
            "stopped": stop and stop["why"],
        }

    def _runs(self) -> list[dict[str, Any]]:
        return self.http.get("/api/v1/runs?limit=1000").json()["runs"]

    def _goes_on(self, runs: list[dict[str, Any]]) -> bool:
        """True if something happens by itself in one of `runs`, or in one that is not among them yet."""
        known = {run["run"] for run in runs}
        for run in runs:
            if run["status"] == "running" or (
                run["status"] == "waiting" and run["run"] in self.end
            ):
                return True
            if run["run"] in self.end and run["status"] == "cancelled":
                document = self._document(run["run"])
                if "told" in document and document.get("replanned", {}).get("by") not in known:
                    return True
        return False

    def _document(self, run: str) -> dict[str, Any]:
        return self.http.get(f"/api/v1/runs/{run}").json()


class Sent(NamedTuple):
    """A request; `status` of the first and the second time, and of `other` under the same key."""

    path: str
    sent: dict[str, Any]
    status: tuple[int, int] = (200, 200)
    other: dict[str, Any] | None = None


def _run(world: World) -> Sent:
    asked = {"plan": "echo", "inputs": {"text": "a"}}
    other = {"plan": "echo", "inputs": {"text": "b"}}
    return Sent("/api/v1/runs", _keyed("run", asked), other=_keyed("run", other))


def _keyed(key: str, body: dict[str, Any]) -> dict[str, Any]:
    return {"json": body, "headers": {"Idempotency-Key": key}}


def _approved(world: World) -> Sent:
    refused = world.send("POST", "/api/v1/runs", json=NEAR)
    assert refused.status_code == 422
    approve = {"approve": refused.json()["approve"]}
    other = _keyed("yes", {"words": "sleep for 0.2 seconds", **approve})
    return Sent("/api/v1/runs", _keyed("yes", NEAR | approve), other=other)


def _approved_without_a_key(world: World) -> Sent:
    words = {"words": "publish what was said yes to"}
    shown = world.send("POST", "/api/v1/plans/understand", json=words).json()
    return Sent("/api/v1/runs", {"json": words | {"approve": shown["approve"]}}, status=(200, 409))


def _words_with_inputs(world: World) -> Sent:
    words = {"words": "publish it", "inputs": {"text": "one"}}
    other = words | {"inputs": {"text": "another"}}
    return Sent("/api/v1/runs", _keyed("words", words), other=_keyed("words", other))


def _answer(world: World) -> Sent:
    run, said = world.run("announce", text="x"), {"step": "approve", "value": {"approved": True}}
    world.end.add(run)
    other = said | {"value": {"approved": False}}
    return Sent(f"/api/v1/runs/{run}/answers", {"json": said}, other={"json": other})


def _fork(world: World) -> Sent:
    asked = {"at": "said", "inputs": {"text": "forked"}}
    other = asked | {"inputs": {"text": "otherwise"}}
    path = f"/api/v1/runs/{world.run(text='x')}/fork"
    return Sent(path, _keyed("fork", asked), other=_keyed("fork", other))


def _fork_with_values(world: World) -> Sent:
    asked = {"at": "publish", "values": {"approve": {"approved": True}}, "unasked": True}
    other = asked | {"values": {"approve": {"approved": False}}}
    path = f"/api/v1/runs/{world.run('announce', text='x')}/fork"
    return Sent(path, _keyed("values", asked), other=_keyed("values", other))


def _yes(world: World) -> Sent:
    """A conversation in which somebody says yes to what was proposed."""
    asked = {"model": "batuta", "messages": SAID}
    proposed = world.send("POST", "/v1/chat/completions", json=asked).json()
    text = proposed["choices"][0]["message"]["content"]
    assert "Shall it run?" in text
    turns = [*SAID, {"role": "assistant", "content": text}, {"role": "user", "content": "yes"}]
    return Sent("/v1/chat/completions", {"json": asked | {"messages": turns}})


def _chat(world: World) -> Sent:
    asked = {"model": "plan:echo", "messages": [{"role": "user", "content": "x"}]}
    other = {"model": "plan:echo", "messages": [{"role": "user", "content": "y"}]}
    return Sent("/v1/chat/completions", _keyed("chat", asked), other=_keyed("chat", other))


def _response(world: World) -> Sent:
    asked = {"model": "plan:echo", "input": "x"}
    other = {"model": "plan:echo", "input": "y"}
    return Sent("/v1/responses", _keyed("response", asked), other=_keyed("response", other))


def _form_of_run(world: World) -> Sent:
    page = world.send("POST", "/ask", data={"words": "", "plan": "echo"}).text
    fields = dict(re.findall(r'name="(~\w+)" value="([^"]*)"', page))
    assert {"~once", "~digest"} <= fields.keys()
    return Sent("/ask/run", {"data": fields | {"text": "x"}}, (303, 303))


def _form_of_fork(world: World) -> Sent:
    run = world.run(text="x")
    once = world.once(f"/runs/{run}/steps?path=said")
    return Sent(f"/runs/{run}/fork", {"data": {"~once": once, "~at": "said"}}, (303, 303))


def _form_of_call(world: World) -> Sent:
    once = world.once("/capabilities/publish")
    return Sent("/capabilities/publish", {"data": {"~once": once, "text": "x"}}, (303, 303))


def _form_of_key(world: World) -> Sent:
    sent = {"~once": world.once("/settings"), "name": "new", "scopes": "read", "days": "1"}
    return Sent("/settings/keys", {"data": sent}, (200, 400))


def _form_of_answer(world: World) -> Sent:
    run = world.run("announce", text="x")
    world.end.add(run)
    said = {"~step": "approve", "~value": "approve"}
    return Sent(f"/runs/{run}/answer", {"data": said}, (303, 422))


def _revoke(world: World) -> Sent:
    issued, _ = Keys(world.server.folder).add("gone", ("read",), time.time())
    return Sent("/settings/keys/revoke", {"data": {"key": issued.id}}, (303, 303))


def _document(world: World) -> Sent:
    path = "/api/v1/knowledge/handbook/documents/handbook/gone.md"
    assert world.send("PUT", path, content=b"# Gone\n").status_code == 200
    return Sent(path, {}, (200, 404))


def _kept(world: World) -> Sent:
    text = "name: kept\nsteps: {a: {use: value, with: {value: 7}}}\n"
    return Sent("/api/v1/plans/kept", {"json": {"text": text}}, (200, 400))


def _about(path: str, plan: str = "announce", **how: Any) -> Callable[[World], Sent]:
    """Something about a run, which ends then if that is no good a second time."""

    def sent(world: World) -> Sent:
        run = world.run(plan, text="x")
        if 409 in how.get("status", ()):
            world.end.add(run)
        world.scored.append(run)
        return Sent(path.format(run=run), how.get("sent", {"json": {}}), how.get("status", (200, 200)))  # fmt: skip

    return sent


def _same(path: str, sent: dict[str, Any], *status: int) -> Callable[[World], Sent]:
    return lambda _: Sent(path, sent, (status[0], status[-1]) if status else (200, 200))


PLAN = {"text": "name: x\nsteps: {a: {use: value, with: {value: 7}}}\n"}
WORDS = {"words": "publish it"}
# Every route that takes something, and what is sent there twice.
REPLAYED: dict[str, list[Callable[[World], Sent]]] = {
    "POST /api/v1/plans/understand": [_same("/api/v1/plans/understand", {"json": WORDS})],
    "POST /api/v1/plans/check": [_same("/api/v1/plans/check", {"json": PLAN})],
    "POST /api/v1/plans/explain": [_same("/api/v1/plans/explain", {"json": PLAN})],
    "POST /api/v1/plans/edit": [_same("/api/v1/plans/edit", {"json": WORDS | PLAN})],
    "PUT /api/v1/plans/{name}": [_kept],
    "POST /api/v1/runs": [_run, _approved, _approved_without_a_key, _words_with_inputs],
    "POST /api/v1/runs/{run}/answers": [_answer],
    "POST /api/v1/runs/{run}/notes": [
        _about("/api/v1/runs/{run}/notes", sent={"json": {"inputs": {"text": "y"}}}, status=(200, 409))
    ],
    "POST /api/v1/runs/{run}/cancel": [_about("/api/v1/runs/{run}/cancel", status=(200, 409))],
    "POST /api/v1/runs/{run}/fork": [_fork, _fork_with_values],
    "POST /api/v1/runs/{run}/resume": [_about("/api/v1/runs/{run}/resume")],
    "POST /api/v1/runs/{run}/score": [
        _about("/api/v1/runs/{run}/score", "echo", sent={"json": {"score": 0.5}})
    ],
    "PUT /api/v1/knowledge/{name}/documents/{source:path}": [
        _same("/api/v1/knowledge/handbook/documents/handbook/new.md", {"content": b"# New\n\nAll of it.\n"})
    ],
    "DELETE /api/v1/knowledge/{name}/documents/{source:path}": [_document],
    "PUT /api/v1/stop": [_same("/api/v1/stop", {"json": {"why": "enough"}})],
    "DELETE /api/v1/stop": [_same("/api/v1/stop", {})],
    "POST /v1/chat/completions": [_yes, _chat],
    "POST /v1/responses": [_response],
    "POST /ask": [_same("/ask", {"data": {"words": "publish it", "plan": ""}})],
    "POST /ask/edit": [_same("/ask/edit", {"data": {"~words": "publish it"}}, 422)],
    "POST /ask/step": [_same("/ask/step", {"data": {"~words": "publish it"}})],
    "POST /ask/save": [
        _same("/ask/save", {"data": {"~plan": "echo", "~words": "", "~name": "kept2", "~text": PLAN["text"]}}, 303, 422)
    ],
    "POST /ask/run": [_form_of_run],
    "POST /runs/{run}/cancel": [_about("/runs/{run}/cancel", sent={}, status=(303, 409))],
    "POST /runs/{run}/fork": [_form_of_fork],
    "POST /runs/{run}/answer": [_form_of_answer],
    "POST /capabilities/{name}": [_form_of_call],
    "POST /knowledge/{name}": [
        _same("/knowledge/handbook", {"files": {"document": ("up.md", b"# Up\n")}, "data": {"folder": "handbook"}}, 303)
    ],
    "POST /settings/stop": [_same("/settings/stop", {"data": {"why": "enough"}}, 303)],
    "POST /settings/release": [_same("/settings/release", {}, 303)],
    "POST /settings/keys": [_form_of_key],
    "POST /settings/keys/revoke": [_revoke],
}  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = make_workspace(tmp_path_factory.mktemp("replayed") / "desk")
    _, owner = Keys(folder).add("owner", ("admin",), time.time())
    with serving(folder) as one:
        yield World(one, owner)
        assert [line for line in one.log if line["event"] in ("bug", "trouble")] == []


def test_every_route_that_changes_something_is_tried(world: World) -> None:
    changing = {
        f"{one.method} {one.path}"
        for one in every_route(world.server.folder)
        if one.method != "GET" and one.path != "/login"  # which tests of keys send
    }
    assert changing == REPLAYED.keys()


@pytest.mark.parametrize("route", REPLAYED)
def test_what_is_sent_twice_happens_once(world: World, route: str) -> None:
    method = route.partition(" ")[0]
    world.send("DELETE", "/api/v1/stop")
    for of in REPLAYED[route]:
        sent = of(world)
        first = world.send(method, sent.path, **sent.sent)
        assert first.status_code == sent.status[0], first.text[-1500:]
        before = world.seen()
        second = world.send(method, sent.path, **sent.sent)
        assert second.status_code == sent.status[1], second.text[-1500:]
        assert world.seen() == before
        if first.status_code == second.status_code == 303:
            assert first.headers["location"] == second.headers["location"]
        if sent.other is not None:
            other = world.send(method, sent.path, **sent.other)
            assert (other.status_code, other.headers["content-type"]) == (
                409,
                "application/problem+json",
            )
            assert world.seen() == before
