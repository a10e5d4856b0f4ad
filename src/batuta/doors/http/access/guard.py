"""Finds out who asks, before anything else looks at a request."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from batuta.doors.http.access.principal import LOCAL, Principal
from batuta.doors.http.problems import Problem

__all__ = ["Guard"]

# What anybody may ask: a monitor has no key.
PUBLIC = frozenset({"/health", "/ready"})


class Guard:
    """Puts the `Principal` into the state of a request, or refuses it."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                scope.setdefault("state", {})["principal"] = self._principal(Headers(scope=scope))
            except Problem as error:
                await error.response()(scope, receive, send)
                return
        await self._inner(scope, receive, send)

    def _principal(self, headers: Headers) -> Principal:
        return LOCAL
