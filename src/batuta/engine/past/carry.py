"""From the instances of one run to the facts by which its fork takes them over."""

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from batuta.engine.engine import Engine
from batuta.spec import run as r
from batuta.spec.facts import Fact, Inherited, Spread
from batuta.spec.inside import effect_of
from batuta.spec.run import Node
from batuta.spec.value import Value, commitment

__all__ = ["Carrier"]


class Carrier:
    """Makes the facts of the fork from the instances of the other run."""

    def __init__(self, engine: Engine, salt: bytes, at: float) -> None:
        self._engine = engine
        self._salt = salt
        self._at = at
        self.facts: list[Fact] = []

    async def node(self, node: Node, values: Mapping[str, Any]) -> None:
        """A step, as it ended, or with the value that `values` gives for it."""
        if node.name in values:
            self._given(node, values[node.name])
        elif node.kind == "each" and node.state == r.DONE:
            await self.items(node)
        else:
            await self._ended(node)

    async def items(self, container: Node, except_for: int = -1) -> None:
        """The items of an `each`, those that have ended well; all of them exist in the fork."""
        count = len(container.children)
        self.facts.append(Spread(at=self._at, path=container.path, term=0, count=count))
        for child in container.children:
            if child.index != except_for and (child.state == r.DONE or child.is_skipped):
                await self._ended(child)

    async def _ended(self, node: Node) -> None:
        value = None
        if node.state == r.DONE and node.value is not None:
            value = await self.copied(node.value)
        fact = Inherited(
            at=self._at,
            path=node.path,
            state=cast("Any", node.state),
            attempt=node.attempt,
            value=value,
            code=node.code,
            why=node.message,
            effect=effect_of(node),
        )
        self.facts.append(fact)

    def _given(self, node: Node, value: Any) -> None:
        effect = effect_of(node)
        if node.kind != "each":
            self._replaced(node.path, value, effect)
            return
        items = cast("list[Any]", value)
        self.facts.append(Spread(at=self._at, path=node.path, term=0, count=len(items)))
        for index, one in enumerate(items):
            self._replaced(f"{node.path}.{index}", one, effect)

    def _replaced(self, path: str, value: Any, effect: str) -> None:
        slot, at = self._engine.store(value, self._salt), self._at
        why = "its value was given"
        self.facts.append(
            Inherited(
                at=at, path=path, state=r.DONE, value=slot, why=why, replaced=True, effect=effect
            )
        )

    async def copied(self, value: Value) -> Value:
        """The same value under a commitment of this run."""
        if value.parts:
            await self._engine.load([value])
            whole = self._engine.store(self._engine.shelf.get(value), self._salt)
            return msgspec.structs.replace(whole, label=value.label)
        if not value.ref:
            encoded = bytes(value.data)
            return msgspec.structs.replace(value, mark=commitment(encoded, self._salt))
        encoded = await self._engine.journal.get(value.ref)
        ref = self._engine.journal.put(encoded)
        return Value(
            ref=ref, size=len(encoded), mark=commitment(encoded, self._salt), label=value.label
        )
