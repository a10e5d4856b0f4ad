"""Which capabilities a model is offered for a request: all that there are, or of thousands the nearest."""

from collections.abc import Container, Mapping
from itertools import zip_longest

from batuta.language.lookup import Lookup
from batuta.planning.clauses import command_of, wishes
from batuta.spec.card import Card

__all__ = ["CHECK", "Shortlist"]

# The capability that reads a draft.
CHECK = "check_plan"
# What a model chooses well from; of more, those whose cards have words of the request.
_TOOLS_MAX = 40
# What a description says behind these says nothing more of what it is for.
_DESCRIPTION_CHARS_MAX = 2_000
# What a plan calls only if somebody has written it down.
_KINDS = frozenset({"thought", "vote", "merge", "value", "check", "planner"})


class Shortlist:
    """What plans may call: everything, or where that is too much, what speaks of the same as the words.

    The words of all cards are taken in once, and again when there are other cards.
    """

    def __init__(self) -> None:
        self._of: Mapping[str, Card] = {}
        self._usable: list[str] = []
        self._lookup = Lookup({})

    def of(self, words: str, cards: Mapping[str, Card], without: Container[str] = ()) -> list[Card]:
        """The cards for `words`, the nearest first if they are not all; none of those named in `without`."""
        if cards is not self._of:
            usable = {
                name: (name, card.description[:_DESCRIPTION_CHARS_MAX])
                for name, card in cards.items()
                if card.kind not in _KINDS and name != CHECK
            }
            self._of, self._usable, self._lookup = cards, [*usable], Lookup(usable)
        names = self._usable
        if len(names) > _TOOLS_MAX:
            names = [*dict.fromkeys([*self._near(words), *names[:_TOOLS_MAX]])]
        return [cards[name] for name in names if name not in without][:_TOOLS_MAX]

    def _near(self, words: str) -> list[str]:
        """The nearest of each part of `words` and of all of them in turn, so that no part goes without."""
        command = command_of(words)
        asked = [words, *(part.text for part in wishes(command))]
        found = [[name for name, _ in self._lookup.nearest(one, 2 * _TOOLS_MAX)] for one in asked]
        return [name for rank in zip_longest(*found) for name in rank if name is not None]
