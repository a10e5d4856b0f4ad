"""Every route that a server has, so that a new one is tried like the others by itself."""

import asyncio
import re
from pathlib import Path
from typing import Any, NamedTuple

from batuta.app import App
from batuta.doors.http.access.principal import _CHECKS
from batuta.doors.http.app import create_app
from batuta.doors.http.settings import Settings

__all__ = ["Route", "every_route"]


class Route(NamedTuple):
    """`path` with its parameters in braces; `scopes`: what who asks has to have."""

    method: str
    path: str
    scopes: frozenset[str]

    @property
    def of_pages(self) -> bool:
        """True if errors are pages here, for people."""
        return not self.path.startswith(("/api/", "/v1/", "/health", "/ready", "/metrics"))

    @property
    def takes_body(self) -> bool:
        """True if something is sent there."""
        return self.method in ("POST", "PUT", "PATCH")

    @property
    def named(self) -> tuple[str, ...]:
        """The names of its parameters."""
        return tuple(re.findall(r"{(\w+)(?::path)?}", self.path))

    def filled(self, value: str = "x") -> str:
        """Its path with `value` for every parameter."""
        return re.sub(r"{\w+(?::path)?}", lambda _: value, self.path)


def every_route(folder: Path) -> list[Route]:
    """The routes of a server of the workspace in `folder`."""

    async def look() -> list[Route]:
        async with await App.open(folder) as app:
            return [
                one for route in create_app(app, Settings()).router.routes for one in _of(route)
            ]

    return asyncio.run(look())


def _of(route: Any) -> list[Route]:
    """What FastAPI keeps together of one router, or one route."""
    each = (
        route.effective_route_contexts() if hasattr(route, "effective_route_contexts") else [route]
    )
    scope_of = {check: scope for scope, check in _CHECKS.items()}
    found: list[Route] = []
    for one in each:
        checks = [depends.dependency for depends in getattr(one, "dependencies", None) or ()]
        scopes = frozenset(scope_of[check] for check in checks if check in scope_of)
        found += [Route(method, one.path, scopes) for method in sorted(one.methods - {"HEAD"})]
    return found
