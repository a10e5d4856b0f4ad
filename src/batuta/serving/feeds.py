"""What happens in runs, for many who follow: the log of a run is read once, and every follower gets the same bytes."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator, Callable
from typing import NamedTuple

from batuta.engine.engine import Engine
from batuta.errors import BatutaError
from batuta.ports import Progress, Row
from batuta.spec.facts import Ended

__all__ = ["Feeds", "Frame"]

# What is kept of a run for those who are a little behind; who is further back reads the log.
_FRAMES_MAX = 1_000
# So often a follower hears that the connection lives, although nothing happens.
_PULSE_S = 15.0
# An answer or a wake-up by another process is seen within 100 ms; this is only for a journal that went away.
_WAIT_S = 30.0


class Frame(NamedTuple):
    """Something that happened: a fact at the position `seq` of the log, or weather (0), or nothing (a pulse: no data).

    `last`: nothing follows. `progress`: the weather itself.
    """

    seq: int
    data: bytes = b""
    last: bool = False
    progress: Progress | None = None


class Feeds:
    """Followers of runs. `of_row` and `of_progress` make the bytes that a follower gets."""

    def __init__(
        self,
        engine: Engine,
        of_row: Callable[[Row], bytes],
        of_progress: Callable[[Progress], bytes],
    ) -> None:
        self._engine = engine
        self._of_row = of_row
        self._of_progress = of_progress
        self._open: dict[str, _Feed] = {}
        self._loop = asyncio.get_running_loop()
        self._closed = False

    @property
    def followers(self) -> int:
        """How many follow now."""
        return sum(feed.followers for feed in self._open.values())

    def report(self, progress: Progress) -> None:
        """Take in what a call reports; may be called from any thread."""
        if progress.run in self._open:
            with contextlib.suppress(RuntimeError):  # the loop has closed: nobody looks any more
                self._loop.call_soon_threadsafe(self._reported, progress)

    async def follow(self, run_id: str, *, after: int = 0) -> AsyncGenerator[Frame]:
        """The facts of a run behind the position `after`, and what its calls report, until it has ended.

        Weather is lost on those who are behind. Raises `NotFound` at once, `JournalError`.
        """
        run = await self._engine.read(run_id)
        if run.ended is not None:  # nothing comes any more that could be waited for
            for row in await self._rest(run_id, after):
                yield self._frame(row)
            return
        feed = self._open.get(run_id)
        if feed is None:
            feed = self._open[run_id] = _Feed(run.head)
            feed.task = self._loop.create_task(self._read_on(run_id, feed))
        feed.followers += 1
        try:
            async for frame in self._followed(run_id, feed, after):
                yield frame
        finally:
            feed.followers -= 1
            if not feed.followers and self._open.get(run_id) is feed:
                del self._open[run_id]
                assert feed.task is not None
                feed.task.cancel()

    async def is_over(self, run_id: str, after: int) -> bool:
        """True if nothing of the run comes behind the position `after`: it has ended there. Raises `NotFound`."""
        run = await self._engine.read(run_id)
        return run.ended is not None and after > 0 and not await self._rest(run_id, after)

    async def _rest(self, run_id: str, after: int) -> list[Row]:
        """The facts of a run that has ended behind the position `after`, up to its end; none if that was before."""
        rows = await self._engine.journal.read(run_id, after=after)
        for at, row in enumerate(rows):
            if isinstance(row.fact, Ended):
                return rows[: at + 1]
        return []

    def close(self) -> None:
        """Every follower comes to the end of what it follows."""
        self._closed = True
        for feed in self._open.values():
            feed.tell()

    def _reported(self, progress: Progress) -> None:
        feed = self._open.get(progress.run)
        if feed is not None:
            feed.add(Frame(0, self._of_progress(progress), progress=progress))
            feed.tell()

    async def _followed(self, run_id: str, feed: "_Feed", seen: int) -> AsyncGenerator[Frame]:
        position = -1
        while not self._closed:
            if feed.trouble is not None:
                raise feed.trouble
            if position < feed.first:
                # New here, or too slow: what was missed is in the log.
                position = feed.first + len(feed.frames)
                for row in await self._engine.journal.read(run_id, after=seen):
                    seen = row.seq
                    yield self._frame(row)
                    if isinstance(row.fact, Ended):
                        return
                continue
            news = feed.news
            while feed.first <= position < feed.first + len(feed.frames):
                frame = feed.frames[position - feed.first]
                position += 1
                if frame.seq == 0 or frame.seq > seen:
                    seen = max(seen, frame.seq)
                    yield frame
                    if frame.last:
                        return
            if position == feed.first + len(feed.frames) and news is feed.news:
                try:
                    async with asyncio.timeout(_PULSE_S):
                        await news.wait()
                except TimeoutError:
                    yield Frame(0)

    async def _read_on(self, run_id: str, feed: "_Feed") -> None:
        journal, head = self._engine.journal, feed.head
        try:
            while True:
                if not await journal.wait(run_id, after=head, timeout_s=_WAIT_S):
                    continue
                for row in await journal.read(run_id, after=head):
                    head = row.seq
                    feed.add(self._frame(row))
                feed.tell()
        except BatutaError as error:
            feed.trouble = error
            feed.tell()

    def _frame(self, row: Row) -> Frame:
        return Frame(row.seq, self._of_row(row), isinstance(row.fact, Ended))


class _Feed:
    """One run: its latest frames, of which the first has the number `first`."""

    def __init__(self, head: int) -> None:
        self.head = head
        self.frames: deque[Frame] = deque()
        self.first = 0
        self.news = asyncio.Event()
        self.followers = 0
        self.trouble: BatutaError | None = None
        self.task: asyncio.Task[None] | None = None

    def add(self, frame: Frame) -> None:
        self.frames.append(frame)
        if len(self.frames) > _FRAMES_MAX:
            self.frames.popleft()
            self.first += 1

    def tell(self) -> None:
        """Wake everybody who waits."""
        news, self.news = self.news, asyncio.Event()
        news.set()
