"""Somebody who asks, as the server knows them."""

from collections.abc import Callable
from typing import Any

import msgspec
from fastapi import Depends, Request

from batuta.doors.http.problems import Problem

__all__ = ["EVERY_SCOPE", "LOCAL", "Principal", "may"]

# Scope -> what whoever has it may do.
EVERY_SCOPE = {
    "read": "look at plans, runs, capabilities, knowledge and figures",
    "plan": "make, check, explain and edit plans, and run what was made",
    "run": "begin runs of registered plans, cancel and fork runs; speak with models and agents",
    "answer": "answer the questions of runs",
    "knowledge": "upload and delete documents",
    "admin": "everything, and what changes the workspace",
}


class Principal(msgspec.Struct, frozen=True):
    """`name` stands in the log of what they begin, `caller` is whose share of the server they use."""

    name: str
    caller: str
    scopes: frozenset[str]

    @property
    def trusted(self) -> bool:
        """True if plans may be made for them: who may make none gets a registered one, or none."""
        return self.has("plan")

    def has(self, scope: str) -> bool:
        """True if they may do what `scope` is about."""
        return scope in self.scopes or "admin" in self.scopes

    def needs(self, scope: str) -> None:
        """Raises `Problem` if they may not do what `scope` is about."""
        if not self.has(scope):
            raise Problem(
                403,
                "scope",
                f"this needs the scope {scope!r}",
                remedy=f"ask for a key that may {EVERY_SCOPE[scope]}",
            )


# Whoever sits at this machine, where no key and no issuer is asked for.
LOCAL = Principal("", "local", frozenset(EVERY_SCOPE))


def may(scope: str) -> Any:
    """What a route depends on that is about `scope`."""
    assert scope in EVERY_SCOPE
    return Depends(_CHECKS[scope])


def _check_of(scope: str) -> Callable[[Request], None]:
    async def check(request: Request) -> None:
        principal: Principal = request.scope["state"]["principal"]
        principal.needs(scope)

    return check  # type: ignore[return-value]


_CHECKS = {scope: _check_of(scope) for scope in EVERY_SCOPE}
