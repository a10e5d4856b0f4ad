"""Keeps the runs of a workspace going: those that callers begin, fairly, and those that nobody drives."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable

from batuta.app import App
from batuta.errors import BatutaError, Stopped
from batuta.evaluation.plans import is_of_suite, name_of_run
from batuta.ports import RunRow

__all__ = ["Keeper"]

# Runs driven at once: more cost memory and bring nothing, for the calls at once are bounded anyway.
_AT_ONCE_MAX = 1_000
# How often is looked for runs that nobody drives: their driver died, another process answered, or their time has come.
_LOOK_S = 1.0
_DUE_MAX = 10_000


class Keeper:
    """Drives runs in the background; of several callers, each has its turn.

    `said` hears of what goes wrong with a run: its id and the error. The run itself is as safe as its log.
    `follow` begins the run that goes on in place of one that has failed, and gives its id; "" if none does.
    """

    def __init__(
        self,
        app: App,
        said: Callable[[str, Exception], None],
        follow: Callable[[str], Awaitable[str]],
    ) -> None:
        self._app = app
        self._said = said
        self._follow = follow
        # Per caller what waits for its turn; the first caller is the next one.
        self._waiting: dict[str, deque[str]] = {}
        self._queued: set[str] = set()
        self._driven: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        # Let go of because everything was stopped; taken up when that ends.
        self._stopped: set[str] = set()
        # Set as soon as a run that is driven ends, or waits; what follows from that may take longer.
        self._going: dict[str, asyncio.Event] = {}
        self._looking: asyncio.Task[None] | None = None
        self._leaving = False

    @property
    def driving(self) -> int:
        """How many runs are driven now."""
        return len(self._driven)

    @property
    def queued(self) -> int:
        """How many runs wait for their turn."""
        return len(self._queued)

    def queued_of(self, caller: str) -> int:
        """How many runs of `caller` wait for their turn."""
        return len(self._waiting.get(caller, ()))

    @property
    def callers(self) -> int:
        """How many callers have runs that wait for their turn."""
        return len(self._waiting)

    async def begin(self) -> None:
        """Take up what nobody drives, and go on looking for it. Raises `JournalError`."""
        await self._look()
        self._looking = asyncio.get_running_loop().create_task(self._look_on())

    def drive(self, run_id: str, caller: str = "") -> None:
        """Have the run go on, when it is the turn of `caller`. Returns at once.

        A run that is driven already is looked at again afterwards: it may have got its answer meanwhile.
        """
        if self._leaving or run_id in self._queued:
            return
        if run_id in self._driven:
            self._again.add(run_id)
            return
        if len(self._driven) < _AT_ONCE_MAX and not self._queued:
            self._start(run_id)
            return
        self._queued.add(run_id)
        self._waiting.setdefault(caller, deque()).append(run_id)

    async def rested(self, run_id: str, timeout_s: float) -> bool:
        """True as soon as nobody here takes the run any further; False if somebody still does after `timeout_s`."""
        rest = self._going.get(run_id)
        if rest is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await rest.wait()
        return rest is None or rest.is_set()

    async def close(self, patience_s: float) -> int:
        """Begin nothing more, and let what is driven come to its end for so long; how many runs were let go of.

        What was let go of, and what waited for its turn, is in the log: the next process takes it up.
        """
        self._leaving = True
        if self._looking is not None:
            self._looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._looking
        left = len(self._queued)
        self._queued.clear()
        self._waiting.clear()
        tasks = list(self._driven.values())
        if tasks:
            _, pending = await asyncio.wait(tasks, timeout=patience_s)
            left += len(pending)
            for task in pending:
                task.cancel()
            if pending:
                await asyncio.wait(pending)
        return left

    def _start(self, run_id: str) -> None:
        self._going[run_id] = asyncio.Event()
        task = asyncio.get_running_loop().create_task(self._go(run_id))
        self._driven[run_id] = task
        task.add_done_callback(lambda _: self._ended(run_id))

    async def _go(self, run_id: str) -> None:
        while True:
            self._again.discard(run_id)
            try:
                run = await self._app.host.drive(run_id)
                self._app.engine.keep(run)
                self._rests(run_id)
                if run.status in ("failed", "cancelled") and not self._leaving:
                    if by := await self._follow(run_id):
                        self.drive(by)
            except Stopped:
                self._stopped.add(run_id)
                return
            except Exception as error:  # a bug of ours, too, must not end the others
                self._said(run_id, error)
                return
            if run_id not in self._again or self._leaving:
                return
            self._going[run_id] = asyncio.Event()

    def _rests(self, run_id: str) -> None:
        going = self._going.pop(run_id, None)
        if going is not None:
            going.set()

    def _ended(self, run_id: str) -> None:
        del self._driven[run_id]
        self._rests(run_id)
        self._again.discard(run_id)
        while self._waiting and len(self._driven) < _AT_ONCE_MAX:
            caller, own = next(iter(self._waiting.items()))
            del self._waiting[caller]
            following = own.popleft()
            if own:
                self._waiting[caller] = own  # behind the others
            self._queued.discard(following)
            self._start(following)

    async def _look(self) -> None:
        engine = self._app.engine
        if self._app.switch.thrown() is not None:
            return
        stopped, self._stopped = self._stopped, set()
        for run in sorted(stopped):
            self.drive(run)
        rows = await engine.journal.runs(due_at=engine.clock.now(), limit=_DUE_MAX)
        for row in reversed(rows):
            if row.run not in self._driven and not await self._is_left_to_eval(row):
                self.drive(row.run)

    async def _look_on(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            try:
                await self._look()
            except BatutaError as error:
                self._said("", error)

    async def _is_left_to_eval(self, row: RunRow) -> bool:
        """True for a run of `batuta eval`: what is done with a case stands in its suite, and in no workspace."""
        if not row.plan.startswith(name_of_run("")):
            return False
        run = await self._app.engine.read(row.run)
        return run.cancel is None and run.root is not None and is_of_suite(run.root.shape.plan)
