"""What comes in of a run while somebody looks at its page: that its log has grown, and what its calls say meanwhile."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any, NamedTuple, cast

from batuta.errors import BatutaError
from batuta.serving.feeds import Frame

__all__ = ["News", "Spoken"]

# A page that does not keep up loses words of models: they all stand in the result.
_PIECES_MAX = 2_000


class Spoken(NamedTuple):
    """A piece of what a call says of its answer; `begins`: what was said before is not to be shown any more."""

    path: str
    text: str
    begins: bool


class News:
    """Collects what `frames` bring, until somebody takes it."""

    def __init__(self, frames: AsyncGenerator[Frame]) -> None:
        self._frames = frames
        self._came = asyncio.Event()
        self._pieces: list[Spoken] = []
        self._speaks = ""
        self.grown = False
        self.over = False
        self._reading = asyncio.get_running_loop().create_task(self._read())

    async def wait(self, timeout_s: float) -> None:
        """Returns when something has come, or after `timeout_s`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._came.wait()

    def take(self) -> tuple[bool, list[Spoken]]:
        """Whether the log has grown, and what was said, since the last time."""
        self._came.clear()
        grown, pieces = self.grown, self._pieces
        self.grown, self._pieces = False, []
        return grown, pieces

    async def close(self) -> None:
        """Follow no longer."""
        self._reading.cancel()
        with contextlib.suppress(asyncio.CancelledError, BatutaError):
            await self._reading
        await self._frames.aclose()

    async def _read(self) -> None:
        try:
            async for frame in self._frames:
                if frame.progress is not None:
                    self._hear(frame.progress.path, frame.progress.data, frame.progress.reset)
                elif frame.seq:
                    self.grown = True
                    self._came.set()
        finally:
            self.grown = self.over = True
            self._came.set()

    def _hear(self, path: str, data: Any, reset: bool) -> None:
        said = cast("dict[str, Any]", data).get("text") if isinstance(data, dict) else None
        text = said if isinstance(said, str) else ""
        if len(self._pieces) < _PIECES_MAX and (text or (reset and path == self._speaks)):
            self._pieces.append(Spoken(path, text, reset or path != self._speaks))
            self._speaks = path
            self._came.set()
