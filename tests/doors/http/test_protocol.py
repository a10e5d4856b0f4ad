"""Connections leave nothing behind that only the collector finds, and there are not too many."""

import asyncio
import gc
import socket
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest
import uvicorn
from starlette.responses import Response
from uvicorn.protocols.http.h11_impl import H11Protocol

from batuta.doors.http.pace import Pace
from batuta.doors.http.protocol import Bounds, protocol

GONE = {
    "no HTTP": b"\x00\x01\r\n\r\n",
    "a request": b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "half of one": b"GET / HTTP/1.1\r\nHo",
    "no HTTP behind it": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
}


@asynccontextmanager
async def served(bounds: Bounds) -> AsyncGenerator[tuple[str, int]]:
    """The address of a server that says x, whatever it is asked."""
    made = protocol(bounds, Pace())
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(Response(b"x"), http=made, ws="none", lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield listener.getsockname()
    finally:
        server.should_exit = True
        await serving


@pytest.mark.parametrize("sent", GONE.values(), ids=GONE)
async def test_a_connection_that_is_over_is_gone_without_the_collector(sent: bytes) -> None:
    gc.collect()
    gc.disable()
    try:
        async with served(Bounds(10.0, 10.0, 100)) as address:
            for _ in range(5):
                reader, writer = await asyncio.open_connection(*address)
                writer.write(sent)
                if sent == GONE["half of one"]:
                    writer.write_eof()
                else:
                    assert await reader.read()
                writer.close()
                await writer.wait_closed()
        assert [one for one in gc.get_objects() if isinstance(one, H11Protocol)] == []
    finally:
        gc.enable()


async def test_a_connection_too_many_is_closed_and_the_others_are_served() -> None:
    async with served(Bounds(10.0, 10.0, 2)) as address, AsyncExitStack() as open_:
        kept = [await asyncio.open_connection(*address) for _ in range(2)]
        for reader, writer in kept:
            open_.callback(writer.close)
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
        reader, writer = await asyncio.open_connection(*address)
        with suppress(ConnectionError):  # as the system says it
            writer.write(GONE["a request"])
            assert await reader.read() == b""
        writer.close()
        assert await kept[0][0].readexactly(1) == b"x"
        kept[0][1].write(GONE["a request"])
        assert (await kept[0][0].read()).startswith(b"HTTP/1.1 200 ")


async def test_strangers_who_leave_are_not_waited_for_and_not_too_many_wait() -> None:
    async with served(Bounds(10.0, 10.0, 1_000)) as address, AsyncExitStack() as open_:
        statuses: list[bytes] = []
        for _ in range(120):  # a hundred are answered at once
            reader, writer = await asyncio.open_connection(*address)
            writer.write(GONE["no HTTP"])
            writer.write_eof()
            statuses.append((await reader.read())[9:12])
            writer.close()
        assert set(statuses) <= {b"400", b""}
        assert statuses[:100] == [b"400"] * 100
        reader, writer = await asyncio.open_connection(*address)
        open_.callback(writer.close)
        with suppress(ConnectionError):
            for _ in range(100):
                writer.write(GONE["no HTTP"] + b"x" * 10_000)
                await writer.drain()
            assert (await reader.read())[:12] in (b"", b"HTTP/1.1 400")
