"""The journal without a disk: for tests, for runs that need not outlive their process, and for the simulator.

Several views of one store stand for several processes: each has its own queue, its own owner and its own death.
"""

import os
from collections.abc import Callable, Sequence
from typing import Self

from batuta.errors import JournalError, NotFound
from batuta.journal.clock import SystemClock
from batuta.journal.intake import Append, Intake, Put, admit, refusal
from batuta.journal.memory_store import MemoryStore, MemoryStream
from batuta.journal.projection import RunState
from batuta.journal.watchers import Watchers
from batuta.ports import Clock, Receipt, Row, RunRow
from batuta.spec.facts import Fact
from batuta.spec.value import value_key

__all__ = ["MemoryJournal"]


class _View:
    """One process that looks at the store: the methods of `Journal`."""

    def __init__(self, store: MemoryStore, manual: bool, owner: str) -> None:
        self._store = store
        self._manual = manual
        self._owner = owner or f"view-{next(store.names)}"
        assert self._owner not in store.alive, "two live views cannot have one name"
        self._intake = Intake(self._rung)
        self._watchers = Watchers()
        store.alive[self._owner] = self._watchers
        self._failures: list[JournalError] = []
        self._gone = ""

    @property
    def owner(self) -> str:
        """See `Journal.owner`."""
        return self._owner

    @property
    def epoch(self) -> int:
        """See `Journal.epoch`."""
        return self._store.epoch

    def append(self, stream: str, facts: Sequence[Fact], *, after: int | None) -> Receipt:
        """See `Journal.append`."""
        self._check_open()
        return self._intake.append(stream, facts, after)

    async def commit(self, receipt: Receipt) -> None:
        """See `Journal.commit`."""
        self._check_open()
        await self._intake.wait(receipt.number)
        self._intake.raise_if_refused(receipt)

    async def flush(self) -> None:
        """See `Journal.flush`."""
        self._check_open()
        await self._intake.wait(self._intake.issued)

    async def read(self, stream: str, *, after: int = 0) -> list[Row]:
        """See `Journal.read`."""
        self._check_open()
        self._intake.looked(stream)
        return self._store.rows(stream, after)

    async def read_all(self, *, after: int = 0, limit: int = 1000) -> list[Row]:
        """See `Journal.read_all`."""
        self._check_open()
        first = after if after >= 0 else max(len(self._store.log) + after, 0)
        return self._store.log[first : first + limit]

    async def wait(self, stream: str, *, after: int, timeout_s: float) -> bool:
        """See `Journal.wait`."""
        self._check_open()
        return await self._watchers.wait(
            stream, lambda: self._store.seq(stream) > after, timeout_s=timeout_s
        )

    def watch(self, stream: str, notify: Callable[[], None]) -> Callable[[], None]:
        """See `Journal.watch`."""
        self._check_open()
        return self._watchers.add(stream, notify, own=False)

    async def claim(self, run: str) -> bool:
        """See `Journal.claim`."""
        await self.flush()
        self._intake.begin(run)
        head = self._store.streams.get(run)
        owner = head.run.owner if head and head.run else ""
        return owner in ("", self._owner) or owner not in self._store.alive

    def put(self, encoded: bytes) -> str:
        """See `Journal.put`."""
        self._check_open()
        ref = value_key(encoded, self._store.key)
        self._intake.put(ref, encoded)
        return ref

    async def get(self, ref: str) -> bytes:
        """See `Journal.get`."""
        self._check_open()
        queued = self._intake.queued_value(ref)
        if queued is not None:
            return queued
        stored = self._store.values.get(ref)
        if stored is None:
            raise NotFound(
                f"there is no value {ref} in the journal",
                remedy="it may have been erased by retention",
            )
        return stored.body

    async def runs(
        self,
        *,
        status: str | tuple[str, ...] = "",
        plan: str = "",
        since: float = 0.0,
        due_at: float | None = None,
        before: str = "",
        limit: int = 1000,
    ) -> list[RunRow]:
        """See `Journal.runs`."""
        self._check_open()
        statuses = (status,) if isinstance(status, str) and status else status
        found: list[RunRow] = []
        newer = due_at is None and before in self._store.streams
        for name, head in reversed(self._store.streams.items()):
            if len(found) >= limit:
                break
            if newer:
                newer = name != before
                continue
            run = head.run
            if run is None or (statuses and run.status not in statuses):
                continue
            if (plan and run.plan != plan) or run.accepted_at < since:
                continue
            driven = run.owner in self._store.alive
            if due_at is not None and (driven or run.ended or not _due(run, due_at)):
                continue
            last = self._store.log[head.gseqs[-1] - 1]
            found.append(
                RunRow(
                    run=name,
                    status=run.status,
                    plan=run.plan,
                    accepted_at=run.accepted_at,
                    updated_at=last.fact.at,
                    wake_at=run.wake_at,
                    owner=run.owner if driven else "",
                    head=head.seq,
                )
            )
        return found

    async def gc(self, *, older_than: float, now: float) -> dict[str, int]:
        """See `Journal.gc`."""
        await self.flush()
        runs, erased_bytes = self._store.erase_runs(older_than, now)
        erased_bytes += self._store.erase_words(older_than)
        values, value_bytes = self._store.delete_values(now)
        return {"runs": runs, "values": values, "bytes": erased_bytes + value_bytes}

    async def close(self) -> None:
        """See `Journal.close`."""
        if not self._gone:
            self._flush()
            self._leave("this journal is closed")

    def _rung(self, urgent: bool) -> None:
        if not self._manual and self._intake.issued > self._intake.settled:
            self._flush()

    def _flush(self, appends_max: int | None = None) -> None:
        batch = self._intake.take(appends_max)
        appends = [entry for entry in batch if isinstance(entry, Append)]
        if not batch:
            return
        if appends and self._failures:
            self._intake.refuse(appends, self._failures.pop(0))
            self._intake.settle(batch)
            return
        landed: dict[str, None] = {}
        outside: dict[str, None] = {}
        for entry in batch:
            if isinstance(entry, Put):
                self._store.keep(entry.ref, entry.body)
            elif self._land(entry):
                landed[entry.stream] = None
                if entry.after is None:
                    outside[entry.stream] = None
        self._intake.settle(batch)
        self._watchers.tell(landed, own=True)
        self._watchers.tell(outside, own=False)
        for watchers in self._store.alive.values():
            if watchers is not self._watchers:
                watchers.tell(landed, own=False)

    def _land(self, append: Append) -> bool:
        head = self._store.streams.get(append.stream) or MemoryStream()
        error = admit(append, head, self._intake.refused, self._store.values.__contains__)
        if error is not None:
            self._intake.refuse([append], error)
            return False
        if not append.facts:
            return False
        self._store.land(append.stream, append.facts, append.refs)
        return True

    def _leave(self, why: str) -> None:
        self._gone = why
        self._intake.clear()
        self._store.alive.pop(self._owner, None)

    def _check_open(self) -> None:
        if self._gone:
            raise refusal(JournalError(self._gone, remedy="open it again"))


