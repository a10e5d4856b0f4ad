"""Forged, malformed, oversized and slow traffic on every route: the right status, a problem, and nothing else."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from batuta.serving.keys import Keys
from tests.doors.http.conftest import (
    Server,
    connected,
    make_workspace,
    readable,
    serving,
    whole_answer,
)
from tests.doors.http.every_route import Route, every_route

# What anybody may ask; all else asks for a scope.
PUBLIC = {"/health", "/ready", "/login", "/static/{name}"}
# Whoever is in may ask it, whatever they may do.
SHARED = {"/api/v1/openapi.json"}
# Who has a key is told of their mistakes; these are none, however wrong the rest is.
REFUSED = frozenset({400, 401, 403, 404, 405, 408, 409, 413, 414, 415, 421, 422, 431})


class _Guarded:
    """A server that asks for keys, with one of every kind that there can be."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.routes = every_route(server.folder)
        self.keys = Keys(server.folder)
        self.owner = self.key("admin")

    def key(self, *scopes: str, **how: Any) -> dict[str, str]:
        _, text = self.keys.add("somebody", scopes, time.time(), **how)
        return {"Authorization": f"Bearer {text}"}

    def asked(self, route: Route, path: str = "", **sent: Any) -> httpx.Response:
        """The answer, of a stream its head."""
        with self.server.http.stream(route.method, path or route.filled(), **sent) as answer:
            if "event-stream" not in answer.headers.get("content-type", ""):
                answer.read()
            return answer


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Guarded]:
    folder = make_workspace(tmp_path_factory.mktemp("attacked") / "desk")
    Keys(folder).add("owner", ("admin",), time.time())
    with serving(folder) as one:
        yield _Guarded(one)
        assert [line for line in one.log if line["event"] not in ("request", "serving")] == []


def _check_problem(route: Route, answer: httpx.Response, folder: Path) -> None:
    """What was refused says so as a problem (of a page: as a page), and nothing of what is inside."""
    about = (route, answer.status_code, answer.text[:300])
    assert answer.status_code in REFUSED, about
    for name in ("x-content-type-options", "content-security-policy"):
        assert name in answer.headers, about
    kind = answer.headers["content-type"]
    page = route.of_pages and kind.startswith("text/html")
    # Whoever may see a page is told there where the workspace is.
    for leak in ("Traceback", "site-packages", "batuta_", *([] if page else [str(folder)])):
        assert leak not in answer.text, about
    if page:
        return
    assert kind == "application/problem+json", about
    said = answer.json()
    assert said["status"] == answer.status_code, about
    assert said["code"] and said["detail"], about


def test_every_route_asks_for_a_scope_and_one_that_changes_something_for_more_than_to_read(
    guarded: _Guarded,
) -> None:
    assert len(guarded.routes) > 60
    for route in guarded.routes:
        if route.path in PUBLIC | SHARED:
            assert not route.scopes, route
        else:
            assert route.scopes, route
            assert route.method == "GET" or route.scopes - {"read"}, route


def test_a_key_opens_the_routes_of_its_scopes_and_no_other(guarded: _Guarded) -> None:
    every = frozenset({"read", "plan", "run", "answer", "knowledge"})
    for route in guarded.routes:
        if not route.scopes:
            continue
        sent = (
            {"content": b"x", "headers": {"Content-Type": "text/plain"}} if route.takes_body else {}
        )
        head = sent.pop("headers", {})
        for missing in route.scopes:
            lacking = guarded.key(*(every - {missing}))
            answer = guarded.asked(route, headers=head | lacking, **sent)
            assert answer.status_code == 403, (route, missing)
            _check_problem(route, answer, guarded.server.folder)
        enough = guarded.asked(route, headers=head | guarded.key(*route.scopes), **sent)
        assert enough.status_code not in (401, 403), route


