"""Waiting for something to become true, without polling."""

import asyncio
from collections.abc import Callable


class Signal:
    """Wakes those who wait whenever `fire` says that something changed."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def fire(self) -> None:
        """Let everybody who waits look again."""
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def until(self, holds: Callable[[], bool], wait_s: float) -> bool:
        """Return True as soon as `holds()`, or False after `wait_s` seconds."""
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + wait_s
        while not holds():
            future: asyncio.Future[None] = loop.create_future()
            self._waiting.add(future)
            try:
                await asyncio.wait_for(future, deadline_s - loop.time())
            except TimeoutError:
                return holds()
            finally:
                self._waiting.discard(future)
        return True
