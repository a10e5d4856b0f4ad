"""Which alternative of a step served is no decision of the engine: it hangs on what was missing then, like a key."""

from collections.abc import Iterator, Mapping

import msgspec

from batuta.ports import Capability, Catalog
from batuta.spec.card import Card
from batuta.spec.facts import Fact, Started
from batuta.spec.run import Node

__all__ = ["catalogs_then"]


def catalogs_then(catalog: Catalog, node: Node | None, fact: Fact) -> Iterator[Catalog]:
    """The catalogs under which `fact` may have been decided about `node`: each has another alternative serve.

    A call says which one it was. Of a refusal, and of a question before the call, any may have been it.
    """
    if node is None or node.kind == "undo" or not node.shape.step.fallback:
        yield catalog
        return
    uses = node.shape.uses
    places = range(node.alternative, len(uses))
    if isinstance(fact, Started) and fact.alternative in places:
        places = (fact.alternative,)
    for at in places:
        yield _Then(catalog, {use: "" if use == uses[at] else "then" for use in uses})


class _Then:
    """A catalog in which something else is missing."""

    def __init__(self, catalog: Catalog, missing: Mapping[str, str]) -> None:
        self._catalog = catalog
        self._missing = missing

    def get(self, name: str) -> Capability:
        """See `Catalog`."""
        return self._catalog.get(name)

    def cards(self) -> Mapping[str, Card]:
        """See `Catalog`."""
        cards = self._catalog.cards()
        found = {name: cards[name] for name in self._missing if name in cards}
        replaced = {
            name: msgspec.structs.replace(card, missing=self._missing[name])
            for name, card in found.items()
        }
        return {**cards, **replaced}
