"""A server that has an address: what leaves, what comes back, and what never does."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from batuta.capabilities.mcp.opening import offered
from batuta.outbound.exchange import Trouble
from batuta.reading.declared import Declared
from batuta.reading.mcp import McpConfig
from batuta.spec.call import Done, Failed, Waiting
from tests.capabilities.mcp.served import READ, served
from tests.hurry import LATER_S, hurry
from tests.outbound.servers import Seen, serving

pytest.importorskip("mcp")

from tests.capabilities.mcp.http_server import Notes, notes_at

SECRET = "t0ken-of-notes"
OLD = pytest.mark.parametrize("old", [False, True], ids=["2026-07-28", "2025-11-25"])


@OLD
async def test_tools_prompts_and_resources_are_called(tmp_path: Path, old: bool) -> None:
    notes = Notes()
    async with notes_at(notes, old=old) as url, served(tmp_path, McpConfig(url=url)) as s:
        assert await s.call("find", {"name": "a"}) == Done({"name": "a"})
        assert await s.call("write", {"text": "b"}) == Done({"result": "written"})
        read = await s.call("read", {"uri": "notes://c"})
        contents = [{"uri": "notes://c", "mimeType": "text/plain", "text": "the note c"}]
        assert read == Done({"contents": contents})
        assert await s.call("resources") == Done({"resources": []})
        greeted = await s.call("prompt.greet", {"who": "Ann"})
        assert isinstance(greeted, Done)
        assert greeted.value["text"] == "Greet Ann"
        assert "notes://{name}: one note" in s.capabilities["read"].card.description
    pinned = json.loads((tmp_path / "imports" / "s.json").read_text())
    assert pinned["protocol"]["version"] == ("2025-11-25" if old else "2026-07-28")
    assert notes.written == ["b"]


@OLD
async def test_a_question_parks_and_its_answer_goes_on(tmp_path: Path, old: bool) -> None:
    asks = {"order": Declared(waits=True)}
    async with (
        notes_at(Notes(), old=old) as url,
        served(tmp_path, McpConfig(url=url, tools=asks)) as s,
    ):
        waiting = await s.call("order")
        assert isinstance(waiting, Waiting)
        assert waiting.question.text == "s.order asks: “Which size?”"
        answered = {"answered": True, "answer": {"size": "L"}, "state": waiting.state}
        assert await s.call("order", **answered) == Done({"result": "ordered L"})


async def test_a_question_of_today_survives_a_restart_and_needs_no_word(tmp_path: Path) -> None:
    async with notes_at(Notes()) as url:
        async with served(tmp_path, McpConfig(url=url)) as s:
            waiting = await s.call("order")
            assert isinstance(waiting, Waiting)
        async with served(tmp_path, McpConfig(url=url), pin=False) as s:
            state = json.loads(json.dumps(waiting.state))
            answered = {"answered": True, "answer": {"size": "L"}, "state": state}
            assert await s.call("order", **answered) == Done({"result": "ordered L"})
            declined = await s.call("order", answered=True, answer=None, state=state)
            assert isinstance(declined, Failed)
            assert declined.code == "tool_error"


@OLD
async def test_no_answer_in_time_is_in_doubt_and_progress_is_reported(
    tmp_path: Path, old: bool
) -> None:
    notes = Notes()
    async with notes_at(notes, old=old) as url, served(tmp_path, McpConfig(url=url)) as s:
        assert await s.call("find", {"name": "a"}) == Done({"name": "a"})

        def heard(told: Any) -> None:
            s.reports.append(told)
            hurry(by_s=20)  # less than it takes until a session is given up

        failed = await s.call("slow", within_s=20, report=heard)
        assert isinstance(failed, Failed)
        assert (failed.code, failed.in_doubt) == ("timeout", True)
        assert s.reports == [{"progress": 1.0, "total": 2.0, "message": "half"}]
        assert await s.call("find", {"name": "a"}) == Done({"name": "a"})
    assert notes.written == ["slow"]


async def test_headers_carry_the_secret_and_nothing_else_does(tmp_path: Path) -> None:
    notes = Notes()
    headers = {"Authorization": "Bearer env:NOTES_TOKEN"}
    async with (
        notes_at(notes) as url,
        served(tmp_path, McpConfig(url=url, headers=headers), {"NOTES_TOKEN": SECRET}) as s,
    ):
        found = await s.call("find", {"name": f"is it {SECRET}?"})
        assert found == Done({"name": "is it [secret]?"})
    assert {one["authorization"] for one in notes.headers} == {f"Bearer {SECRET}"}
    assert SECRET not in (tmp_path / "imports" / "s.json").read_text()


async def test_a_connection_that_the_server_has_forgotten_is_made_again(tmp_path: Path) -> None:
    notes = Notes()
    async with notes_at(notes, old=True) as url, served(tmp_path, McpConfig(url=url)) as s:
        assert await s.call("write", {"text": "a"}) == Done({"result": "written"})
        known = {one["mcp-session-id"] for one in notes.headers if "mcp-session-id" in one}
        notes.forgotten |= known
        assert await s.call("write", {"text": "b"}) == Done({"result": "written"})
    assert notes.written == ["a", "b"]


async def test_what_is_not_public_is_not_reached_by_another_name(tmp_path: Path) -> None:
    for url in ("http://10.0.0.1/mcp", "http://[::ffff:169.254.169.254]/mcp", "http://2130706433/"):
        with pytest.raises(Trouble) as caught:
            await offered("s", McpConfig(url=url), tmp_path)
        assert (caught.value.code, caught.value.sent) == ("denied", False), caught.value.message


async def test_a_redirect_to_another_server_is_not_followed(tmp_path: Path) -> None:
    reached: list[Seen] = []

    async def note(seen: Seen, writer: asyncio.StreamWriter) -> None:
        reached.append(seen)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    async with serving(note) as elsewhere:
        location = f"Location: {elsewhere.url}/\r\nContent-Length: 0\r\n\r\n".encode()
        async with serving(b"HTTP/1.1 307 Temporary Redirect\r\n" + location) as server:
            with pytest.raises(Trouble) as caught:
                await offered("s", McpConfig(url=f"{server.url}/mcp"), tmp_path)
    assert "307" in caught.value.message
    assert reached == []


REFUSALS = [
    (b"401 Unauthorized", "denied"),
    (b"403 Forbidden", "denied"),
    (b"404 Not Found", "http_404"),
    (b"429 Too Many Requests", "rate_limited"),
    (b"500 Internal Server Error", "unavailable"),
]


@pytest.mark.parametrize(("status", "code"), REFUSALS)
async def test_a_server_that_refuses_is_told_as_such(
    tmp_path: Path, status: bytes, code: str
) -> None:
    async with serving(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n") as server:
        with pytest.raises(Trouble) as caught:
            await offered("s", McpConfig(url=f"{server.url}/mcp"), tmp_path)
    assert (caught.value.code, caught.value.sent) == (code, False)


async def test_nobody_at_the_address_has_not_left(tmp_path: Path) -> None:
    async with notes_at(Notes()) as url, served(tmp_path, McpConfig(url=url)):
        pass
    async with served(tmp_path, McpConfig(url=url), pin=False) as s:
        failed = await s.call("write", {"text": "x"})
    assert isinstance(failed, Failed)
    assert (failed.code, failed.in_doubt, failed.may_retry) == ("unavailable", False, True)


# --- a server that does not keep to anything -------------------------------------------------------

DISCOVERED = {
    "resultType": "complete",
    "supportedVersions": ["2026-07-28"],
    "capabilities": {"tools": {}},
    "serverInfo": {"name": "hostile", "version": "1"},
    "ttlMs": 0,
    "cacheScope": "private",
}
TOOL = {"name": "write", "inputSchema": {"type": "object"}}
Hostile = Callable[[asyncio.StreamWriter, Any], Awaitable[None]]


def _answer(id_: Any, result: Any) -> bytes:
    body = json.dumps({"jsonrpc": "2.0", "id": id_, "result": result}).encode()
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _hostile(to_calls: Hostile) -> Callable[[Seen, asyncio.StreamWriter], Awaitable[None]]:
    async def handle(seen: Seen, writer: asyncio.StreamWriter) -> None:
        message = seen.json() if seen.body else {}
        match message.get("method"):
            case "server/discover":
                writer.write(_answer(message["id"], DISCOVERED))
            case "tools/list":
                listed = {
                    "resultType": "complete",
                    "tools": [TOOL],
                    "ttlMs": 0,
                    "cacheScope": "private",
                }
                writer.write(_answer(message["id"], listed))
            case _:
                await to_calls(writer, message.get("id"))

    return handle


async def _hangs(writer: asyncio.StreamWriter, _: Any) -> None:
    await asyncio.sleep(30)


async def _hangs_in_the_middle(writer: asyncio.StreamWriter, _: Any) -> None:
    writer.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
    )
    await writer.drain()
    await asyncio.sleep(30)


async def _closes(writer: asyncio.StreamWriter, _: Any) -> None:
    writer.close()


async def _closes_mid_json(writer: asyncio.StreamWriter, _: Any) -> None:
    writer.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
    )
    await writer.drain()
    writer.close()


async def _closes_mid_stream(writer: asyncio.StreamWriter, _: Any) -> None:
    writer.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: {"
    )
    await writer.drain()
    writer.close()


async def _endless(writer: asyncio.StreamWriter, _: Any) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
    while True:
        writer.write(b"data: " + b"x" * 1_000_000)
        await writer.drain()


async def _a_giant(writer: asyncio.StreamWriter, _: Any) -> None:
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n"
    )
    writer.write(head)
    while True:
        writer.write(b" " * 1_000_000)
        await writer.drain()


async def _deep(writer: asyncio.StreamWriter, id_: Any) -> None:
    nested = b"[" * 100_000 + b"]" * 100_000
    body = b'{"jsonrpc":"2.0","id":%d,"result":%s}' % (id_, nested)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    writer.write(head % len(body) + body)


async def _a_page(writer: asyncio.StreamWriter, _: Any) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>")


async def _accepted(writer: asyncio.StreamWriter, _: Any) -> None:
    writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")


async def _another_answer(writer: asyncio.StreamWriter, _: Any) -> None:
    writer.write(_answer(987_654, {"resultType": "complete", "content": []}))


async def _no_result(writer: asyncio.StreamWriter, id_: Any) -> None:
    writer.write(_answer(id_, {"resultType": "complete", "content": "not a list"}))


async def _breaks(writer: asyncio.StreamWriter, _: Any) -> None:
    writer.write(b"HTTP/1.1 500 Oh no\r\nContent-Length: 0\r\n\r\n")


HOSTILE: list[tuple[Hostile, str]] = [
    (_hangs, "timeout"),
    (_hangs_in_the_middle, "timeout"),
    (_closes, "unavailable"),
    (_closes_mid_json, "unavailable"),
    (_closes_mid_stream, "unavailable"),
    (_endless, "unavailable"),
    (_a_giant, "invalid_answer"),
    (_deep, "invalid_answer"),
    (_a_page, "invalid_answer"),
    (_accepted, "invalid_answer"),
    (_another_answer, "timeout"),
    (_no_result, "invalid_answer"),
    (_breaks, "unavailable"),
]


@pytest.mark.parametrize(("hostile", "code"), HOSTILE, ids=lambda one: getattr(one, "__name__", ""))
async def test_a_hostile_peer_costs_its_own_call_and_is_in_doubt(
    tmp_path: Path, hostile: Hostile, code: str
) -> None:
    async def once(writer: asyncio.StreamWriter, id_: Any) -> None:
        if code == "timeout":
            hurry()
        await hostile(writer, id_)

    async with serving(_hostile(once)) as server:
        async with served(tmp_path, McpConfig(url=f"{server.url}/mcp")) as s:
            failed = await s.call("write", within_s=LATER_S if code == "timeout" else 90)
        assert isinstance(failed, Failed)
        assert (failed.code, failed.in_doubt, failed.may_retry) == (code, True, False), failed
    assert len(failed.message) < 1_200


async def test_one_failure_does_not_end_the_other_calls_of_the_source(tmp_path: Path) -> None:
    started = asyncio.Event()
    go = asyncio.Event()

    async def first_hangs(writer: asyncio.StreamWriter, id_: Any) -> None:
        if started.is_set():
            writer.close()
            return
        started.set()
        await go.wait()
        writer.write(_answer(id_, {"resultType": "complete", "content": []}))

    reads = {"write": READ}
    async with (
        serving(_hostile(first_hangs)) as server,
        served(tmp_path, McpConfig(url=f"{server.url}/mcp", tools=reads)) as s,
    ):
        slow = asyncio.create_task(s.call("write", key="slow"))
        await started.wait()
        failed = await s.call("write", key="broken")
        assert isinstance(failed, Failed)
        go.set()
        assert await slow == Done("")


async def test_no_socket_is_left(tmp_path: Path) -> None:
    async with notes_at(Notes()) as url:
        before = len(os.listdir("/proc/self/fd"))
        async with served(tmp_path, McpConfig(url=url)) as s:
            await s.call("find", {"name": "a"})
        await asyncio.sleep(0)
        sockets = len(os.listdir("/proc/self/fd"))
    assert sockets <= before + 4  # those of the server, which closes them in its own time
