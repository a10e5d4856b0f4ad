"""What was used together before: requests, and the capabilities that served them, in their order."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

from batuta.errors import NotFound
from batuta.plans.graph import in_order
from batuta.ports import WORKSPACE, Journal
from batuta.spec.facts import Made
from batuta.spec.run import Run
from batuta.spec.shape import PlanShape
from batuta.spec.value import decode

__all__ = ["History", "Likely", "Past", "Successions", "past_of_plan"]

# Of what was done, the latest.
_PASTS_MAX = 5_000
# Of what a process finds in the log when it begins, the latest: to read a run takes a millisecond.
_FOUND_MAX = 500
# Runs that have not ended are looked at again, so many at most.
_OPEN_MAX = 20
# So often must something have been seen before it is believed.
_SEEN_MIN = 2.0


class Past(NamedTuple):
    """A request in words, and the capabilities of the plan that served it, in the order of their steps."""

    words: str
    uses: tuple[str, ...]


class Likely(NamedTuple):
    """The likeliest chain, how much better it is than none, its least likely capability, and the nearest request.

    `known`: the capabilities that served any earlier request.
    """

    chain: tuple[str, ...]
    worth: float
    least: float
    nearest: str
    known: frozenset[str] = frozenset()


class Successions:
    """Which capability followed which, in `pasts`; `known` are all of them."""

    def __init__(self, pasts: Sequence[Past]) -> None:
        self.known = frozenset(use for past in pasts for use in past.uses)
        self._together = frozenset(
            (one, other) for past in pasts for one in past.uses for other in past.uses
        )
        self._next = Counter(
            pair for past in pasts for pair in zip(past.uses, past.uses[1:], strict=False)
        )

    def together(self, one: str, other: str) -> bool:
        """True if both served the same request."""
        return (one, other) in self._together

    def follows(self, before: str, behind: str) -> float:
        """From -1 (always the other way round) to 1 (always so); 0: it was seldom seen, or both."""
        there, back = self._next[before, behind], self._next[behind, before]
        return (there - back) / (there + back + _SEEN_MIN)


class History:
    """Reads what was made for requests, and worked, out of the log of the workspace as it comes.

    `read` gives a run by its id.
    """

    def __init__(self, journal: Journal, read: Callable[[str], Awaitable[Run]]) -> None:
        self._journal = journal
        self._read = read
        self._head = 0
        self._known: dict[str, Past] = {}
        self._open: dict[str, str] = {}

    async def pasts(self) -> Sequence[Past]:
        """Oldest first; of the same words, the last that worked. Raises `JournalError`."""
        found = self._open
        for row in await self._journal.read(WORKSPACE, after=self._head):
            self._head = row.seq
            fact = row.fact
            if isinstance(fact, Made) and not fact.words.erased:
                found[fact.run] = str(decode(fact.words.data))
        latest = list(found.items())[-_FOUND_MAX:]
        still = [
            (run_id, words) for run_id, words in latest if not await self._taken(run_id, words)
        ]
        self._open = dict(still[-_OPEN_MAX:])
        while len(self._known) > _PASTS_MAX:
            self._known.pop(next(iter(self._known)))
        return list(self._known.values())

    async def _taken(self, run_id: str, words: str) -> bool:
        """Take in what a run did, if it worked; False if it has not ended."""
        try:
            run = await self._read(run_id)
        except NotFound:
            return True
        if run.ended is None and not run.purged:
            return False
        if run.root is not None and not run.purged and run.status == "succeeded":
            self._known.pop(words, None)
            self._known[words] = past_of_plan(words, run.root.shape)
        return True


def past_of_plan(words: str, shape: PlanShape) -> Past:
    """What a plan does for `words`."""
    deps: Mapping[str, Sequence[str]] = {name: step.deps for name, step in shape.steps.items()}
    return Past(words, tuple(shape.steps[name].uses[0] for name in in_order(deps)))
