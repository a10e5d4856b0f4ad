"""HTTP over vetted connections: one request, one answer, every byte counted, and a clear word on whether it left.

Built on httpcore and not on a client above it, because what a client adds (redirects, cookies, proxies from the
environment, unbounded decoding, a log line with the URL) would all have to be switched off. Imported at the first
call only: 70 ms.
"""

import asyncio
import os
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Iterable
from typing import Any, cast

import httpcore

from batuta.outbound.addresses import Permissions
from batuta.outbound.arriving import Arriving, Refused, troubles
from batuta.outbound.exchange import Answer, Request

__all__ = ["VettedConnections"]

# Per catalog. The engine's lanes are narrower; this bounds what is left when they are not.
_CONNECTIONS_MAX = 100
_KEPT_MAX = 20
# Shorter than what servers keep: a connection that is closed under a write would leave it in doubt.
_KEPT_S = 4.0
# Of the time a call has, at most so much is for connecting, so that what is unreachable is known as such.
_CONNECT_S_MAX = 15.0
# An answer is unpacked in pieces of this size.
_PIECE_BYTES = 256 * 1_024
# Of an answer that is too large, enough is kept to be quoted.
_QUOTED_BYTES = 4 * 1_024


class VettedConnections:
    """Connections to public addresses and to those of `permissions`, kept for a few seconds between calls."""

    def __init__(self, permissions: Permissions) -> None:
        self._backend = _VettingBackend(permissions)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pools: dict[bool, httpcore.AsyncConnectionPool] = {}

    async def send(self, request: Request, *, timeout_s: float, answer_bytes_max: int) -> Answer:
        """As `batuta.outbound.exchange.Connections.send`."""
        sent = [False]
        with troubles(sent, timeout_s):
            async with asyncio.timeout(timeout_s):
                return await self._answer(_outgoing(request, timeout_s, sent), answer_bytes_max)

    async def begin(self, request: Request, *, timeout_s: float) -> Arriving:
        """As `batuta.outbound.exchange.Connections.begin`."""
        sent = [False]
        with troubles(sent, timeout_s):
            async with asyncio.timeout(timeout_s):
                outgoing = _outgoing(request, timeout_s, sent)
                pool = self._pool(outgoing.url.scheme == b"https")
                return Arriving(await pool.handle_async_request(outgoing))

    async def close(self) -> None:
        """Close the connections."""
        pools, self._pools = self._pools, {}
        if self._loop is asyncio.get_running_loop():
            for pool in pools.values():
                await pool.aclose()

    async def _answer(self, request: httpcore.Request, answer_bytes_max: int) -> Answer:
        response = await self._pool(request.url.scheme == b"https").handle_async_request(request)
        try:
            names = [(key.decode("latin-1").lower(), value) for key, value in response.headers]
            headers = {name: value.decode("latin-1") for name, value in names}
            body, flaw = await _read(
                response.aiter_stream(), headers.get("content-encoding", ""), answer_bytes_max
            )
            return Answer(response.status, headers, body, flaw)
        finally:
            await response.aclose()

    def _pool(self, encrypted: bool) -> httpcore.AsyncConnectionPool:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            # Connections belong to the loop they were made on; those of another are past closing.
            self._loop, self._pools = loop, {}
        pool = self._pools.get(encrypted)
        if pool is None:
            pool = self._pools[encrypted] = httpcore.AsyncConnectionPool(
                ssl_context=_ssl_context() if encrypted else None,
                max_connections=_CONNECTIONS_MAX,
                max_keepalive_connections=_KEPT_MAX,
                keepalive_expiry=_KEPT_S,
                network_backend=self._backend,
            )
        return pool


def _outgoing(request: Request, timeout_s: float, sent: list[bool]) -> httpcore.Request:
    """`request` as httpcore sends it; `sent` becomes [True] as soon as something leaves."""

    async def trace(event: str, _: Any) -> None:
        sent[0] = sent[0] or event == "http11.send_request_headers.started"

    return httpcore.Request(
        request.method,
        request.url,
        headers=list(request.headers.items()),
        content=request.body,
        extensions={
            "trace": trace,
            "timeout": {"connect": min(timeout_s * 0.8, _CONNECT_S_MAX)},
        },
    )


class _VettingBackend(httpcore.AsyncNetworkBackend):
    """Resolves a host once and connects to an address that was vetted; TLS still checks the name of the host."""

    def __init__(self, permissions: Permissions) -> None:
        self._permissions = permissions
        self._inner = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the name is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                return await self._connect(host, port)
        except TimeoutError:
            raise httpcore.ConnectTimeout(f"{host} did not answer") from None

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the name is httpcore's
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise Refused("sockets of the file system are not for HTTP")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def _connect(self, host: str, port: int) -> httpcore.AsyncNetworkStream:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"the name {host[:100]} is not known: {error}") from None
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        vetted = [one for one in addresses if self._permissions.allow(host, port, one)]
        if not vetted:
            raise Refused(
                f"{host[:100]} is at {', '.join(addresses)[:100]}, which is not public; "
                f"network.allow_private may permit it"
            )
        return await self._first(vetted, port)

    async def _first(self, addresses: list[str], port: int) -> httpcore.AsyncNetworkStream:
        """A connection to the first of `addresses` that takes one."""
        *others, last = addresses
        for address in others:
            try:
                return await self._inner.connect_tcp(address, port)
            except httpcore.ConnectError:
                continue
        return await self._inner.connect_tcp(last, port)


async def _read(chunks: AsyncIterator[bytes], coding: str, bytes_max: int) -> tuple[bytes, str]:
    """The decoded body, and why it is incomplete."""
    coding = coding.strip().lower()
    if coding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        return b"", f"its answer is packed as {coding[:40]!r}"
    unpack = None if coding in ("", "identity") else zlib.decompressobj(zlib.MAX_WBITS | 32)
    body = bytearray()
    raw_bytes = 0
    try:
        async for chunk in chunks:
            raw_bytes += len(chunk)
            if unpack is not None:
                # Piece by piece: a bomb is noticed before it goes off.
                while chunk and len(body) <= bytes_max:
                    body += unpack.decompress(chunk, _PIECE_BYTES)
                    chunk = unpack.unconsumed_tail
            else:
                body += chunk
            if len(body) > bytes_max or raw_bytes > bytes_max:
                return bytes(body[:_QUOTED_BYTES]), f"its answer exceeds {bytes_max:,} bytes"
        if unpack is not None:
            body += unpack.flush()  # a few bytes may wait inside for room
    except zlib.error:
        return bytes(body), "its answer is packed wrongly"
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
        return bytes(body), f"its answer broke off: {str(error)[:200] or type(error).__name__}"
    if unpack is not None and not unpack.eof and raw_bytes:
        return bytes(body), "its answer broke off"
    return bytes(body), ""


def _ssl_context() -> ssl.SSLContext:
    # The roots of the machine, or of SSL_CERT_FILE; where a machine has none, those that come with certifi.
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"] and not os.environ.get("SSL_CERT_DIR"):
        import certifi

        context.load_verify_locations(certifi.where())
    return context
