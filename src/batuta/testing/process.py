"""One simulated process: a view of the journal with a disk of its own, an engine, and a driver that keeps at it."""

import asyncio
import contextvars
import math
from collections.abc import Callable, Sequence

from batuta.engine.engine import Engine
from batuta.engine.host import anything_to_do
from batuta.engine.loop import Driver
from batuta.errors import JournalFull, NotFound
from batuta.journal.memory import MemoryJournal
from batuta.ports import Receipt, Row
from batuta.spec.facts import Claimed, Ended, Fact, Parked
from batuta.spec.run import Run
from batuta.testing.faults import CrashPoint
from batuta.testing.virtual import PROCESS, VirtualLoop

__all__ = ["Disk", "Process", "WatchedJournal"]

# Somebody looks after a run that nobody drives at least this often, in seconds.
LOOK_S = 20.0


class Disk:
    """When queued facts become durable. `delay_s` draws how long a flush takes, `torn` how much of it survives."""

    def __init__(self, delay_s: Callable[[], float], torn: Callable[[int], int]) -> None:
        self.delay_s = delay_s
        self.torn = torn
        self.busy = False
        self.dead = False


class WatchedJournal(MemoryJournal):
    """A view of the journal in memory that flushes when its disk says so, and tells what landed.

    Without a process (people, operators) it is durable at once.
    """

    process: "Process | None" = None
    landed: Callable[[Sequence[Row]], None] | None = None
    seen: list[int]
    # True while a driver may believe in facts that were refused: until it reads the stream again.
    conflicted = False

    def watched(self, landed: Callable[[Sequence[Row]], None]) -> None:
        """Tell `landed` of every row, whichever view it came through. For the first view of a store."""
        self.landed = landed
        self.seen = [0]

    def like(self, owner: str, process: "Process | None") -> "WatchedJournal":
        """Another view, told of by the same."""
        other = self.view(manual=process is not None, owner=owner)
        other.landed, other.seen, other.process = self.landed, self.seen, process
        return other

    def append(self, stream: str, facts: Sequence[Fact], *, after: int | None) -> Receipt:
        """See `Journal.append`."""
        receipt = super().append(stream, facts, after=after)
        if self.process is not None:
            self.process.appended(facts)
        return receipt

    async def read(self, stream: str, *, after: int = 0) -> list[Row]:
        """See `Journal.read`."""
        self.conflicted = False
        return await super().read(stream, after=after)

    async def claim(self, run: str) -> bool:
        """See `Journal.claim`; true in any case for a process that has stolen the lock of another."""
        free = await super().claim(run)
        return free or (self.process is not None and self.process.steals)

    def _rung(self, urgent: bool) -> None:
        if self.process is None:
            super()._rung(urgent)
        else:
            self.process.rung(urgent)

    @property
    def was_refused(self) -> bool:
        """True if facts of this process were refused, ever."""
        return bool(self._intake.refused)

    def _flush(self, appends_max: int | None = None) -> None:
        refused = len(self._intake.refused)
        super()._flush(appends_max)
        self.conflicted = self.conflicted or len(self._intake.refused) > refused
        rows = self._store.log[self.seen[0] :]
        self.seen[0] += len(rows)
        if rows and self.landed is not None:
            self.landed(rows)


class Process:
    """Drives one run as often as it can, until the run has ended or the process dies.

    `crash` is the point at which it dies, with a countdown; `on_death` is called once when it does.
    """

    def __init__(
        self,
        name: str,
        loop: VirtualLoop,
        disk: Disk,
        make: Callable[["Process"], Engine],
        on_death: Callable[["Process"], None],
    ) -> None:
        self.name = name
        self.disk = disk
        self.steals = False
        self.crash: tuple[CrashPoint, int] | None = None
        self.driver: Driver | None = None
        self.on_return: Callable[[Run], None] | None = None
        self._loop = loop
        self._on_death = on_death
        self.engine = make(self)
        self._dies_after_flush = False

    @property
    def journal(self) -> WatchedJournal:
        """Its view of the journal."""
        journal = self.engine.journal
        assert isinstance(journal, WatchedJournal)
        return journal

    def start(self, run_id: str, run: Run | None = None) -> "asyncio.Task[None]":
        """Begin to drive; `run` is one that it has just accepted itself."""
        context = contextvars.copy_context()
        context.run(PROCESS.set, self.name)
        return self._loop.create_task(self._keep(run_id, run), context=context)

    async def _keep(self, run_id: str, run: Run | None) -> None:
        while True:
            try:
                run = await self._drive_once(run_id, run)
            except (JournalFull, NotFound):
                await asyncio.sleep(0.05)
                run = None
                continue
            if run.ended is not None:
                return
            pause_s = 0.0
            if run.owner:
                pause_s = LOOK_S
            elif run.status == "waiting":
                pause_s = math.inf
            elif run.parked_until is not None:
                pause_s = max(min(LOOK_S, run.parked_until - self.engine.clock.now()), 0.0)
            head, run = run.head, None
            await self.journal.wait(run_id, after=head, timeout_s=pause_s)

    async def _drive_once(self, run_id: str, run: Run | None) -> Run:
        fresh = run is not None
        if run is None:
            run = await self.engine.read(run_id)
        if fresh or (anything_to_do(run, self.engine) and await self.journal.claim(run_id)):
            self.steals = False
            self.driver = Driver(run, self.engine)
            try:
                run = await self.driver.drive()
            finally:
                self.driver = None
            if self.on_return is not None:
                self.on_return(run)
        return run

    # ── its disk ─────────────────────────────────────────────────────────────────────────────────────────────

    def rung(self, urgent: bool) -> None:
        """Something is queued, or somebody waits: flush soon."""
        disk = self.disk
        if not disk.busy and not disk.dead:
            disk.busy = True
            self._loop.call_later(disk.delay_s() * (1 if urgent else 2), self._flush)

    def _flush(self) -> None:
        disk, journal = self.disk, self.journal
        disk.busy = False
        if disk.dead:
            return
        if self.at("torn"):
            journal.flush_now(disk.torn(journal.pending))
            self.die()
            return
        journal.flush_now()
        if self.at("durable") or self._dies_after_flush:
            self.die()

    # ── its death ────────────────────────────────────────────────────────────────────────────────────────────

    def at(self, point: CrashPoint) -> bool:
        """True if the process dies here and now."""
        if self.crash is None or self.crash[0] != point:
            return False
        left = self.crash[1] - 1
        self.crash = (point, left) if left else None
        return not left

    def spare(self) -> None:
        """It does not die any more."""
        self.crash = None
        self._dies_after_flush = False

    def appended(self, facts: Sequence[Fact]) -> None:
        """It has queued `facts`."""
        if self.at("append"):
            self.die()
        kinds: dict[type[Fact], CrashPoint] = {Claimed: "claim", Parked: "park", Ended: "end"}
        for fact in facts:
            point = kinds.get(type(fact))
            if point is not None and self.at(point):
                # Half of them before that fact is durable, half as soon as it is.
                if self.disk.torn(1):
                    self._dies_after_flush = True
                else:
                    self.die()

    def die(self) -> None:
        """As by `kill -9`: nothing of it runs any more, and what was not durable is lost."""
        if not self.disk.dead:
            self.disk.dead = True
            self.journal.crash()
            self._loop.freeze(self.name)
            self._on_death(self)

    def fail_disk(self, batches: int) -> None:
        """The next batches are refused."""
        self.journal.fail_next(JournalFull("no space left"), batches=batches)
