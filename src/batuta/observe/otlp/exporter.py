"""Follows the log and tells a collector, behind whatever runs: no run waits for it, and none is lost by it.

The log is the queue. What was told is a position in it, which outlives the process; what a collector does not take now
it is told later. Between two positions a crash may tell something twice: it has the same ids then.
"""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from batuta.errors import BatutaError, JournalBroken, NotFound
from batuta.observe.otlp.collector import Collector
from batuta.observe.otlp.peers import Peer
from batuta.observe.otlp.position import Told
from batuta.observe.otlp.spans import Span, Tracer
from batuta.ports import WORKSPACE, Journal, Row
from batuta.spec.facts import Ended, Fact, Purged, Replanned
from batuta.spec.run import Run
from batuta.spec.value import Value, encode

__all__ = ["Exporter", "Reading"]

# Facts that are looked at between two positions, and spans of one request: 5 ms of the event loop to encode.
_FACTS_MAX = 500
_SPANS_MAX = 100
# Others have their turn after so many facts, 2 ms.
_AT_ONCE = 20
# How often is looked for news (s): a trace is looked at by people, and they come later.
_LOOK_S = 1.0
_WAIT_S_MIN, _WAIT_S_MAX = 1.0, 60.0
# Folded runs that are kept for what comes next of them, by step instances; others are read again.
_KEPT_MAX = 20_000
# Runs of which nothing more is told, by their ids.
_OVER_MAX = 10_000


class Reading(Protocol):
    """What an engine knows of logs."""

    @property
    def journal(self) -> Journal: ...

    async def fold(self, rows: Sequence[Row]) -> Run:
        """The run that `rows` make."""
        ...

    async def go_on(self, run: Run, rows: Sequence[Row], sought: Fact | None = None) -> bool:
        """Take in what follows; True if `sought` is among it and counted."""
        ...

    async def value(self, value: Value) -> Any:
        """What a slot holds."""
        ...


