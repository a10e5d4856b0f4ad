"""Problems in the words of whoever asks: as a page, or as the clients of others read them."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Retold"]

_PROBLEM = (b"content-type", b"application/problem+json")
# What is sent in place of a problem, and the headers that are other ones then.
Told = tuple[bytes, Mapping[str, str]]


class Retold:
    """Sends what `tell` makes of a problem to those who are `meant`; all else passes as it is."""

    def __init__(
        self,
        inner: ASGIApp,
        meant: Callable[[Scope], bool],
        tell: Callable[[Mapping[str, Any]], Told],
    ) -> None:
        self._inner = inner
        self._meant = meant
        self._tell = tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._meant(scope):
            await self._inner(scope, receive, send)
            return
        begun: Message | None = None
        problem = b""

        async def retell(message: Message) -> None:
            nonlocal begun, problem
            if message["type"] == "http.response.start" and _PROBLEM in message["headers"]:
                begun = message
                return
            if begun is None:
                await send(message)
                return
            problem += message.get("body", b"")
            if message.get("more_body", False):
                return
            body, other = self._tell(msgspec.json.decode(problem))
            headers = MutableHeaders(raw=begun["headers"])
            headers.update({**other, "content-length": str(len(body))})
            await send(begun)
            await send({"type": "http.response.body", "body": body})

        await self._inner(scope, receive, retell)
