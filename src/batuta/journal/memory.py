"""The journal without a disk: for tests, for runs that need not outlive their process, and for the simulator.

Several views of one store stand for several processes: each has its own queue, its own owner and its own death.
"""

import itertools
import os
from collections.abc import Callable, Sequence

import msgspec

from batuta.errors import JournalError, NotFound
from batuta.journal.clock import SystemClock
from batuta.journal.codec import encode_fact
from batuta.journal.intake import Append, Intake, Put, admit, refusal
from batuta.journal.projection import RunState, project
from batuta.journal.retention import erased
from batuta.journal.values import GRACE_S, name_of
from batuta.journal.watchers import Watchers
from batuta.ports import WORKSPACE, Clock, Receipt, Row, RunRow
from batuta.spec.facts import Fact, Purged, Restored

__all__ = ["MemoryJournal"]


class _Stream(msgspec.Struct):
    seq: int = 0
    run: RunState | None = None
    gseqs: list[int] = msgspec.field(default_factory=list[int])


class _Stored(msgspec.Struct):
    body: bytes
    parent: str
    at: float
    streams: set[str] = msgspec.field(default_factory=set[str])


class _Store:
    """What all views share."""

    def __init__(self, clock: Clock, tenant_key: bytes) -> None:
        self.clock = clock
        self.key = tenant_key
        self.epoch = 0
        self.log: list[Row] = []
        self.streams: dict[str, _Stream] = {}
        self.values: dict[str, _Stored] = {}
        self.alive: dict[str, MemoryJournal] = {}
        self.names = itertools.count(1)

    def land(self, stream: str, facts: Sequence[Fact], refs: Sequence[str]) -> None:
        head = self.streams.setdefault(stream, _Stream())
        for fact in facts:
            head.seq += 1
            self.log.append(Row(len(self.log) + 1, stream, head.seq, fact))
            head.gseqs.append(len(self.log))
            if stream != WORKSPACE:
                head.run = project(head.run, fact)
            elif isinstance(fact, Restored):
                self.epoch = fact.epoch
        for ref in refs:
            self.values[ref].streams.add(stream)

    def rows(self, stream: str, after: int) -> list[Row]:
        head = self.streams.get(stream)
        return [self.log[g - 1] for g in head.gseqs[after:]] if head else []


