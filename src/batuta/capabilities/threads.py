"""Threads for functions that block, so that the event loop never does."""

import asyncio
import contextvars
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["Threads"]

T = TypeVar("T")

# More blocking calls at once than this queue up; each thread costs some 100 KiB.
_COUNT_MAX = 64
# A thread that had nothing to do for so long ends; nothing needs closing.
_IDLE_S = 10.0


class Threads:
    """A bounded pool of daemon threads: a call that hangs for ever does not keep the process from ending.

    (The interpreter waits for the threads of `concurrent.futures` at exit; after Ctrl-C that may be never.)
    """

    def __init__(self, count_max: int = _COUNT_MAX, *, idle_s: float = _IDLE_S) -> None:
        assert count_max > 0
        self._count_max = count_max
        self._idle_s = idle_s
        self._jobs: deque[_Job] = deque()
        self._changed = threading.Condition()
        self._count = 0
        self._idle = 0

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises, in a thread, with a copy of the caller's context variables.

        Cancelling stops the waiting, not the thread; work that has not begun is then never begun.
        """
        loop = asyncio.get_running_loop()
        job = _Job(work, contextvars.copy_context(), loop)
        with self._changed:
            self._jobs.append(job)
            if self._idle >= len(self._jobs):
                self._changed.notify()
            elif self._count < self._count_max:
                self._count += 1
                threading.Thread(target=self._work, name="batuta-function", daemon=True).start()
        value, error = await job.settled
        if error is not None:
            raise error
        return value

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._jobs:
                    self._idle += 1
                    woken = self._changed.wait(self._idle_s)
                    self._idle -= 1
                    if not woken and not self._jobs:
                        self._count -= 1
                        return
                job = self._jobs.popleft()
            job.run()
            del job  # or the last value stays alive while the thread is idle


class _Job:
    __slots__ = ("_context", "_loop", "_work", "settled")

    def __init__(
        self,
        work: Callable[[], Any],
        context: contextvars.Context,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._work = work
        self._context = context
        self._loop = loop
        # (value, error): an exception travels as a value, for a future refuses StopIteration and would never end.
        self.settled: asyncio.Future[tuple[Any, BaseException | None]] = loop.create_future()

    def run(self) -> None:
        if self.settled.cancelled():
            return
        try:
            result = (self._context.run(self._work), None)
        except BaseException as error:
            result = (None, error)
        try:
            self._loop.call_soon_threadsafe(self._settle, result)
        except RuntimeError:
            # The loop has closed: nobody waits any more.
            return

    def _settle(self, result: tuple[Any, BaseException | None]) -> None:
        if not self.settled.done():
            self.settled.set_result(result)
