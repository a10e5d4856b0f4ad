"""A server on the loopback address that says exactly the bytes a test wants."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Seen:
    """A request as it arrived: header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


Handler = Callable[[Seen, asyncio.StreamWriter], Awaitable[None]]


class Server:
    """`seen` are the requests so far; `url` is where they go."""

    def __init__(self, handler: Handler) -> None:
        self.seen: list[Seen] = []
        self.connections = 0
        self.url = ""
        self.port = 0
        self._handler = handler

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                start, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
                method, target, _ = start.split(" ")
                pairs = (line.split(": ", 1) for line in lines)
                headers = {name.lower(): value for name, value in pairs}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                seen = Seen(method, target, headers, body)
                self.seen.append(seen)
                await self._handler(seen, writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@contextlib.asynccontextmanager
async def serving(answer: bytes | Handler) -> AsyncIterator[Server]:
    """A server that gives `answer` to every request, or lets a handler write it."""

    async def always(_: Seen, writer: asyncio.StreamWriter) -> None:
        assert isinstance(answer, bytes)
        writer.write(answer)

    server = Server(always if isinstance(answer, bytes) else answer)
    async with listening_with(server.serve) as server.port:
        server.url = f"http://127.0.0.1:{server.port}"
        yield server


@contextlib.asynccontextmanager
async def listening_with(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    host: str = "127.0.0.1",
    port: int = 0,
    **more: Any,
) -> AsyncIterator[int]:
    """The port of a loopback server that hands every connection to `serve`."""
    listening = await asyncio.start_server(serve, host, port, **more)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()


def reply(status: int = 200, body: Any = None, /, **headers: str) -> bytes:
    """A whole answer; `body` is JSON unless it is bytes. `content_type="x"` sets `content-type`."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named = {"content-type": "application/json", "content-length": str(len(content))} | named
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items() if value)
    return f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode() + content
