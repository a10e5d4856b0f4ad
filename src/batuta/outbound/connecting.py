"""How a connection is made: a name is looked up once, its addresses are vetted, and one of those is connected to.

Behind a proxy it is the proxy that connects. Its own address is the operator's, and is not vetted. What it is asked for
is vetted as far as this machine knows the name:

- A host that the operator named is asked for by its name, because lists of permitted hosts hold names. A name that this
  machine does not know is left to the proxy, for behind many of them only they can look up names.
- A host that a server chose (a redirect to somewhere else) is asked for by the address that was vetted, so that no
  second look-up gives another one; a name that this machine does not know is refused.
"""

import asyncio
import os
import socket
import ssl
from collections.abc import Iterable
from typing import Any, cast

import httpcore

from batuta.outbound.addresses import Permissions
from batuta.outbound.arriving import Refused
from batuta.outbound.proxies import Proxies, Proxy, Unusable
from batuta.outbound.streams import Stream, leaving, open_stream

__all__ = ["VettingBackend", "ssl_context", "through_proxy"]

# What a proxy may say before the tunnel is there, in bytes.
_PROXY_BYTES_MAX = 16 * 1_024


class VettingBackend(httpcore.AsyncNetworkBackend):
    """Resolves a host once and connects to an address that was vetted; TLS still checks the name of the host.

    `encrypted`: TLS will follow. `named`: the operator named the host, no server did.
    """

    def __init__(
        self, permissions: Permissions, proxies: Proxies, *, encrypted: bool, named: bool
    ) -> None:
        self._permissions = permissions
        self._proxies = proxies
        self._encrypted = encrypted
        self._named = named

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
                proxy = _proxy_of(self._proxies, self._encrypted, host, port)
                if proxy is not None:
                    return await self._connect_through(proxy, host, port)
                return await self._first(await self._vetted(host, port), port)
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

    async def _vetted(self, host: str, port: int) -> list[str]:
        """The addresses of `host` that may be connected to. Raises `Refused` if there is none."""
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
        return vetted

    async def _first(self, addresses: list[str], port: int) -> Stream:
        """A connection to the first of `addresses` that takes one."""
        *others, last = addresses
        for address in others:
            try:
                return await open_stream(address, port)
            except httpcore.ConnectError:
                continue
        return await open_stream(last, port)

    async def _connect_through(
        self, proxy: Proxy, host: str, port: int
    ) -> httpcore.AsyncNetworkStream:
        target = host
        try:
            vetted = await self._vetted(host, port)
            if not self._named:
                target = vetted[0]
        except httpcore.ConnectError:
            if not self._named:
                text = f"{host[:100]}, which a server leads to, is not known here"
                raise Refused(f"{text}; no proxy is asked to look it up") from None
        try:
            stream: httpcore.AsyncNetworkStream = await open_stream(proxy.host, proxy.port)
        except httpcore.ConnectError as error:
            raise httpcore.ConnectError(f"{proxy.shown}: {error}") from None
        # Of the request itself nothing leaves here.
        token = leaving.set(None)
        try:
            if proxy.encrypted:
                stream = await stream.start_tls(ssl_context(), proxy.host)
            if self._encrypted or not self._named:
                await _tunnel(stream, proxy, target, port)
        except BaseException:
            await stream.aclose()
            raise
        finally:
            leaving.reset(token)
        return stream


def through_proxy(request: httpcore.Request, proxies: Proxies) -> httpcore.Request:
    """`request` as a proxy wants to see it if it has one and is not encrypted: with the whole URL in its first line."""
    url = request.url
    if url.scheme == b"https":
        return request
    proxy = _proxy_of(proxies, False, url.host.decode("ascii"), url.port or 80)
    if proxy is None:
        return request
    headers = list(request.headers)
    if proxy.authorization:
        headers.append((b"Proxy-Authorization", proxy.authorization.encode()))
    return httpcore.Request(
        request.method,
        url,
        headers=headers,
        content=request.stream,
        extensions={**cast("Any", request).extensions, "target": bytes(url)},
    )


def _proxy_of(proxies: Proxies, encrypted: bool, host: str, port: int) -> Proxy | None:
    try:
        return proxies.of(encrypted, host, port)
    except Unusable as error:
        raise Refused(str(error)) from None


async def _tunnel(stream: httpcore.AsyncNetworkStream, proxy: Proxy, host: str, port: int) -> None:
    """Ask `proxy` for a way to `host`, so that from here on all that is written goes there."""
    assert host.isascii() and host.isprintable() and " " not in host
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}", "User-Agent: batuta"]
    if proxy.authorization:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    await stream.write("\r\n".join([*lines, "", ""]).encode())
    said = b""
    while b"\r\n\r\n" not in said:
        piece = await stream.read(_PROXY_BYTES_MAX)
        said += piece
        if not piece or len(said) > _PROXY_BYTES_MAX:
            raise httpcore.ConnectError(f"{proxy.shown} does not answer as a proxy does")
    line, _, _ = said.partition(b"\r\n")
    status = line.split(b" ")[1:2]
    if not line.startswith(b"HTTP/1.") or not said.endswith(b"\r\n\r\n") or not status:
        raise httpcore.ConnectError(f"{proxy.shown} does not answer as a proxy does")
    if status[0] == b"407":
        raise Refused(f"{proxy.shown} wants to know who asks: give it as http://name:password@…")
    if not status[0].startswith(b"2"):
        number = status[0][:10].decode("ascii", "replace")
        raise Refused(f"{proxy.shown} does not connect to {target[:100]} (it says {number})")


def ssl_context() -> ssl.SSLContext:
    """The roots of the machine, or of SSL_CERT_FILE; where a machine has none, those that come with certifi."""
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"] and not os.environ.get("SSL_CERT_DIR"):
        import certifi

        context.load_verify_locations(certifi.where())
    return context
