"""One request to a served workspace and what comes back, over httpcore; errors are those of the one tree."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypedDict, Unpack, cast
from urllib.parse import quote, urlencode, urlsplit

import httpcore

from batuta.errors import (
    AnswerError,
    BatutaError,
    Conflict,
    Denied,
    InputError,
    NotFound,
    PlanError,
    RemoteError,
    Stopped,
)

__all__ = ["Exchange", "given", "path"]

# Code of a problem -> the error that it is here, too.
_KINDS: dict[str, type[BatutaError]] = {
    "answer": AnswerError,
    "conflict": Conflict,
    "denied": Denied,
    "input": InputError,
    "not_found": NotFound,
    "plan": PlanError,
    "stopped": Stopped,
}


def path(*parts: str) -> str:
    """An address below the interface, with what is in `parts` as it is."""
    return "/api/v1/" + "/".join(quote(part, safe="") for part in parts)


class _More(TypedDict, total=False):
    """What goes with a request: what stands behind `?`, what is sent, and what is said besides."""

    query: Mapping[str, Any]
    body: Any
    headers: Mapping[str, str]


def given(**values: Any) -> dict[str, Any]:
    """Those of `values` that somebody has said something with."""
    return {name: value for name, value in values.items() if value not in (None, "", ())}


class Exchange:
    """Connections to the server at `url`. `key` is sent with every request."""

    def __init__(self, url: str, key: str, timeout_s: float) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError(
                f"{url[:200]!r} is no address of a server", remedy="write http://127.0.0.1:8484"
            )
        self._base = url.rstrip("/")
        self._headers = {"Accept": "application/json"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"
        self._timeout_s = timeout_s
        self._pool = httpcore.AsyncConnectionPool()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._pool.aclose()

    async def ask(self, method: str, address: str, **more: Unpack[_More]) -> Any:
        """The document that is answered; `body` is sent as JSON, or as it is if it is bytes.

        Raises the error that the server says it is; `RemoteError` for what only a server refuses, or if there is none.
        """
        async with self.begun(method, address, **more) as response:
            return json.loads(await _whole(response) or b"null")

    @asynccontextmanager
    async def begun(
        self, method: str, address: str, **more: Unpack[_More]
    ) -> AsyncGenerator[httpcore.Response]:
        """The answer whose head is there. Raises as `ask` does."""
        sent = {**self._headers, **more.get("headers", {})}
        body = more.get("body")
        content = body if isinstance(body, bytes) else None
        if body is not None and content is None:
            content = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        query = more.get("query", {})
        target = f"{self._base}{address}"
        if said := given(**query):
            target += f"?{urlencode(said, doseq=True)}"
        timeout = dict.fromkeys(("connect", "read", "write", "pool"), self._timeout_s)
        try:
            async with self._pool.stream(
                method,
                target,
                headers=list(sent.items()),
                content=content,
                extensions={"timeout": timeout},
            ) as response:
                if response.status >= 400:
                    raise _error_of(response.status, await _whole(response), _retry_in(response))
                yield response
        except (
            httpcore.NetworkError,
            httpcore.TimeoutException,
            httpcore.ProtocolError,
        ) as error:
            raise RemoteError(
                f"{self._base} does not answer: {str(error) or type(error).__name__}",
                code="unreachable",
                remedy="is `batuta serve` running there? a run that was accepted goes on in any case",
            ) from None


async def _whole(response: httpcore.Response) -> bytes:
    return b"".join([piece async for piece in response.aiter_stream()])


def _error_of(status: int, body: bytes, retry_after_s: float | None) -> BatutaError:
    try:
        said = cast("dict[str, Any]", json.loads(body))
        code, message = str(said["code"]), str(said["detail"])
        remedy = str(said.get("remedy", ""))
    except (ValueError, KeyError, TypeError):
        code, message, remedy = "http", f"the server answers with status {status}", ""
    kind = _KINDS.get(code)
    if kind is not None:
        return kind(message, remedy=remedy)
    return RemoteError(
        message, code=code, status=status, remedy=remedy, retry_after_s=retry_after_s
    )


def _retry_in(response: httpcore.Response) -> float | None:
    for name, value in response.headers:
        if name.lower() == b"retry-after" and value.isdigit():
            return float(value)
    return None
