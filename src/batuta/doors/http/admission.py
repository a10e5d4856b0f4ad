"""How much is taken on at once: bounded over all, and fair between those who ask."""

import asyncio
import re
from collections import OrderedDict

from starlette.types import ASGIApp, Receive, Scope, Send

from batuta.doors.http.problems import Problem
from batuta.doors.http.settings import Settings

__all__ = ["Admission"]

# Callers that are remembered; who was quiet the longest is forgotten, and begins with a full bucket again.
_CALLERS_MAX = 10_000
# What is followed, and holds a connection as long as somebody looks: facts, and pages that are live.
_STREAM = re.compile(r"/events\Z|/live(\Z|/)")


class _Caller:
    __slots__ = ("at", "requests", "streams", "tokens")

    def __init__(self, tokens: float, at: float) -> None:
        self.tokens = tokens
        self.at = at
        self.requests = 0
        self.streams = 0


class Admission:
    """Refuses what would be too much, at once and with the time to come again.

    Nobody has more than their share as soon as half of what there is is taken. Whoever follows a run holds a
    connection and little else: followers are counted for themselves.
    """

    def __init__(self, inner: ASGIApp, settings: Settings) -> None:
        self._inner = inner
        self._settings = settings
        self._callers: OrderedDict[str, _Caller] = OrderedDict()
        self.requests = 0
        self.streams = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        principal = scope.get("state", {}).get("principal")
        if scope["type"] != "http" or principal is None or not principal.caller:
            await self._inner(scope, receive, send)
            return
        streams = _STREAM.search(scope["path"]) is not None
        try:
            caller = self._admitted(principal.caller, streams)
        except Problem as error:
            await error.response()(scope, receive, send)
            return
        self._count(caller, streams, 1)
        try:
            await self._inner(scope, receive, send)
        finally:
            self._count(caller, streams, -1)

    def _admitted(self, name: str, streams: bool) -> _Caller:
        settings, now = self._settings, asyncio.get_running_loop().time()
        caller = self._callers.pop(name, None) or _Caller(settings.burst, now)
        self._callers[name] = caller
        if len(self._callers) > _CALLERS_MAX:
            self._forget()
        caller.tokens = min(caller.tokens + (now - caller.at) * settings.rate, settings.burst)
        caller.at = now
        if caller.tokens < 1:
            raise _later(429, "rate", "these are too many requests", 1 / settings.rate)
        caller.tokens -= 1
        taken, most = self.requests, settings.requests
        own = caller.requests
        if streams:
            taken, most, own = self.streams, settings.streams, caller.streams
        if taken >= most:
            raise _later(503, "crowded", "the server has as much to do as it takes on", 1.0)
        if taken * 2 >= most:
            busy = sum(_has(one, streams) for one in self._callers.values() if one is not caller)
            if busy and own >= most // (busy + 1):
                raise _later(429, "share", "others wait, and this is your share", 1.0)
        return caller

    def _count(self, caller: _Caller, streams: bool, one: int) -> None:
        if streams:
            self.streams += one
            caller.streams += one
        else:
            self.requests += one
            caller.requests += one

    def _forget(self) -> None:
        for name, one in self._callers.items():
            if not one.requests and not one.streams:
                del self._callers[name]
                return


def _has(caller: _Caller, streams: bool) -> bool:
    return bool(caller.streams if streams else caller.requests)


def _later(status: int, code: str, detail: str, seconds: float) -> Problem:
    return Problem(
        status,
        code,
        detail,
        remedy="ask again later",
        headers={"Retry-After": str(max(round(seconds), 1))},
    )
