"""Ctrl-C and SIGTERM while a command drives or follows a run: the first is a wish, the second is an order."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Self

from batuta.doors.cli.failures import INTERRUPTED

__all__ = ["Interrupts"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """`wish` is called at the first signal; at the second, `farewell`, and the process is gone.

    Nothing is lost by that: the log is what was committed, and whoever resumes the run goes on from there.
    """

    def __init__(self, wish: Callable[[], None], farewell: Callable[[], None]) -> None:
        self._wish = wish
        self._farewell = farewell
        self._count = 0
        self._loop = asyncio.get_running_loop()
        self._before: dict[int, Callable[[int, FrameType | None], object] | int | None] = {}

    def __enter__(self) -> Self:
        for one in _SIGNALS:
            self._before[one] = signal.getsignal(one)
            if sys.platform == "win32":
                signal.signal(one, lambda *_: self._loop.call_soon_threadsafe(self._on_signal))
            else:
                self._loop.add_signal_handler(one, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        for one, before in self._before.items():
            if sys.platform != "win32":
                self._loop.remove_signal_handler(one)
            signal.signal(one, before)

    def _on_signal(self) -> None:
        self._count += 1
        if self._count == 1:
            self._wish()
            return
        self._farewell()
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                continue
        # Threads of blocking capabilities cannot be told; nobody waits for them.
        os._exit(INTERRUPTED)