class Exporter:
    """Tells `collector` of the runs that `reading` reads; how far stands in `folder`.

    Attributes:
        sent, dropped: spans. trouble: what is wrong now; "" if nothing is. said: hears of it.
    """

    def __init__(
        self,
        reading: Reading,
        collector: Collector,
        folder: Path,
        peer_of: Callable[[str], Peer | None],
        *,
        content: bool,
    ) -> None:
        self._reading = reading
        self._journal = reading.journal
        self._collector = collector
        self._told = Told(folder, reading.journal)
        self._peer_of = peer_of
        self._content = content
        self._runs: OrderedDict[str, Tracer] = OrderedDict()
        self._kept = 0
        self._over: set[str] = set()
        # How far was read (-1: not yet), and what of it the collector does not have.
        self._after = -1
        self._untold: list[Span] = []
        self._leaving = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.sent = 0
        self.dropped = 0
        self.trouble = ""
        self.said: Callable[[str], None] = _silent

    @property
    def telling(self) -> bool:
        """True while this process is the one that tells."""
        return self._told.held

    async def begin(self) -> None:
        """Where nothing was ever told, what happens from now on is."""
        try:
            await self._told.begin()
        except BatutaError as error:
            self._say(error.in_one_line)

    def follow(self) -> None:
        """Tell from now on what happens, in the background."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._go())

    async def close(self, patience_s: float) -> None:
        """Tell what has happened until now, within `patience_s`; what is left is told by who follows next."""
        task = self._task
        if task is not None:
            with contextlib.suppress(BatutaError):
                await self._journal.flush()
            self._leaving.set()
            await asyncio.wait([task], timeout=patience_s)
            if not task.done():
                task.cancel()
                await asyncio.wait([task])
                self.trouble = self.trouble or "it took too long"
        self._told.close()
        await self._collector.close()

    async def _go(self) -> None:
        wait_s = _WAIT_S_MIN
        while True:
            last, pause_s = self._leaving.is_set(), _LOOK_S
            try:
                if await asyncio.to_thread(self._told.mine):
                    await self._catch_up()
                    wait_s = _WAIT_S_MIN
            except _Later as later:
                pause_s = max(wait_s, later.wait_s)
                wait_s = min(wait_s * 2, _WAIT_S_MAX)
            except Exception as error:  # a bug of ours, too, must not be in anybody's way
                self._say(error.in_one_line if isinstance(error, BatutaError) else repr(error))
                pause_s = wait_s
                wait_s = min(wait_s * 2, _WAIT_S_MAX)
            if last:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._leaving.wait()

    async def _catch_up(self) -> None:
        """Tell everything that the log has. Raises `_Later`, `BatutaError`."""
        while self._untold or await self._read_on():
            while self._untold:
                await self._tell(self._untold[:_SPANS_MAX])
                del self._untold[:_SPANS_MAX]
            await asyncio.to_thread(self._told.save, self._after)

    async def _read_on(self) -> bool:
        """Make spans of what follows in the log; False at its end."""
        if self._after < 0:
            self._after = await self._told.after()
        rows = await self._journal.read_all(after=self._after, limit=_FACTS_MAX)
        try:
            spans: list[Span] = []
            for number, row in enumerate(rows, 1):
                if row.stream != WORKSPACE:
                    spans += await self._spans(row)
                if number % _AT_ONCE == 0:
                    await asyncio.sleep(0)
        except BaseException:
            # What was read is to be read again, from where it was.
            self._runs.clear()
            self._over.clear()
            self._kept = 0
            raise
        if rows:
            self._untold, self._after = spans, rows[-1].gseq
        return bool(rows)

    async def _tell(self, spans: Sequence[Span]) -> None:
        told = await self._collector.tell([(span, await self._said(span)) for span in spans])
        if told.word == "later":
            self._say(told.why)
            raise _Later(told.wait_s)
        if told.word == "refused" and len(spans) > 1:
            half = len(spans) // 2
            await self._tell(spans[:half])
            await self._tell(spans[half:])
            return
        self._say(told.why)
        lost = len(spans) if told.word == "refused" else min(told.dropped, len(spans))
        self.dropped += lost
        self.sent += len(spans) - lost

    async def _said(self, span: Span) -> Mapping[str, str]:
        """The content of `span`, if the operator wants it to be told."""
        if not self._content:
            return {}
        said = {"message": span.message} if span.message else {}
        for name, value in span.values.items():
            if not value.erased and not value.empty:
                said[name] = encode(await self._reading.value(value)).decode()
        return said

    async def _spans(self, row: Row) -> list[Span]:
        """What the fact of `row` ends."""
        if isinstance(row.fact, Purged | Replanned) or row.stream in self._over:
            return []  # behind the end; the run would be read for nothing
        try:
            return await self._ended_by(row)
        except (NotFound, JournalBroken, KeyError) as error:
            # What is missing does not come back, and others are not to wait for it.
            self._say(f"{row.stream} is not told, for what it was made of is erased: {error!r}")
            self._leave_out(row.stream)
            return []

    async def _ended_by(self, row: Row) -> list[Span]:
        tracer = self._runs.pop(row.stream, None)
        if tracer is not None:
            self._kept -= tracer.size
        if tracer is None or tracer.run.head != row.seq - 1:
            tracer = await self._read(row)
        if tracer is None:
            self._leave_out(row.stream)
            return []
        counted = await self._reading.go_on(tracer.run, (row,), row.fact)
        spans = tracer.told(row.fact) if counted else []
        if isinstance(row.fact, Ended):
            self._leave_out(row.stream)
            return spans
        self._runs[row.stream] = tracer
        self._kept += tracer.size
        while self._kept > _KEPT_MAX and len(self._runs) > 1:
            _, forgotten = self._runs.popitem(last=False)
            self._kept -= forgotten.size
        return spans

    def _leave_out(self, stream: str) -> None:
        if len(self._over) >= _OVER_MAX:
            self._over.clear()
        self._over.add(stream)

    def _say(self, why: str) -> None:
        if why and why != self.trouble:
            self.said(why)
        self.trouble = why

    async def _read(self, row: Row) -> Tracer | None:
        """The run of `row` as it was before; None if there is nothing more to tell of it."""
        rows = [] if row.seq == 1 else await self._journal.read(row.stream)
        if any(isinstance(one.fact, Purged) for one in rows):
            return None  # what its spans are made of is erased
        before = [one for one in rows if one.seq < row.seq]
        run = await self._reading.fold(before[:1])
        tracer = Tracer(run, self._peer_of)
        for one in before[1:]:
            if await self._reading.go_on(run, (one,), one.fact):
                tracer.told(one.fact)
        return tracer if run.ended is None else None


def _silent(_why: str) -> None:
    """Nobody listens."""


class _Later(Exception):
    """The collector takes nothing now."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(wait_s)
        self.wait_s = wait_s
