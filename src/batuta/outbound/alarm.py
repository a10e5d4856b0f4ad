"""Bounds the time of what the present task waits for, as asyncio.timeout does, at a quarter of its price."""

import asyncio

__all__ = ["Alarm"]


class Alarm:
    """Cancels the present task after `after_s` seconds (at once, if that is negative), unless it is `off` by then."""

    __slots__ = ("_cancelling", "_rang", "_task", "_timer")

    def __init__(self, after_s: float) -> None:
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        assert task is not None, "calls are made in tasks"
        self._task = task
        self._cancelling = task.cancelling()
        self._rang = False
        self._timer = loop.call_later(max(after_s, 0.0), self._ring)

    def _ring(self) -> None:
        self._rang = True
        self._task.cancel()

    def off(self) -> bool:
        """Stop it; True if it rang, and nobody else has cancelled the task."""
        self._timer.cancel()
        rang, self._rang = self._rang, False
        return rang and self._task.uncancel() <= self._cancelling
