"""One connection, as httpcore uses it, on nothing but asyncio: a third of what a call costs is saved by it.

What is written waits until something is to be read, so that the head and the body of a request leave together.
"""

import asyncio
import contextlib
import select
import ssl
from contextvars import ContextVar
from typing import Any

import httpcore

__all__ = ["Stream", "leaving", "open_stream"]

# Of a request that goes out just now: does it hold True, something of it has left.
leaving: ContextVar[list[bool] | None] = ContextVar("leaving", default=None)

# More than this is not kept back, in bytes.
_HELD_BYTES_MAX = 64 * 1_024
# With so much that nobody has read no more is taken from the peer, in bytes.
_UNREAD_BYTES_MAX = 256 * 1_024


async def open_stream(address: str, port: int) -> "Stream":
    """A connection to `address`. Raises `httpcore.ConnectError`."""
    loop = asyncio.get_running_loop()
    try:
        _, stream = await loop.create_connection(Stream, address, port)
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from None
    return stream


class Stream(asyncio.Protocol, httpcore.AsyncNetworkStream):
    """Bytes both ways. Reading and writing take as long as they do: it is for who sends to bound that."""

    def __init__(self) -> None:
        self._transport: Any = None
        self._held = bytearray()
        self._unread = bytearray()
        self._paused = False
        self._over = False
        self._flaw = ""
        self._reading: asyncio.Future[None] | None = None
        self._writing: asyncio.Future[None] | None = None
        self._poll: Any = None

    # ── what asyncio tells ──────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It stands."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """The peer has sent something."""
        self._unread += data
        if len(self._unread) > _UNREAD_BYTES_MAX and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        _wake(self._reading)

    def eof_received(self) -> None:
        """The peer will send nothing more."""
        self._over = True
        _wake(self._reading)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        if not self._over and exc is not None:
            self._flaw = str(exc) or type(exc).__name__
        self._over = True
        _wake(self._reading)
        _wake(self._writing)

    def pause_writing(self) -> None:
        """The peer is slow."""
        self._writing = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """The peer has caught up."""
        _wake(self._writing)
        self._writing = None

    # ── what httpcore asks for ──────────────────────────────────────────────────

    async def read(
        self,
        max_bytes: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the name is httpcore's
    ) -> bytes:
        """What has come, b"" at the end; what was written leaves first. Raises `httpcore.ReadError`."""
        if self._held:
            with contextlib.suppress(httpcore.WriteError):  # who closes early may have said why
                await self._flush()
        while not self._unread and not self._over:
            self._reading = asyncio.get_running_loop().create_future()
            try:
                await self._reading
            finally:
                self._reading = None
        if not self._unread and self._flaw:
            raise httpcore.ReadError(self._flaw)
        data = bytes(self._unread[:max_bytes])
        del self._unread[:max_bytes]
        if self._paused and len(self._unread) <= _UNREAD_BYTES_MAX // 2:
            self._paused = False
            self._transport.resume_reading()
        return data

    async def write(
        self,
        buffer: bytes,
        timeout: float | None = None,  # noqa: ASYNC109 - the name is httpcore's
    ) -> None:
        """Send `buffer`, at the latest when something is read. Raises `httpcore.WriteError`."""
        self._held += buffer
        if len(self._held) > _HELD_BYTES_MAX:
            await self._flush()

    async def aclose(self) -> None:
        """End it at once, whatever has not left."""
        self._transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the name is httpcore's
    ) -> httpcore.AsyncNetworkStream:
        """The same, encrypted. Raises `httpcore.ConnectError`, `httpcore.ConnectTimeout`."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout):
                self._transport = await loop.start_tls(
                    self._transport, self, ssl_context, server_hostname=server_hostname
                )
        except TimeoutError:
            await self.aclose()
            raise httpcore.ConnectTimeout("no encryption in time") from None
        except OSError as error:
            await self.aclose()
            raise httpcore.ConnectError(str(error) or type(error).__name__) from None
        except BaseException:
            await self.aclose()
            raise
        return self

    def get_extra_info(self, info: str) -> Any:
        """What httpcore wants to know: `is_readable` of a connection that nobody uses means that it is of no use."""
        match info:
            case "is_readable":
                return self._over or bool(self._unread) or self._readable()
            case "client_addr":
                return self._transport.get_extra_info("sockname")
            case "server_addr":
                return self._transport.get_extra_info("peername")
            case _:
                return self._transport.get_extra_info(info)

    async def _flush(self) -> None:
        if self._transport.is_closing():
            self._held.clear()
            raise httpcore.WriteError("the connection was closed")
        sent = leaving.get()
        if sent is not None:
            sent[0] = True
        data, self._held = self._held, bytearray()
        self._transport.write(data)
        if self._writing is not None:
            await asyncio.shield(self._writing)
        if self._over and self._flaw:
            raise httpcore.WriteError(self._flaw)

    def _readable(self) -> bool:
        """True if something has come that the loop has not told yet: the end, most often."""
        number = self._transport.get_extra_info("socket").fileno()
        if number < 0:
            return True
        if not hasattr(select, "poll"):
            return bool(select.select([number], [], [], 0)[0])
        if self._poll is None:
            self._poll = select.poll()
            self._poll.register(number, select.POLLIN)
        return bool(self._poll.poll(0))


def _wake(waiting: "asyncio.Future[None] | None") -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(None)