class MemoryJournal:
    """A `Journal` in memory.

    Args:
        clock: time for the age of values; the system's by default.
        manual: nothing becomes durable before `flush_one` or `flush_now` is called, so that a simulator decides
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
        self._open(_Store(clock or SystemClock(), tenant_key or os.urandom(32)), manual, owner)

    def _open(self, store: _Store, manual: bool, owner: str) -> None:
        self._store = store
        self._manual = manual
        self._owner = owner or f"view-{next(store.names)}"
        assert self._owner not in store.alive, "two live views cannot have one name"
        store.alive[self._owner] = self
        self._intake = Intake(self._rung)
        self._watchers = Watchers()
        self._failures: list[JournalError] = []
        self._gone = ""

    # --- for tests and the simulator ---------------------------------------------------------------

    def view(self, *, manual: bool | None = None, owner: str = "") -> "MemoryJournal":
        """Another process looking at the same store."""
        other = MemoryJournal.__new__(MemoryJournal)
        other._open(self._store, self._manual if manual is None else manual, owner)
        return other

    def crash(self) -> None:
        """Die: what was not flushed is lost, runs of this view can be claimed, and nothing more can be done."""
        self._leave("this view of the journal has crashed")

    def flush_one(self) -> int:
        """Make the oldest queued append durable, with the values before it. Returns how many entries remain."""
        return self.flush_now(1)

    def flush_now(self, appends_max: int | None = None) -> int:
        """Make what is queued durable, or the first `appends_max` appends. Returns how many entries remain."""
        self._settle(self._intake.take(appends_max))
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
        return self._intake.awaited

    # --- Journal -----------------------------------------------------------------------------------

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
        self._intake.learnt(stream)
        return self._store.rows(stream, after)

    async def read_all(self, *, after: int = 0, limit: int = 1000) -> list[Row]:
        """See `Journal.read_all`."""
        self._check_open()
        return self._store.log[after : after + limit]

    async def wait(self, stream: str, *, after: int, timeout_s: float) -> bool:
        """See `Journal.wait`."""
        self._check_open()
        return await self._watchers.wait(
            stream, lambda: self._seq(stream) > after, timeout_s=timeout_s
        )

    def watch(self, stream: str, notify: Callable[[], None]) -> Callable[[], None]:
        """See `Journal.watch`."""
        self._check_open()
        return self._watchers.add(stream, notify, own=False)

    async def claim(self, run: str) -> bool:
        """See `Journal.claim`."""
        await self.flush()
        head = self._store.streams.get(run)
        owner = head.run.owner if head and head.run else ""
        return owner in ("", self._owner) or owner not in self._store.alive

    def put(self, encoded: bytes, *, parent: str = "") -> str:
        """See `Journal.put`."""
        self._check_open()
        ref = name_of(encoded, parent, self._store.key)
        self._intake.put(ref, encoded, parent)
        return ref

    async def get(self, ref: str) -> bytes:
        """See `Journal.get`."""
        return self._value(ref).body

    async def thread(self, ref: str) -> list[bytes]:
        """See `Journal.thread`."""
        messages: list[bytes] = []
        while ref:
            stored = self._value(ref)
            messages.append(stored.body)
            ref = stored.parent
        return messages[::-1]

    async def runs(
        self, *, status: str = "", due_at: float | None = None, limit: int = 1000
    ) -> list[RunRow]:
        """See `Journal.runs`."""
        self._check_open()
        found: list[RunRow] = []
        for name, head in reversed(self._store.streams.items()):
            if len(found) >= limit:
                break
            run = head.run
            if run is None or (status and run.status != status):
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
        store, runs, freed = self._store, 0, 0
        for name, head in store.streams.items():
            due = head.run.erasable_at if head.run else None
            if due is None or due >= older_than:
                continue
            for gseq in head.gseqs:
                row = store.log[gseq - 1]
                left = erased(row.fact)
                freed += len(encode_fact(row.fact)) - len(encode_fact(left))
                store.log[gseq - 1] = msgspec.structs.replace(row, fact=left)
            for stored in store.values.values():
                stored.streams.discard(name)
            store.land(name, [Purged(at=now)], ())
            runs += 1
        dead = self._dead_values(now)
        return {"runs": runs, "values": len(dead), "bytes": freed + sum(map(len, dead))}

    async def close(self) -> None:
        """See `Journal.close`."""
        if not self._gone:
            self.flush_now()
            self._leave("this journal is closed")

    # --- inside ------------------------------------------------------------------------------------

    def _rung(self, urgent: bool) -> None:
        if not self._manual and self._intake.issued > self._intake.settled:
            self.flush_now()

    def _settle(self, batch: list[Append | Put]) -> None:
        appends = [entry for entry in batch if isinstance(entry, Append)]
        if appends and self._failures:
            self._intake.refuse(appends, self._failures.pop(0))
            self._intake.settle(appends[-1].number)
            return
        landed: dict[str, None] = {}
        outside: dict[str, None] = {}
        for entry in batch:
            if isinstance(entry, Put):
                self._store_value(entry)
            elif self._land(entry):
                landed[entry.stream] = None
                if entry.after is None:
                    outside[entry.stream] = None
        if appends:
            self._intake.settle(appends[-1].number)
        self._watchers.tell(landed, own=True)
        self._watchers.tell(outside, own=False)
        for view in self._store.alive.values():
            if view is not self:
                view._watchers.tell(landed, own=False)

    def _land(self, append: Append) -> bool:
        head = self._store.streams.get(append.stream) or _Stream()
        error = admit(append, head, self._intake.refused, self._store.values.__contains__)
        if error is not None:
            self._intake.refuse([append], error)
            return False
        self._store.land(append.stream, append.facts, append.refs)
        return True

    def _store_value(self, put: Put) -> None:
        at = self._store.clock.now()
        stored = self._store.values.setdefault(put.ref, _Stored(put.body, put.parent, at))
        stored.at = max(stored.at, at)

    def _dead_values(self, now: float) -> list[bytes]:
        """Delete, from the ends of threads inwards, what nothing uses; the bodies that were deleted."""
        values, dead = self._store.values, list[bytes]()
        while True:
            parents = {stored.parent for stored in values.values()}
            unused = [
                ref
                for ref, stored in values.items()
                if not stored.streams and ref not in parents and stored.at < now - GRACE_S
            ]
            if not unused:
                return dead
            dead += [values.pop(ref).body for ref in unused]

    def _value(self, ref: str) -> _Stored:
        self._check_open()
        if not self._manual:
            self.flush_now()
        stored = self._store.values.get(ref)
        if stored is None:
            raise NotFound(
                f"there is no value {ref} in the journal",
                remedy="it may have been erased by retention",
            )
        return stored

    def _seq(self, stream: str) -> int:
        head = self._store.streams.get(stream)
        return head.seq if head else 0

    def _leave(self, why: str) -> None:
        self._gone = why
        self._intake.clear()
        self._store.alive.pop(self._owner, None)

    def _check_open(self) -> None:
        if self._gone:
            raise refusal(JournalError(self._gone, remedy="open it again"))


def _due(run: RunState, at: float) -> bool:
    """True if a run that nobody drives has something to do at `at`; one whose driver died always has."""
    return bool(run.owner) or (run.wake_at is not None and run.wake_at <= at)
