"""One HTTP request and its answer as values, and the way to the connections that carry them."""

import os
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, Protocol

import msgspec

__all__ = ["Answer", "Connections", "LazyConnections", "Request", "Streamed", "Trouble"]


class Request(msgspec.Struct, frozen=True):
    """What is sent; `url` is absolute and encoded. `named`: the operator named its host, no server chose it."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None = None
    named: bool = True


class Answer(msgspec.Struct, frozen=True):
    """What a server said.

    `headers` by lower-case name, of repeated ones the last. `flaw` says why `body` is not all of it, "" if it is.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    flaw: str = ""


class Trouble(Exception):
    """There is no answer. `sent` is False if certainly nothing has left; `code` is for `Failed`."""

    def __init__(self, message: str, *, code: str, sent: bool) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.sent = sent


class Streamed(Protocol):
    """An answer of which the head is there; `headers` by lower-case name, of repeated ones the last."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...

    def pieces(self) -> AsyncIterator[bytes]:
        """The body as it comes, packed as the headers say. Raises `Trouble` if it breaks off."""
        ...

    async def close(self) -> None:
        """To be called in any case."""
        ...


class Connections(Protocol):
    """Carries requests to addresses that may be reached."""

    async def send(self, request: Request, *, timeout_s: float, answer_bytes_max: int) -> Answer:
        """The answer to `request`, within `timeout_s` seconds in all; no redirect is followed.

        An answer that is too large, breaks off or is packed in an unknown way has a `flaw`.

        Raises:
            Trouble: there is no answer.
        """
        ...

    async def begin(self, request: Request, *, timeout_s: float) -> Streamed:
        """The head of the answer to `request`, within `timeout_s` seconds; the caller reads, and bounds, its body.

        Raises:
            Trouble: there is no answer.
        """
        ...

    async def close(self) -> None: ...


class LazyConnections:
    """The connections of a catalog, made when they are first needed: most commands never do.

    `allow_private` are the addresses that may be reached though they are not public (`permissions_from` reads
    them). `environment` is what `env:NAME` in URLs and headers is looked up in, and what names the proxy, if any.

    Raises:
        WorkspaceError: an entry of `allow_private` is wrong.
    """

    def __init__(
        self, allow_private: Iterable[str] = (), environment: Mapping[str, str] | None = None
    ) -> None:
        self.environment: Mapping[str, str] = os.environ if environment is None else environment
        self._allow_private = tuple(allow_private)
        if self._allow_private:
            _permissions(self._allow_private)
        self._made: Connections | None = None

    async def send(self, request: Request, *, timeout_s: float, answer_bytes_max: int) -> Answer:
        """As `Connections.send`."""
        return await self._opened().send(
            request, timeout_s=timeout_s, answer_bytes_max=answer_bytes_max
        )

    async def begin(self, request: Request, *, timeout_s: float) -> Streamed:
        """As `Connections.begin`."""
        return await self._opened().begin(request, timeout_s=timeout_s)

    async def close(self) -> None:
        """Close what was opened."""
        if self._made is not None:
            await self._made.close()

    def _opened(self) -> Connections:
        if self._made is None:
            from batuta.outbound.net import VettedConnections  # httpcore takes 70 ms

            self._made = VettedConnections(_permissions(self._allow_private), self.environment)
        return self._made


def _permissions(entries: Iterable[str]) -> Any:
    from batuta.outbound.addresses import permissions_from  # ipaddress takes 10 ms

    return permissions_from(entries)
