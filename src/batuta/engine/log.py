"""The log of one run as its owner keeps it: facts are applied to the run and queued for the journal in one breath."""

from collections import deque
from collections.abc import Sequence

import msgspec

from batuta.engine.timers import WITH_TIMERS, Timers
from batuta.errors import Conflict
from batuta.ports import Log, Receipt, Row
from batuta.spec.admits import admits
from batuta.spec.facts import (
    Claimed,
    Dropped,
    Failure,
    Finished,
    Lost,
    Resolved,
    RunFact,
    Started,
)
from batuta.spec.fold import take
from batuta.spec.run import Run

__all__ = ["OwnLog", "attempt_of"]

# So many facts may be queued without being known to be durable before the loop waits for the disk.
UNCONFIRMED_MAX = 4_096
# What a former owner may still tell: what its calls came to (contract, 8).
_OUTCOMES = (Finished, Failure, Lost, Dropped, Resolved)


class OwnLog:
    """`run` is what the log will say once everything queued is committed; `timers` are those that its facts set."""

    def __init__(self, run: Run, journal: Log) -> None:
        self.run = run
        self.timers = Timers()
        self._journal = journal
        self._owner = journal.owner
        self._facts: list[RunFact] = []
        self._told: set[int] = set()
        self._unconfirmed: deque[tuple[Receipt, tuple[RunFact, ...]]] = deque()
        self._unconfirmed_count = 0

    def record(self, *facts: RunFact) -> bool:
        """Apply those of `facts` that count, and keep them for the next `flush`: decisions of ours. True if all did."""
        return self._record(facts, told=False)

    def tell(self, *facts: RunFact) -> None:
        """The same for what calls came to. If the journal refuses a decision, it is made anew; these are told again."""
        self._record(facts, told=True)

    def _record(self, facts: Sequence[RunFact], *, told: bool) -> bool:
        run, counted = self.run, True
        for fact in facts:
            # The log cannot tell two drivers of one term apart, so who does not own the run decides nothing.
            ours = told or run.owner == self._owner or isinstance(fact, Claimed)
            if not (ours and admits(run, fact)):
                counted = False
                continue
            take(run, fact)
            self._facts.append(fact)
            if told:
                self._told.add(id(fact))
            if type(fact) in WITH_TIMERS:
                self.timers.heed(fact)
        return counted

    def flush(self) -> Receipt | None:
        """Queue what was recorded since the last time, as one append; its receipt, or None if there was nothing."""
        if not self._facts:
            return None
        facts = tuple(self._facts)
        self._facts.clear()
        receipt = self._journal.append(self.run.id, facts, after=self.run.head - len(facts))
        self._unconfirmed.append((receipt, facts))
        self._unconfirmed_count += len(facts)
        return receipt

    @property
    def owned(self) -> bool:
        """True while this process drives the run, as far as it knows."""
        return self.run.owner == self._owner

    @property
    def unrecorded(self) -> bool:
        """True if facts wait for `flush`."""
        return bool(self._facts)

    @property
    def crowded(self) -> bool:
        """True if more is queued than should be without waiting for the disk."""
        return self._unconfirmed_count > UNCONFIRMED_MAX

    async def confirm(self) -> bool:
        """Wait until everything queued is durable; False if some of it was refused. Raises `JournalError`."""
        while self._unconfirmed:
            queued = len(self._unconfirmed)
            try:
                # Each counts on the one before it: if the last stands, all do.
                await self._journal.commit(self._unconfirmed[-1][0])
            except Conflict:
                return False
            for _ in range(queued):
                _, facts = self._unconfirmed.popleft()
                self._unconfirmed_count -= len(facts)
                self._told.difference_update(map(id, facts))
        return True

    async def foreign(self) -> list[Row]:
        """What others wrote behind what is ours. Only after `confirm` has said True."""
        assert not self._unconfirmed and not self._facts
        return await self._journal.read(self.run.id, after=self.run.head)

    async def refused(self) -> list[RunFact]:
        """Give up what is queued; `run` must be folded anew.

        Returns what the journal did not take and no new decision can replace: intents, claims, and what was told.
        """
        await self._journal.flush()
        refused: list[RunFact] = []
        for receipt, facts in self._unconfirmed:
            try:
                await self._journal.commit(receipt)
            except Conflict:
                refused.extend(facts)
        refused.extend(self._facts)
        told = self._told.copy()
        self._told.clear()
        self._unconfirmed.clear()
        self._unconfirmed_count = 0
        self._facts.clear()
        return [f for f in refused if id(f) in told or isinstance(f, Started | Claimed)]

    def again(self, told: Sequence[RunFact]) -> None:
        """Record anew what calls came to, as facts of the present term."""
        for fact in told:
            if "term" in fact.__struct_fields__:
                fact = msgspec.structs.replace(fact, term=self.run.term)
            self._record((fact,), told=True)

    async def tell_late(self, facts: Sequence[RunFact]) -> None:
        """As a former owner: append what calls came to, wherever the log stands now; it decides what counts."""
        outcomes = [fact for fact in facts if isinstance(fact, _OUTCOMES)]
        if outcomes:
            await self._journal.commit(self._journal.append(self.run.id, outcomes, after=None))


def attempt_of(fact: RunFact) -> tuple[str, int]:
    """The attempt that `fact` is about; ("", 0) if it is about none."""
    return getattr(fact, "path", ""), getattr(fact, "attempt", 0)
