"""Earlier requests of which somebody said what they meant: examples at once, in every process of the workspace."""

from collections.abc import Mapping

from batuta.language.words import words
from batuta.ports import WORKSPACE, Journal
from batuta.spec.facts import Confirmed
from batuta.spec.value import decode, inline

__all__ = ["Confirmations", "confirmed"]

# What stands behind these of a long request teaches nothing about what it asks for.
_CHARS_MAX = 2_000
_REQUESTS_MAX = 5_000


class Confirmations:
    """Reads them out of the log of the workspace as they come."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._head = 0
        self._plans: dict[str, tuple[str, str]] = {}

    async def by_plan(self) -> Mapping[str, tuple[str, ...]]:
        """The words by plan, oldest first; of the same words, what was said last counts. Raises `JournalError`."""
        for row in await self._journal.read(WORKSPACE, after=self._head):
            self._head = row.seq
            fact = row.fact
            if isinstance(fact, Confirmed) and not fact.words.erased:
                text = str(decode(fact.words.data))
                key = " ".join(word.text for word in words(text))
                self._plans.pop(key, None)
                self._plans[key] = (fact.plan, text)
        while len(self._plans) > _REQUESTS_MAX:
            self._plans.pop(next(iter(self._plans)))
        found: dict[str, list[str]] = {}
        for plan, text in self._plans.values():
            found.setdefault(plan, []).append(text)
        return {plan: tuple(texts) for plan, texts in found.items()}


def confirmed(text: str, plan: str, run: str, who: str, at: float) -> Confirmed:
    """The fact that `who` said that `text` means `plan`."""
    return Confirmed(at=at, words=inline(text[:_CHARS_MAX]), plan=plan, run=run, who=who)
