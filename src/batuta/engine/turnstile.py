"""What keeps a crowd of calls from taking the event loop for themselves: they begin some milliseconds' worth at a time.

A commit makes the intents of hundreds of runs durable at once. If all their calls began in the same round of the
loop, nothing else would run in the meantime: no timer, no answer, no door. An SDK takes up to 10 ms for a question.
"""

import asyncio
from collections import deque

__all__ = ["Turnstile"]

# So long may beginnings take in one round of the loop before others get their turn, in seconds.
SLICE_S = 0.01


class Turnstile:
    """Whoever comes may pass at once while the round is young; the others pass in later rounds, in order."""

    def __init__(self, slice_s: float = SLICE_S) -> None:
        self._slice_s = slice_s
        self._queue: deque[asyncio.Future[None]] = deque()
        self._counting = False
        self._began = 0.0
        # So many are let through in one round when there is a queue: as many as fit, as far as the last one has shown.
        self._batch = 1

    @property
    def crowded(self) -> bool:
        """True if who comes now has to `wait`. To ask is to begin."""
        now = asyncio.get_running_loop().time()
        if self._counting:
            return bool(self._queue) or now - self._began > self._slice_s
        self._count(now)
        return False

    async def wait(self) -> None:
        """Until it is one's turn."""
        loop = asyncio.get_running_loop()
        place = loop.create_future()
        self._queue.append(place)
        if not self._counting:
            self._count(loop.time())
        await place

    def _count(self, now: float) -> None:
        self._counting, self._began = True, now
        asyncio.get_running_loop().call_soon(self._next)

    def _next(self) -> None:
        """Once in every round in which somebody has come or waits."""
        loop, queue = asyncio.get_running_loop(), self._queue
        now = loop.time()
        took_s, self._began = now - self._began, now
        if not queue:
            self._counting, self._batch = False, 1
            return
        self._batch = max(1, self._batch // 2) if took_s > self._slice_s else self._batch * 2
        left = self._batch
        while queue and left:
            place = queue.popleft()
            if not place.done():  # else who waited was cancelled
                place.set_result(None)
                left -= 1
        loop.call_soon(self._next)