def test_who_has_no_key_or_a_forged_one_learns_nothing(guarded: _Guarded) -> None:
    issued, text = guarded.keys.add("once", ("admin",), time.time())
    guarded.keys.revoke(issued.id, time.time())
    other = guarded.owner["Authorization"].removeprefix("Bearer ")
    forged = [
        {},
        {"Authorization": f"Bearer {text}"},  # replayed after it was revoked
        guarded.key("admin", expires_at=time.time() - 1),
        {"Authorization": f"Bearer {other[:-1]}{'A' if other[-1] != 'A' else 'B'}"},
        {"Authorization": f"Basic {other}"},
        {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0."},
        {"X-API-Key": "batuta_x_y"},
        {"Cookie": "batuta_key=batuta_x_y"},
    ]
    for route in guarded.routes:
        if route.path in PUBLIC:
            continue
        texts: set[str] = set()
        for head in forged:
            answer = guarded.asked(
                route, headers=head, content=b'{"a": 1}' if route.takes_body else b""
            )
            assert answer.status_code == 401, (route, head)
            assert answer.headers["www-authenticate"] == "Bearer"
            _check_problem(route, answer, guarded.server.folder)
            texts.add(answer.json()["detail"])
        assert texts <= {"a key or a token is needed", "this key does not count, or no longer"}
    # Whether there is something at an address is not to be heard either.
    assert guarded.server.http.get("/api/v1/nowhere").status_code == 401


def test_strangers_are_answered_at_a_pace_and_who_is_known_at_once(guarded: _Guarded) -> None:
    def ask(raw: socket.socket, head: str) -> bytes:
        raw.sendall(f"GET /api/v1/budgets HTTP/1.1\r\nHost: localhost\r\n{head}\r\n".encode())
        return whole_answer(raw)[0][9:12]

    with connected(guarded.server) as guessing:
        began, answers = time.monotonic(), list[bytes]()
        for at in range(150):
            answers.append(ask(guessing, f"X-API-Key: batuta_x_{at}\r\n"))
        assert answers == [b"401"] * 150
        assert time.monotonic() - began > 0.4  # a hundred at once, and a hundred a second
        # From the same address, on the same connection: while a hundred wait, who is known does not. On a machine that
        # is slow enough they have waited by then; so it is tried again.
        owner = f"Authorization: {guarded.owner['Authorization']}\r\n"
        assert any(_overtakes(guarded, lambda: ask(guessing, owner)) for _ in range(10))


def _overtakes(guarded: _Guarded, ask: Callable[[], bytes]) -> bool:
    """True if `ask` is answered before the last of a hundred strangers who were there first."""
    strangers = [connected(guarded.server) for _ in range(100)]
    for raw in strangers:
        raw.sendall(b"\x00\x01\r\n\r\n")
    assert ask() == b"200"
    waits = not readable(strangers[-1:], 0)
    for raw in strangers:
        with raw:
            assert whole_answer(raw)[0].startswith(b"HTTP/1.1 400 ")
    return waits


BODIES = {
    "nothing": b"",
    "half": b'{"a": ',
    "no object": b"[1, 2]",
    "a number": b"1e999",
    "bytes": bytes(range(256)),
    "deep": b'{"a":' * 2_000 + b"1" + b"}" * 2_000,
    "another kind": b'{"plan": 7, "text": {}, "words": [], "value": 1, "at": [], "model": 3, "score": "x"}',
    "unknown names": b'{"no such name": 1}',
    "not Unicode": b'{"plan": "\\ud800", "text": "\\ud800", "words": "\\ud800"}',
}


@pytest.mark.parametrize("body", BODIES)
def test_a_body_that_cannot_be_meant_is_refused_everywhere(guarded: _Guarded, body: str) -> None:
    for route in guarded.routes:
        if not route.takes_body or route.path in PUBLIC:
            continue
        for kind in (
            "application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
        ):
            head = {"Content-Type": kind, **guarded.owner}
            answer = guarded.asked(route, content=BODIES[body], headers=head)
            if answer.status_code < 400 and route.of_pages:
                continue  # a form where nothing is filled in
            if route.path == "/api/v1/stop" and body == "nothing":
                assert (
                    guarded.server.http.delete(route.path, headers=guarded.owner).status_code == 200
                )
                continue  # to say no more is enough for this
            _check_problem(route, answer, guarded.server.folder)


NAMES = (
    "%00", "..%2f..%2fbatuta.yaml", "%2e%2e", "a" * 5_000, "%ff%fe", "%F0%9F%98%80", "x%0d%0aX-Injected:%201",
    "r'%20OR%201=1%20--", "%3Cscript%3Ealert(1)%3C%2Fscript%3E", "${inputs.x}", "%E2%80%AE",
)  # fmt: skip


def test_a_name_that_nobody_has_is_not_found_whatever_it_is(guarded: _Guarded) -> None:
    for route in guarded.routes:
        for name in NAMES if route.named and route.path not in PUBLIC else ():
            content = b"{}" if route.takes_body else b""
            head = {"Content-Type": "application/json", **guarded.owner}
            answer = guarded.asked(route, route.filled(name), content=content, headers=head)
            assert "x-injected" not in answer.headers
            if answer.status_code == 303 and route.of_pages:
                continue  # a form where nothing is filled in leads back
            assert "<script>alert" not in answer.text or not route.of_pages
            _check_problem(route, answer, guarded.server.folder)


def test_a_method_that_a_route_does_not_have_is_told(guarded: _Guarded) -> None:
    paths = {route.path for route in guarded.routes}
    for path in paths:
        has = {route.method for route in guarded.routes if route.path == path}
        for method in {"GET", "POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW"} - has:
            route = Route(method, path, frozenset())
            answer = guarded.asked(route, headers=guarded.owner)
            _check_problem(route, answer, guarded.server.folder)


def test_a_query_that_cannot_be_meant_is_refused_or_left_out(guarded: _Guarded) -> None:
    queries = (
        "limit=-1", "limit=1e9", "limit=x", "after=-1", "after=99999999999999999999999", "since=nan",
        "wait=inf", "wait=1e9", "cursor=%ff", "cursor=" + "A" * 199, "status=x", "like=" + "[" * 300, "question=",
        "plan=%00", "page=-1",
    )  # fmt: skip
    for route in guarded.routes:
        for query in (
            queries if route.path not in PUBLIC and route.method in ("GET", "POST") else ()
        ):
            content = b"{" if route.takes_body else b""
            head = {"Content-Type": "application/json", **guarded.owner}
            answer = guarded.asked(
                route, f"{route.filled()}?{query}", content=content, headers=head
            )
            assert answer.status_code < 500, (route, query, answer.text)
            if answer.status_code >= 400:
                _check_problem(route, answer, guarded.server.folder)


def test_what_is_too_large_is_refused_before_it_is_read(guarded: _Guarded) -> None:
    authorization = guarded.owner["Authorization"]
    for route in guarded.routes:
        with connected(guarded.server) as raw:
            raw.sendall(
                f"{route.method} {route.filled()} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {authorization}\r\n"
                "Content-Type: application/json\r\nContent-Length: 9000000000\r\n\r\n{".encode()
            )
            head, body = whole_answer(raw)
        assert head.startswith(b"HTTP/1.1 413 "), (route, head)
        assert json.loads(body)["code"] == "too_large"


def test_a_head_that_is_too_large_or_hides_a_second_request_is_refused(guarded: _Guarded) -> None:
    post = "POST /api/v1/runs HTTP/1.1\r\nHost: localhost\r\n"
    heads = {
        "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + "a" * 40_000: 431,
        post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n": 401,
        post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde": 400,
        post + "Content-Length: -5\r\n\r\nabcde": 400,
        post + "Content-Length: 1e3\r\n\r\nabcde": 400,
        post + "Transfer-Encoding: gzip, chunked\r\n\r\n": 501,
        post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n": 400,
        post + "X : a\r\n\r\n": 400,
        post + "X: a\x00b\r\n\r\n": 400,
        "GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n": 401,
        "GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n": 401,
        "GET /api/v1/runs HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n": 400,
        "GET /api/v1/runs HTTP/1.1\r\n\r\n": 400,
    }
    for text, status in heads.items():
        with connected(guarded.server) as raw:
            raw.sendall(text.encode("latin-1"))
            head, body = whole_answer(raw)
        assert head.startswith(b"HTTP/1.1 %d " % status), (text[:200], head)
        assert json.loads(body)["status"] == status


def test_whoever_is_slow_on_whatever_route_is_let_go_and_others_are_served(tmp_path: Path) -> None:
    folder = make_workspace(tmp_path / "desk")
    routes = every_route(folder)
    with serving(folder, "--patience", "3") as server:
        assert server.http.get("/").status_code == 200  # all that a first page takes is loaded

        def begun(route: Route) -> socket.socket:
            """A connection on which the half of a request was sent."""
            raw = connected(server)
            raw.sendall(
                f"{route.method} {route.filled()} HTTP/1.1\r\nHost: localhost\r\n"
                "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{".encode()
            )
            return raw

        slow = [(route, begun(route)) for route in routes]
        assert server.run("echo", text="meanwhile")["result"] == "meanwhile"
        for route, first in slow:
            raw = first
            while not raw.recv(1, socket.MSG_PEEK):  # we were too slow even for the head
                raw.close()
                raw = begun(route)
            with raw:
                head, body = whole_answer(raw)
            # Most do not look at a body that nobody has asked for.
            if route.takes_body and b" 404 " not in head and not route.of_pages:
                assert head.startswith(b"HTTP/1.1 408 "), (route, head)
                assert json.loads(body)["code"] == "slow"
        assert [line for line in server.log if line["event"] in ("bug", "trouble")] == []
