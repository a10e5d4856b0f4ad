"""Keeps runs going in this process: one driver per run, called again when a timer rings."""

import asyncio
from collections.abc import Callable
from weakref import WeakKeyDictionary

from batuta.engine.engine import Engine
from batuta.engine.loop import Driver
from batuta.engine.rules.decide import decide
from batuta.errors import Stopped
from batuta.spec.run import Run

__all__ = ["Host", "anything_to_do"]

# While something is driven, it is looked so often whether somebody has stopped everything; in seconds.
_STOP_LOOK_S = 0.2
# A sleeping run is looked at again at least this often, because a wall clock may jump; in seconds.
LOOK_S_MAX = 30.0


class Host:
    """Drives runs until they end, wait for an answer, or turn out to be driven by another process.

    `begins` is called before anything is driven.
    """

    def __init__(self, engine: Engine, begins: Callable[[], None] | None = None) -> None:
        self._engine = engine
        self._begins = begins
        self._going: dict[str, asyncio.Task[Run]] = {}
        self._watch: asyncio.TimerHandle | None = None
        # Those that were let go of because somebody has stopped everything.
        self._stopped: WeakKeyDictionary[asyncio.Task[Run], Stopped] = WeakKeyDictionary()

    async def drive(self, run_id: str, run: Run | None = None) -> Run:
        """Take the run as far as it goes; called twice for one run, both wait for the same driver.

        `run`, if given, was accepted in this process and was not driven yet.

        Returns the run as the log has it. Raises `NotFound`, `JournalError`; `Stopped` if somebody stops everything.
        """
        engine = self._engine
        engine.check_not_stopped()
        if self._begins is not None:
            self._begins()
        going = self._going.get(run_id)
        if going is None:
            going = asyncio.get_running_loop().create_task(self._drive(run_id, run))
            self._going[run_id] = going
            going.add_done_callback(lambda _: self._going.pop(run_id, None))
            if self._watch is None and engine.settings.stopped is not None:
                self._watch = asyncio.get_running_loop().call_later(_STOP_LOOK_S, self._look)
        try:
            return await asyncio.shield(going)
        except asyncio.CancelledError:
            if going.cancelled() and going in self._stopped:  # and not whoever waits for it
                raise self._stopped[going] from None
            raise

    def _look(self) -> None:
        """Let go of everything if it is to stop; for the log it is as if the process had died."""
        self._watch = None
        if not self._going:
            return
        if stopped := self._engine.stopped():
            for task in self._going.values():
                if task not in self._stopped:  # else it is about to end
                    self._stopped[task] = stopped
                    task.cancel()
        self._watch = asyncio.get_running_loop().call_later(_STOP_LOOK_S, self._look)

    async def close(self) -> None:
        """Stop driving; for the log it is as if the process had died, and any process may go on."""
        if self._watch is not None:
            self._watch.cancel()
        tasks = list(self._going.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _drive(self, run_id: str, run: Run | None) -> Run:
        engine = self._engine
        # A run that was accepted here just now has no other driver; asking for one would wait for the disk.
        fresh = run is not None
        while True:
            if run is None:
                run = engine.begun(run_id) or await engine.read(run_id)
            if fresh or (anything_to_do(run, engine) and await self._may_claim(run)):
                run = await Driver(run, engine).drive()
            fresh = False
            if run.ended is not None or run.owner or run.status == "waiting":
                return run
            pause_s = 0.0
            if run.parked_until is not None:
                pause_s = max(run.parked_until - engine.clock.now(), 0.0)
            head, run = run.head, None
            await engine.journal.wait(run_id, after=head, timeout_s=min(pause_s, LOOK_S_MAX))

    async def _may_claim(self, run: Run) -> bool:
        # Only if the log names an owner it has to be found out whether that is alive. Should somebody claim the run
        # meanwhile, the journal refuses our claim, which stands behind what was read.
        return not run.owner or await self._engine.journal.claim(run.id)


def anything_to_do(run: Run, engine: Engine) -> bool:
    """True if a driver would do more with `run` now than claim and park it again.

    Without this, two processes that wait for one sleeping run would wake each other for ever.
    """
    if run.ended is not None:
        return False
    if not run.parked or (run.drift is None and engine.pins.drift(run)):
        return True
    now = engine.clock.now()
    return any(decide(run, target, now) is not None for target in run.open_work())
