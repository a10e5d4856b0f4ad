"""Too much, too slow, or nonsense: a correct status, and others notice nothing."""

import gzip
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest

from batuta.doors.http.access.principal import Principal
from batuta.doors.http.admission import Admission
from batuta.doors.http.settings import Settings
from batuta.serving.keys import Keys
from tests.doors.http.conftest import (
    Server,
    connected,
    make_workspace,
    readable,
    serving,
    whole_answer,
)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"plan":' + b'{"a":' * 500 + b"1" + b"}" * 501, "application/json", 400),
        (b'{"plan": "\\ud800"}', "application/json", 400),
        (b"null", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"inputs": {"n": 1e999}, "plan": "echo"}', "application/json", 400),
        (b"plan=echo", "application/x-www-form-urlencoded", 415),
        (b"--x--", "multipart/form-data; boundary=x", 415),
        (gzip.compress(b" " * 1_000_000), "application/json", 400),
        (b" " * 2_000_000, "application/json", 413),
        (json.dumps({f"f{at}": at for at in range(20_000)}).encode(), "application/json", 400),
    ],
)
def test_a_body_that_is_none_is_told(server: Server, body: bytes, kind: str, status: int) -> None:
    for path in ("/api/v1/runs", "/api/v1/plans/check", "/v1/chat/completions"):
        answer = server.http.post(path, content=body, headers={"Content-Type": kind})
        assert answer.status_code == status, (path, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("path", "body", "key"),
    [
        ("/api/v1/runs", b'{"plan": "echo", "inputs": {"text": "a", "text": "b"}}', "text"),
        ("/api/v1/runs", b'{"plan": "echo", "\\u0070lan": "nap", "inputs": {}}', "plan"),
        ("/api/v1/plans/explain", b'{"words": "publish a", "words": "publish b"}', "words"),
        ("/v1/chat/completions", b'{"model": "batuta", "messages": [], "model": "x"}', "model"),
        ("/v1/responses", b'{"model": "batuta", "input": "", "aside": {"a": 1, "a": 1}}', "a"),
    ],
)
def test_a_key_that_stands_twice_in_a_body_is_named(
    server: Server, path: str, body: bytes, key: str
) -> None:
    before = server.http.get("/api/v1/runs").json()["runs"]
    answer = server.http.post(path, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "input")
    assert answer.json()["detail"] == f"the body has the key {key!r} twice in one map"
    assert server.http.get("/api/v1/runs").json()["runs"] == before


def test_a_body_in_pieces_is_counted_too(server: Server) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(40):
            yield b" " * 65_536

    head = {"Content-Type": "application/json"}
    answer = server.http.post("/api/v1/runs", content=pieces(), headers=head)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "request_line",
    [b"GET / HTTP/9.9\r\n\r\n",
     b"\x00\x01\x02\r\n\r\n", b"GET /" + b"a" * 40_000, b"GET / HTTP/1.1\r\nX: " + b"a" * 40_000],
)  # fmt: skip
def test_what_is_no_http_is_refused_and_the_connection_closed(
    server: Server, request_line: bytes
) -> None:
    with connected(server) as raw:
        raw.sendall(request_line)
        head, body = whole_answer(raw)
        assert head.startswith(b"HTTP/1.1 4")
        assert b"content-type: application/problem+json" in head
        assert b"nosniff" in head
        assert json.loads(body)["code"] in ("http", "host")


def test_who_does_not_take_what_is_sent_is_let_go(tmp_path: Path) -> None:
    folder = make_workspace(tmp_path / "desk")
    with serving(folder, "--patience", "1") as server:
        run = server.run("echo", text="x" * 500_000)["run"]
        with connected(server) as raw:
            ask = f"GET /api/v1/runs/{run} HTTP/1.1\r\nHost: localhost\r\n\r\n"
            raw.sendall(ask.encode() * 20)
            assert raw.recv(1) == b"H"
            alone = 0
            while (
                alone < 10
            ):  # one after the other: between two of the twenty, none is open for a moment
                text = server.http.get("/metrics").text
                alone = alone + 1 if "\nbatuta_http_requests_open 1.0\n" in text else 0
            taken = 0
            with suppress(ConnectionResetError):
                while piece := raw.recv(1 << 20):
                    taken += len(piece)
            assert taken < 20 * 1_000_000