class MemoryJournal(_View):
    """A `Journal` in memory.

    Args:
        clock: time for the age of values; the system's by default.
        manual: nothing becomes durable before `flush_now` is called, so that a simulator decides
            what a crash loses. Otherwise an append is durable at once.
        tenant_key: names stored values; random by default.
        owner: the name under which this view claims runs.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        manual: bool = False,
        tenant_key: bytes | None = None,
        owner: str = "",
    ) -> None:
        store = MemoryStore(clock or SystemClock(), tenant_key or os.urandom(32))
        super().__init__(store, manual, owner)

    def view(self, *, manual: bool | None = None, owner: str = "") -> Self:
        """Another process looking at the same store."""
        other = type(self).__new__(type(self))
        _View.__init__(other, self._store, self._manual if manual is None else manual, owner)
        return other

    def crash(self) -> None:
        """Die: what was not flushed is lost, runs of this view can be claimed, and nothing more can be done."""
        self._leave("this view of the journal has crashed")

    def flush_now(self, appends_max: int | None = None) -> int:
        """Make what is queued durable, or the first `appends_max` appends with the values before them.

        Returns how many entries remain.
        """
        self._flush(appends_max)
        return self._intake.pending

    def fail_next(self, error: JournalError, *, batches: int = 1) -> None:
        """Refuse the next `batches` batches that hold an append, as a full or failing disk would."""
        self._failures += [error] * batches

    @property
    def pending(self) -> int:
        """How many appends and values are not durable yet."""
        return self._intake.pending

    @property
    def awaited(self) -> bool:
        """True if somebody waits for a commit."""
        return self._intake.has_waiters


def _due(run: RunState, at: float) -> bool:
    """True if a run that nobody drives has something to do at `at`; one whose driver died always has."""
    return bool(run.owner) or (run.wake_at is not None and run.wake_at <= at)
