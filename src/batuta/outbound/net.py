"""HTTP over vetted connections: one request, one answer, every byte counted, and a clear word on whether it left.

Built on httpcore and not on a client above it, because what a client adds (redirects, cookies, unbounded decoding, a
log line with the URL) would all have to be switched off. Imported at the first
call only: 70 ms.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator, Mapping

import httpcore

from batuta.outbound.addresses import Permissions
from batuta.outbound.arriving import TROUBLES, Arriving, trouble_of
from batuta.outbound.connecting import VettingBackend, ssl_context, through_proxy
from batuta.outbound.exchange import Answer, Request
from batuta.outbound.proxies import Proxies
from batuta.outbound.streams import leaving
from batuta.outbound.tracing import traced_headers

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

    def __init__(self, permissions: Permissions, environment: Mapping[str, str]) -> None:
        self._permissions = permissions
        self._proxies = Proxies(environment)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pools: dict[tuple[bool, bool], httpcore.AsyncConnectionPool] = {}

    async def send(self, request: Request, *, timeout_s: float, answer_bytes_max: int) -> Answer:
        """As `batuta.outbound.exchange.Connections.send`."""
        sent = [False]
        token = leaving.set(sent)
        try:
            async with asyncio.timeout(timeout_s):
                outgoing = self._outgoing(request, timeout_s)
                pool = self._pool(outgoing.url.scheme == b"https", request.named)
                return await _answer(pool, outgoing, answer_bytes_max)
        except TROUBLES as error:
            raise trouble_of(error, timeout_s, sent=sent[0]) from None
        finally:
            leaving.reset(token)

    async def begin(self, request: Request, *, timeout_s: float) -> Arriving:
        """As `batuta.outbound.exchange.Connections.begin`."""
        sent = [False]
        token = leaving.set(sent)
        try:
            async with asyncio.timeout(timeout_s):
                outgoing = self._outgoing(request, timeout_s)
                pool = self._pool(outgoing.url.scheme == b"https", request.named)
                return Arriving(await pool.handle_async_request(outgoing))
        except TROUBLES as error:
            raise trouble_of(error, timeout_s, sent=sent[0]) from None
        finally:
            leaving.reset(token)

    async def close(self) -> None:
        """Close the connections."""
        pools, self._pools = self._pools, {}
        if self._loop is asyncio.get_running_loop():
            for pool in pools.values():
                await pool.aclose()

    def _outgoing(self, request: Request, timeout_s: float) -> httpcore.Request:
        """`request` as httpcore sends it."""
        outgoing = httpcore.Request(
            request.method,
            request.url,
            headers=list(traced_headers(request.headers).items()),
            content=request.body,
            extensions={"timeout": {"connect": min(timeout_s * 0.8, _CONNECT_S_MAX)}},
        )
        return through_proxy(outgoing, self._proxies) if request.named else outgoing

    def _pool(self, encrypted: bool, named: bool) -> httpcore.AsyncConnectionPool:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            # Connections belong to the loop they were made on; those of another are past closing.
            self._loop, self._pools = loop, {}
        pool = self._pools.get((encrypted, named))
        if pool is None:
            backend = VettingBackend(
                self._permissions, self._proxies, encrypted=encrypted, named=named
            )
            pool = self._pools[encrypted, named] = httpcore.AsyncConnectionPool(
                ssl_context=ssl_context() if encrypted else None,
                max_connections=_CONNECTIONS_MAX,
                max_keepalive_connections=_KEPT_MAX,
                keepalive_expiry=_KEPT_S,
                network_backend=backend,
            )
        return pool


async def _answer(
    pool: httpcore.AsyncConnectionPool, request: httpcore.Request, answer_bytes_max: int
) -> Answer:
    response = await pool.handle_async_request(request)
    try:
        names = [(key.decode("latin-1").lower(), value) for key, value in response.headers]
        headers = {name: value.decode("latin-1") for name, value in names}
        body, flaw = await _read(
            response.aiter_stream(), headers.get("content-encoding", ""), answer_bytes_max
        )
        return Answer(response.status, headers, body, flaw)
    finally:
        await response.aclose()


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
