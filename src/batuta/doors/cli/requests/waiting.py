"""Who is asked for a plan, and for how long already: a model takes a while, and nobody should wonder."""

import asyncio
import contextlib
import time
from types import TracebackType
from typing import Self

from batuta.doors.cli.terminal.screen import Screen

__all__ = ["Waiting"]

# Nothing is said of what takes no longer than this; in seconds.
_PATIENCE_S = 1.5
_PACE_S = 1.0
_DOING = {"draft": "a model is asked for a plan", "": "reading what can be called"}
_ELSE = "looking for a plan"


class Waiting:
    """`async with waiting:` around what takes a while; `waiting.asks(planner)` says whose turn it is.

    A terminal has one line that rewrites itself, and is gone in the end. Elsewhere it is said once, not beside JSON.
    """

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._planner = ""
        self._began = time.monotonic()
        self._shown = False
        self._task: asyncio.Task[None] | None = None

    def asks(self, planner: str) -> None:
        """`planner` is asked from now on."""
        self._planner = planner
        self._began = time.monotonic()

    async def __aenter__(self) -> Self:
        if not self._screen.json:
            self._task = asyncio.get_running_loop().create_task(self._tell())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._shown and self._screen.live:
            self._write("")

    async def _tell(self) -> None:
        await asyncio.sleep(_PATIENCE_S)
        while True:
            doing = _DOING.get(self._planner, _ELSE)
            if self._screen.live:
                self._shown = True
                self._write(f"{doing}: {time.monotonic() - self._began:.0f} s, Ctrl-C ends it")
            elif self._planner == "draft" and not self._shown:
                self._shown = True
                self._screen.say(f"{doing}; Ctrl-C ends it")
            await asyncio.sleep(_PACE_S)

    def _write(self, words: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            # Back to the beginning of the line, and whatever stood on it is gone.
            self._screen.err.write(f"\r\x1b[K{words}")
            self._screen.err.flush()
