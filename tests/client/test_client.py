"""The clients, against a real server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from batuta import AsyncClient, Client
from batuta.errors import Conflict, InputError, NotFound, PlanError, RemoteError
from tests.doors.http.conftest import Server, make_workspace, serving
from tests.doors.http.every_route import every_route


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(make_workspace(tmp_path_factory.mktemp("client") / "desk")) as one:
        yield one


def test_a_program_without_a_loop_runs_a_plan_answers_and_follows(server: Server) -> None:
    with Client(server.url) as client:
        assert client.start("echo", {"text": "hi"}, wait=60)["result"] == "hi"
        run = client.start("announce", {"text": "x"}, wait=60)["run"]
        (question,) = [one for one in client.workspace.questions() if one["run"] == run]
        client.answer(run, question["step"], {"approved": True})
        kinds = [fact["is"] for fact in client.facts(run)]
        assert (kinds[0], kinds[-1]) == ("accepted", "ended")
        assert client.show(run)["result"] == "published x"
        assert client.runs(plan="announce")["runs"][0]["run"] == run
        assert {"echo", "announce"} <= {one["name"] for one in client.plans.list()}
        assert "publish" in {one["name"] for one in client.workspace.capabilities()}
        assert client.plans.understand("publish the news")["request"]["plan"] == "announce"
        assert client.fork(run, "approve", {"text": "y"})["forked_from"]["run"] == run  # type: ignore[typeddict-item]


async def test_the_same_in_a_loop_and_a_key_is_one_run(server: Server) -> None:
    async with AsyncClient(server.url) as client:
        first = await client.start("echo", {"text": "once"}, key="k")
        assert (await client.start("echo", {"text": "once"}, key="k"))["run"] == first["run"]
        with pytest.raises(Conflict):
            await client.start("echo", {"text": "twice"}, key="k")
        facts = [fact async for fact in client.facts(first["run"], after=1)]
        assert facts[0]["seq"] == 2
        waiting = await client.start("announce", {"text": "x"})
        await client.cancel(waiting["run"], why="enough")
        assert [one async for one in client.facts(waiting["run"])][-1]["status"] == "cancelled"


# What a program does not ask: the same facts are among the events, and the interface describes itself to machines.
_LEFT_OUT = {("GET", "/api/v1/runs/{run}/facts"), ("GET", "/api/v1/openapi.json")}


def test_there_is_nothing_to_ask_that_the_client_does_not_ask(tmp_path: Path) -> None:
    folder = make_workspace(tmp_path / "desk")
    made = 'name: own\nsteps: {a: {use: value, with: {value: "x"}}}\nresult: ${steps.a}\n'
    with serving(folder) as server, Client(server.url) as client:
        assert client.start(words="publish it", inputs={}, wait=60)["status"] == "waiting"
        run = client.start("echo", {"text": "hi"}, wait=60)["run"]
        assert client.runs(status=("succeeded",), plan="echo", limit=5)["next"] is None
        assert list(client.score(run, 0.5).values()) == list(client.scores(run).values()) == [0.5]
        assert client.resume(run)["status"] == "succeeded"
        assert client.fork(run, "said", {"text": "again"})["run"] != run
        asks = client.start("announce", {"text": "x"}, wait=60)["run"]
        assert [one["run"] for one in client.workspace.questions()][-1] == asks
        with pytest.raises(InputError):
            client.tell(asks, "something that no plan here does with it")
        waits = client.start("announce", {"text": "x"}, wait=60)
        client.answer(waits["run"], waits["waiting"][0]["step"], {"approved": False})
        assert [fact["is"] for fact in client.facts(waits["run"])][-1] == "ended"
        client.cancel(asks, why="enough")
        assert client.show(asks)["run"] == asks

        assert "echo" in {one["name"] for one in client.plans.list()}
        assert client.plans.show("echo")["name"] == "echo"
        assert client.plans.understand("publish the news")["request"]["plan"] == "announce"
        assert client.plans.check(made)["sound"]
        assert client.plans.explain(plan="echo")["plan"] == "echo"
        assert client.plans.edit("publish the news", made)["request"]["plan"] == "own"
        assert client.plans.save("kept", text=made)["file"] == "kept.yaml"

        about, source = "handbook", "handbook/tea.md"
        assert client.knowledge.upload(about, source, b"# Tea\n\nTea is at four.\n")["failed"] == 0
        assert source in {one["source"] for one in client.knowledge.documents(about)}
        assert client.knowledge.search(about, "when is tea", limit=1)["hits"][0]["source"] == source
        assert client.knowledge.collections()[0]["documents"] == 2
        assert client.knowledge.delete(about, source)["removed"] == 1

        assert [one["name"] for one in client.workspace.capabilities("publ*")] == ["publish"]
        assert client.workspace.capability("value")["statistics"]["calls"] > 0
        assert client.workspace.budgets()["run"]["calls"] == 100
        assert client.workspace.stopped() is None
        assert client.workspace.stop("look")["why"] == "look"
        client.workspace.go_on()
        server.end()
        asked = {(line["method"], line["route"]) for line in server.log if "route" in line}
    offered = {
        (one.method, one.path) for one in every_route(folder) if one.path.startswith("/api/")
    }
    assert offered - _LEFT_OUT <= asked


async def test_documents_are_uploaded_and_searched(server: Server) -> None:
    async with AsyncClient(server.url) as client:
        done = await client.knowledge.upload(
            "handbook", "handbook/tea room.md", b"# Tea\n\nTea is at four.\n"
        )
        assert done["failed"] == 0
        found = await client.knowledge.search("handbook", "when is tea", limit=1)
        assert found["hits"][0]["source"] == "handbook/tea room.md"


def test_errors_are_those_of_the_command_line(server: Server) -> None:
    with Client(server.url) as client:
        with pytest.raises(NotFound, match="no plan 'ecko'") as error:
            client.start("ecko")
        assert error.value.remedy == "did you mean 'echo'?"
        with pytest.raises(PlanError):
            client.start({"name": "x", "steps": {"a": {"use": "nothing"}}})
        with pytest.raises(NotFound):
            client.show("r/../../../health")
        with pytest.raises(NotFound):
            list(client.facts("rnobody"))


def test_a_server_that_is_not_there_is_told() -> None:
    with Client("http://127.0.0.1:9") as client, pytest.raises(RemoteError) as error:
        client.plans.list()
    assert error.value.code == "unreachable"
    with pytest.raises(InputError, match="no address"):
        Client("localhost:8484")


async def test_in_a_loop_the_other_client_is_named(server: Server, tmp_path: Path) -> None:
    client = Client(server.url)
    with pytest.raises(InputError, match="event loop"):
        client.plans.list()
