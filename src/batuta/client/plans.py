"""The plans of a served workspace: those that are registered, and those that come of words or of a text."""

from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

from batuta.client.bridge import Bridge
from batuta.client.exchange import Exchange, given, path

__all__ = ["AsyncPlans", "Plans"]


class _Asked(TypedDict, total=False):
    """What a plan is named by: the name of a registered one, its text in YAML, or words; and inputs by name."""

    plan: str | Mapping[str, Any]
    text: str
    words: str
    inputs: Mapping[str, Any]


class AsyncPlans:
    """What `AsyncClient.plans` offers."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def list(self) -> list[dict[str, Any]]:
        """The registered plans."""
        return (await self._exchange.ask("GET", path("plans")))["plans"]

    async def show(self, name: str) -> dict[str, Any]:
        """A registered plan, as data and as text."""
        return await self._exchange.ask("GET", path("plans", name))

    async def understand(
        self, words: str, inputs: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Which plan words mean or need: request, text, and the digest to `approve`."""
        body = {"words": words, "inputs": dict(inputs or {})}
        return await self._exchange.ask("POST", path("plans", "understand"), body=body)

    async def check(self, text: str) -> dict[str, Any]:
        """All flaws of a plan in YAML, with places and remedies: sound, findings."""
        return await self._exchange.ask("POST", path("plans", "check"), body={"text": text})

    async def explain(self, **asked: Unpack[_Asked]) -> dict[str, Any]:
        """What a run would do, ask, take and cost. Nothing runs."""
        return await self._exchange.ask("POST", path("plans", "explain"), body=asked)

    async def edit(self, words: str, text: str) -> dict[str, Any]:
        """The plan `text` in place of what `words` came to."""
        body = {"words": words, "text": text}
        return await self._exchange.ask("POST", path("plans", "edit"), body=body)

    async def save(
        self, name: str, *, text: str | None = None, words: str = "", replace: bool = False
    ) -> dict[str, Any]:
        """Register the plan `text`, or what `words` come to, under a name."""
        body = given(text=text, words=words, replace=replace)
        return await self._exchange.ask("PUT", path("plans", name), body=body)


class Plans:
    """What `Client.plans` offers; each method as that of `AsyncPlans`."""

    def __init__(self, inner: AsyncPlans, bridge: Bridge) -> None:
        self._inner = inner
        self._now = bridge.now

    def list(self) -> list[dict[str, Any]]:
        """The registered plans."""
        return self._now(self._inner.list())

    def show(self, name: str) -> dict[str, Any]:
        """A registered plan."""
        return self._now(self._inner.show(name))

    def understand(self, words: str, inputs: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Which plan words mean or need."""
        return self._now(self._inner.understand(words, inputs))

    def check(self, text: str) -> dict[str, Any]:
        """All flaws of a plan in YAML."""
        return self._now(self._inner.check(text))

    def explain(self, **asked: Unpack[_Asked]) -> dict[str, Any]:
        """What a run would do, ask, take and cost."""
        return self._now(self._inner.explain(**asked))

    def edit(self, words: str, text: str) -> dict[str, Any]:
        """The plan `text` in place of what `words` came to."""
        return self._now(self._inner.edit(words, text))

    def save(
        self, name: str, *, text: str | None = None, words: str = "", replace: bool = False
    ) -> dict[str, Any]:
        """Register a plan under a name."""
        return self._now(self._inner.save(name, text=text, words=words, replace=replace))
