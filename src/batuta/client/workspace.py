"""What concerns all runs of a served workspace: questions, capabilities, budgets, and the switch that stops them."""

from typing import Any

from batuta.client.bridge import Bridge
from batuta.client.exchange import Exchange, path

__all__ = ["AsyncWorkspace", "Workspace"]


class AsyncWorkspace:
    """What `AsyncClient.workspace` offers."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def questions(self, *, limit: int = 100) -> list[dict[str, Any]]:
        """What waits for an answer, in all runs, the oldest first."""
        return (await self._exchange.ask("GET", path("inbox"), query={"limit": limit}))["questions"]

    async def capabilities(self, like: str = "*") -> list[dict[str, Any]]:
        """The cards of what can be called and is called `like` this pattern."""
        about = path("capabilities")
        return (await self._exchange.ask("GET", about, query={"like": like}))["capabilities"]

    async def capability(self, name: str) -> dict[str, Any]:
        """One card, and what was measured of its calls."""
        return await self._exchange.ask("GET", path("capabilities", name))

    async def budgets(self) -> dict[str, Any]:
        """What a run may spend, and what calls have cost in all."""
        return await self._exchange.ask("GET", path("budgets"))

    async def stopped(self) -> dict[str, Any] | None:
        """Since when, by whom and why everything is stopped; None if it is not."""
        return (await self._exchange.ask("GET", path("stop")))["stopped"]

    async def stop(self, why: str = "") -> dict[str, Any]:
        """Stop everything that runs in this workspace."""
        return (await self._exchange.ask("PUT", path("stop"), body={"why": why}))["stopped"]

    async def go_on(self) -> None:
        """Let work go on."""
        await self._exchange.ask("DELETE", path("stop"))


class Workspace:
    """What `Client.workspace` offers; each method as that of `AsyncWorkspace`."""

    def __init__(self, inner: AsyncWorkspace, bridge: Bridge) -> None:
        self._inner = inner
        self._now = bridge.now

    def questions(self, *, limit: int = 100) -> list[dict[str, Any]]:
        """What waits for an answer, in all runs."""
        return self._now(self._inner.questions(limit=limit))

    def capabilities(self, like: str = "*") -> list[dict[str, Any]]:
        """The cards of what can be called."""
        return self._now(self._inner.capabilities(like))

    def capability(self, name: str) -> dict[str, Any]:
        """One card, and what was measured of its calls."""
        return self._now(self._inner.capability(name))

    def budgets(self) -> dict[str, Any]:
        """What a run may spend, and what calls have cost in all."""
        return self._now(self._inner.budgets())

    def stopped(self) -> dict[str, Any] | None:
        """Since when, by whom and why everything is stopped."""
        return self._now(self._inner.stopped())

    def stop(self, why: str = "") -> dict[str, Any]:
        """Stop everything that runs in this workspace."""
        return self._now(self._inner.stop(why))

    def go_on(self) -> None:
        """Let work go on."""
        self._now(self._inner.go_on())
