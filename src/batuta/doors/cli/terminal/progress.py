"""How far a long command has come, for somebody who watches: one line that rewrites itself, after the first second."""

import time
from types import TracebackType
from typing import Self

from batuta.doors.cli.terminal.screen import Screen

__all__ = ["Progress"]

# Nothing is said of what takes no longer than this, and then at most so often; in seconds.
_PATIENCE_S = 1.0
_PACE_S = 0.1


class Progress:
    """`with Progress(screen, 1_204, "replaying") as progress:`, then `progress.step()` for each thing that is done."""

    def __init__(self, screen: Screen, total: int, doing: str) -> None:
        self._screen = screen
        self._total = total
        self._doing = doing
        self._done = 0
        self._next_at = time.monotonic() + _PATIENCE_S
        self._shown = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._shown:
            self._write("")

    def step(self) -> None:
        """One more is done."""
        self.at(self._done + 1)

    def at(self, done: int, beside: str = "") -> None:
        """So many are done; `beside` is said with it."""
        self._done = done
        now = time.monotonic()
        if self._screen.live and now >= self._next_at:
            self._next_at = now + _PACE_S
            self._shown = True
            self._write(f"{self._doing} {self._done:,}/{self._total:,}{beside}")

    def _write(self, words: str) -> None:
        # Back to the beginning of the line, and whatever stood on it is gone.
        self._screen.err.write(f"\r\x1b[K{words}")
        self._screen.err.flush()
