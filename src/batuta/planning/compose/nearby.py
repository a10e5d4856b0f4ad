"""What a plan for some words may be made of: everything that there is, or of thousands what speaks of the same."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, cast

from batuta.language.cues import words_of_name
from batuta.language.lookup import Lookup
from batuta.spec.card import Card

__all__ = ["Nearby"]

# So many are all looked at; of more, what others offer is looked up: to look at one costs a tenth of a millisecond.
_ALL_MAX = 300
_IMPORTED = frozenset({"mcp", "openapi"})
# As many as speak most of a request; and for each argument of the first of them, as many as speak of that.
_NEAR_MAX, _FIRST, _FOR_ARGUMENT = 32, 4, 2
_ARGUMENTS_MAX = 8
_DESCRIPTION_CHARS_MAX = 2_000


class Nearby:
    """Looks for them. The words of all cards are taken in once, and again when there are other cards."""

    def __init__(self) -> None:
        self._of: Mapping[str, Card] = {}
        self._own: list[str] = []
        self._lookup: Lookup | None = None

    def among(
        self, cards: Mapping[str, Card], words: str, known: Collection[str]
    ) -> tuple[list[Card], Callable[[str], float] | None]:
        """The cards that may be meant by `words`, those named in `known` among them; and how rare a word is in all.

        None for that if they are all cards.
        """
        if len(cards) <= _ALL_MAX:
            return [*cards.values()], None
        lookup = self._looked_up(cards)
        near = [name for name, _ in lookup.nearest(words, _NEAR_MAX)]
        given = [
            name
            for one in self._arguments(near, cards)
            for name, _ in lookup.nearest(one, _FOR_ARGUMENT)
        ]
        names = dict.fromkeys(
            [*self._own, *near, *given, *(name for name in known if name in cards)]
        )
        return [cards[name] for name in names], lookup.rare

    def _looked_up(self, cards: Mapping[str, Card]) -> Lookup:
        if self._lookup is None or cards is not self._of:
            every = [*cards.values()]
            self._of = cards
            self._own = [card.name for card in every if card.kind not in _IMPORTED][:_ALL_MAX]
            self._lookup = Lookup(
                {
                    card.name: (card.name, card.description[:_DESCRIPTION_CHARS_MAX])
                    for card in every
                }
            )
        return self._lookup

    def _arguments(self, near: Collection[str], cards: Mapping[str, Card]) -> list[str]:
        """What the nearest ones have to be given, in words: something else may give it."""
        found: dict[str, None] = {}
        for name in [*near][:_FIRST]:
            required: Any = cards[name].input.get("required")
            for one in cast("list[Any]", required) if isinstance(required, list) else ():
                found[words_of_name(str(one))[0]] = None
        return [*found][:_ARGUMENTS_MAX]