def test_who_is_slow_is_let_go_and_others_are_served(tmp_path: object) -> None:
    with serving(make_workspace(tmp_path / "desk"), "--patience", "1") as server:  # type: ignore[operator]
        with connected(server) as silent, connected(server) as half:
            half.sendall(b"GET /health HTTP/1.1\r\nHost: local")
            _until_heard(lambda: server.http.get("/health").content)
            assert silent.recv(100) == b""
            assert half.recv(100) == b""

        def body() -> bytes:
            with connected(server) as raw:
                raw.sendall(
                    b"POST /api/v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    b"Content-Length: 100\r\n\r\n{"
                )
                return raw.recv(100)

        assert _until_heard(body).startswith(b"HTTP/1.1 408")


def _until_heard(ask: Callable[[], bytes]) -> bytes:
    """What is answered; on a busy machine we may be too slow ourselves, and nobody answers."""
    for _ in range(20):
        with suppress(httpx.RemoteProtocolError, httpx.ReadError, ConnectionError):
            if answer := ask():
                return answer
    raise AssertionError("it answers nobody")


def test_no_path_leads_anywhere_else(server: Server) -> None:
    for path in (
        "/../batuta.yaml",
        "/static/../../batuta.yaml",
        "/api/v1/runs/%2e%2e%2fx",
        "//evil.example/x",
        "/%00",
    ):
        answer = server.http.get(server.url + path)
        assert answer.status_code in (400, 404), path
        assert "python:" not in answer.text


async def test_of_many_requests_of_one_caller_those_of_another_are_served() -> None:
    settings = Settings(requests=10, rate=1_000, burst=1_000)
    admission, holding = _held(settings)
    first = [holding("greedy") for _ in range(5)]
    assert await _status(admission, "modest") == 200
    modest = holding("modest")
    assert await _status(admission, "greedy") == 429
    assert await _status(admission, "modest") == 200
    for one in (*first, modest):
        await one.aclose()


async def test_more_than_is_taken_on_and_too_many_at_once_come_again_later() -> None:
    admission, holding = _held(Settings(requests=2))
    held = [holding("a"), holding("b")]
    assert await _status(admission, "c") == 503
    for one in held:
        await one.aclose()
    admission, _ = _held(Settings(rate=0.001, burst=2))
    assert [await _status(admission, "a") for _ in range(3)] == [200, 200, 429]
    assert await _status(admission, "b") == 200


def test_who_floods_a_server_is_refused_and_another_caller_is_served(tmp_path: Path) -> None:
    folder = make_workspace(tmp_path / "desk")
    keys = [
        Keys(folder).add(name, ("run", "read"), time.time())[1] for name in ("greedy", "modest")
    ]
    greedy, modest = ({"Authorization": f"Bearer {key}"} for key in keys)
    with serving(folder) as server, ExitStack() as open_:

        def waits(head: dict[str, str]) -> socket.socket:
            """A connection on which somebody waits for the end of a run that takes an hour."""
            raw = open_.enter_context(connected(server))
            body = b'{"plan": "nap", "inputs": {"seconds": 3600}}'
            lines = [
                "POST /api/v1/runs?wait=60 HTTP/1.1",
                "Host: localhost",
                "Idempotency-Key: nap",
            ]
            lines += [f"{name}: {value}" for name, value in head.items()]
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}", "", ""]
            raw.sendall("\r\n".join(lines).encode() + body)
            return raw

        def open_requests() -> int:
            text = server.http.get("/metrics", headers=modest).text
            return int(float(text.partition("\nbatuta_http_requests_open ")[2].split()[0]))

        waits(modest)
        while open_requests() < 2:
            time.sleep(0.01)
        began, flood = time.monotonic(), [waits(greedy) for _ in range(300)]
        refused: list[socket.socket] = []
        while len(refused) < 300 - 256:  # half of the 512 that are taken on at once are theirs
            refused += readable([one for one in flood if one not in refused], 30)
        for raw in refused:
            head, body = whole_answer(raw)
            assert head.startswith(b"HTTP/1.1 429 ") and b"\r\nretry-after: 1" in head.lower()
            assert json.loads(body)["code"] == "share"
        for _ in range(5):
            assert server.http.get("/api/v1/runs", headers=modest).status_code == 200
            asked = {"plan": "echo", "inputs": {"text": "x"}}
            begun = server.http.post("/api/v1/runs?wait=60", json=asked, headers=modest)
            assert begun.json()["result"] == "x"
        # All of that came between: of those who wait, none has been answered yet.
        left = [one for one in flood if one not in refused]
        assert (len(left), readable(left, 0)) == (256, []) or time.monotonic() - began > 55


async def _nothing(scope: object, receive: object, send: object) -> None: ...


class _Held:
    def __init__(self, admission: Admission, name: str) -> None:
        self._caller = admission._admitted(name, streams=False)
        self._admission = admission
        admission._count(self._caller, False, 1)

    async def aclose(self) -> None:
        self._admission._count(self._caller, False, -1)


def _held(settings: Settings) -> tuple[Admission, Callable[[str], _Held]]:
    admission = Admission(_nothing, settings)
    return admission, lambda name: _Held(admission, name)


async def _status(admission: Admission, name: str) -> int:
    """What the caller `name` gets."""
    statuses: list[int] = []

    async def send(message: object) -> None:
        if message["type"] == "http.response.start":  # type: ignore[index]
            statuses.append(message["status"])  # type: ignore[index]
            if message["status"] in (429, 503):  # type: ignore[index]
                assert b"retry-after" in dict(message["headers"])  # type: ignore[index]

    principal = Principal(name, name, frozenset({"read"}))
    scope = {
        "type": "http",
        "path": "/api/v1/runs",
        "method": "GET",
        "state": {"principal": principal},
    }
    await admission(scope, None, send)  # type: ignore[arg-type]
    return statuses[0] if statuses else 200
