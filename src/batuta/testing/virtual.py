"""An event loop with a clock of its own: nobody sleeps, and dice say whose turn it is.

One seed gives one interleaving, again and again. Everything that runs belongs to a *process* (a context variable
that tasks, callbacks and timers inherit), which can be frozen like with SIGSTOP and thawed, or frozen for good.
"""

import asyncio
import heapq
import random
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from typing import Any, TypeVar

__all__ = ["PROCESS", "Stuck", "VirtualLoop", "run_virtual"]

# Whose code runs: inherited by everything it starts. "" is the world outside of every process.
PROCESS: ContextVar[str] = ContextVar("process", default="")

# What one callback costs in virtual time at most, in seconds: so that timers and callbacks race.
TURN_S_MAX = 20e-6
# More turns than any simulated story needs; one that reaches this goes round in circles.
TURNS_MAX = 200_000

_T = TypeVar("_T")


class Stuck(Exception):
    """Nothing can happen any more, or the same things for ever."""


class VirtualLoop(asyncio.AbstractEventLoop):
    """Runs callbacks in an order drawn from `dice` (None: in the order they came) at a time that it makes up.

    Has no files, threads or signals: what asks for them gets `NotImplementedError`.
    """

    def __init__(self, dice: random.Random | None = None, *, turns_max: int = TURNS_MAX) -> None:
        self._dice = dice
        self._now = 0.0
        self.turns_left = turns_max
        self._ready: list[tuple[asyncio.Handle, str]] = []
        self._timers: list[tuple[float, int, asyncio.TimerHandle, str]] = []
        self._timers_made = 0
        self._frozen: dict[str, list[tuple[asyncio.Handle, str]]] = {}
        self._running = False
        self._closed = False
        self.flaws: list[dict[str, Any]] = []

    # --- for simulations ---------------------------------------------------------------------------

    def freeze(self, process: str) -> None:
        """Nothing of `process` runs before `thaw`; its timers go on ringing, unheard."""
        self._frozen.setdefault(process, [])

    def thaw(self, process: str) -> None:
        """Let `process` go on with everything that has piled up."""
        self._ready.extend(self._frozen.pop(process, ()))

    # --- asyncio -----------------------------------------------------------------------------------

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._now

    def call_soon(
        self, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """See asyncio; "soon" means at a moment that the dice choose."""
        context = copy_context() if context is None else context
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append((handle, context.get(PROCESS, "")))
        return handle

    def call_soon_threadsafe(
        self, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """As `call_soon`: there is one thread."""
        return self.call_soon(callback, *args, context=context)

    def call_later(
        self,
        delay: float,
        callback: Callable[..., Any],
        *args: Any,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """See asyncio; `delay` is in virtual seconds."""
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[..., Any],
        *args: Any,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """See asyncio; `when` is in virtual seconds."""
        context = copy_context() if context is None else context
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        self._timers_made += 1
        entry = (when, self._timers_made, handle, context.get(PROCESS, ""))
        heapq.heappush(self._timers, entry)
        return handle

    def create_future(self) -> asyncio.Future[Any]:
        """See asyncio."""
        return asyncio.Future(loop=self)

    def create_task(
        self, coro: Any, *, name: str | None = None, context: Context | None = None, **_: Any
    ) -> asyncio.Task[Any]:
        """See asyncio."""
        return asyncio.Task(coro, loop=self, name=name, context=context)

    def run_until_complete(self, future: Any) -> Any:
        """Run until `future` (or the coroutine) is done; its result. Raises `Stuck`."""
        task = asyncio.ensure_future(future, loop=self)
        previous = asyncio._get_running_loop()
        asyncio._set_running_loop(self)
        self._running = True
        try:
            while not task.done():
                self._turn()
        finally:
            self._running = False
            asyncio._set_running_loop(previous)
        return task.result()

    def _turn(self) -> None:
        ready, timers = self._ready, self._timers
        while timers and (timers[0][0] <= self._now or not ready):
            when, _, handle, process = heapq.heappop(timers)
            if not handle.cancelled():
                self._now = max(self._now, when)
                ready.append((handle, process))
        self.turns_left -= 1
        if not ready or self.turns_left < 0:
            raise Stuck("nothing can happen any more" if not ready else "too many turns")
        at = 0
        if self._dice is not None:
            chance = self._dice.random()
            self._now += chance * TURN_S_MAX
            at = int(chance * len(ready))
        handle, process = ready.pop(at)
        if process in self._frozen:
            self._frozen[process].append((handle, process))
        elif not handle.cancelled():
            handle._run()  # what every event loop does

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Keep what nobody caught, in `flaws`."""
        self.flaws.append(context)

    def get_debug(self) -> bool:
        """Never: the loop itself is the tool for finding flaws."""
        return False

    def is_running(self) -> bool:
        """See asyncio."""
        return self._running

    def is_closed(self) -> bool:
        """See asyncio."""
        return self._closed

    def close(self) -> None:
        """Forget everything that would still happen."""
        self._closed = True
        self._ready.clear()
        self._timers.clear()
        self._frozen.clear()

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Part of what asyncio expects of a loop; a cancelled timer is skipped when it comes up."""


def run_virtual(main: Coroutine[Any, Any, _T], *, seed: int | None = None) -> _T:
    """`asyncio.run` in virtual time: sleeping costs nothing, and `seed` chooses the interleaving (None: in order).

    Raises `Stuck` if nothing can happen any more before `main` is done.
    """
    loop = VirtualLoop(None if seed is None else random.Random(seed))
    try:
        return loop.run_until_complete(main)
    finally:
        loop.close()
