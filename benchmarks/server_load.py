"""Load on a server, as cheap as it can be made: connections that send the same bytes and read the answers.

A client library takes longer for a request than the server for its answer; here both share the machine.
"""

import asyncio
import time
from typing import NamedTuple

__all__ = ["Load", "asked", "load", "request"]

_END = b"\r\n\r\n"


class Load(NamedTuple):
    """So many answers a second, how long each took in seconds, and what of them was no success."""

    per_second: float
    took: list[float]
    refused: int = 0


def request(method: str, path: str, body: bytes = b"", head: str = "") -> bytes:
    """The bytes of one request; `head`: further lines, each with its end."""
    kind = "Content-Type: application/json\r\n" if body else ""
    lines = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{head}{kind}Content-Length: {len(body)}\r\n\r\n"
    return lines.encode() + body


class _Connection(asyncio.Protocol):
    """Sends `sent` again as soon as it is answered, until `end` by the clock; `took` gets the time of each."""

    def __init__(self, sent: bytes, end: float, took: list[float], refused: list[int]) -> None:
        self._sent, self._end, self._took, self._refused = sent, end, took, refused
        self._rest, self._missing, self._began, self._seen = bytearray(), 0, 0.0, b""
        self.over: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        if self._missing == 0:
            self._rest += data
            head, end, body = bytes(self._rest).partition(_END)
            if not end:
                return
            self._rest.clear()
            if b" 200 " not in head[:16]:
                self._refused.append(1)
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            self._missing, self._seen, data = int(length), b"", body
        self._missing -= len(data)
        if self._end == 0.0:
            self._seen += data
        if self._missing == 0:
            now = time.perf_counter()
            self._took.append(now - self._began)
            if now < self._end:
                self._ask()
            else:
                self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.over.done():
            self.over.set_result(self._seen)

    def _ask(self) -> None:
        self._began = time.perf_counter()
        self._transport.write(self._sent)


async def load(port: int, sent: bytes, seconds: float, clients: int) -> Load:
    """What `clients` get who each send `sent` again and again."""
    took, refused = list[float](), list[int]()
    began = time.perf_counter()
    connections = [
        await _connected(port, sent, began + seconds, took, refused) for _ in range(clients)
    ]
    await asyncio.gather(*(one.over for one in connections))
    return Load(len(took) / (time.perf_counter() - began), took, len(refused))


async def asked(port: int, sent: bytes) -> bytes:
    """The body of one answer."""
    return await (await _connected(port, sent, 0.0, [], [])).over


async def _connected(
    port: int, sent: bytes, end: float, took: list[float], refused: list[int]
) -> _Connection:
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(
        lambda: _Connection(sent, end, took, refused), "127.0.0.1", port
    )
    return connection
