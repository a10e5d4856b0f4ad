"""What happens in a run, as a stream of events: the facts of its log, and what its calls report meanwhile."""

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, Literal

import msgspec

from batuta.app import App
from batuta.engine.rules.act import decode_question
from batuta.errors import BatutaError
from batuta.ports import Progress, Row
from batuta.spec import facts as f
from batuta.spec.fold import apply
from batuta.spec.run import Run
from batuta.spec.value import Value

__all__ = ["Event", "Follower"]

Kind = Literal[
    "started",
    "progress",
    "retrying",
    "finished",
    "failed",
    "skipped",
    "dropped",
    "question",
    "answered",
    "in_doubt",
    "succeeded",
    "cancelled",
    "waiting",
]
# A driver in another process that died is noticed within so many seconds.
_PULSE_S = 1.0
# Reports that nobody has fetched yet; older ones are weather of yesterday.
_REPORTS_MAX = 10_000


class Event(msgspec.Struct, frozen=True):
    """Something that happened in a run.

    Attributes:
        kind: of a step: started, progress, retrying, finished, failed, skipped, dropped (cancelled), question,
            answered, in_doubt. Of the run, as the last event: succeeded, failed, cancelled or waiting.
        step: path of the step instance; "" for the run itself.
        value: of finished and succeeded: the value; of progress: what was reported; of a question: a map with
            text, kind, schema, show, who and options; of answered: the answer.
        message: for people: why it failed, is tried again or was skipped.
        at: seconds of the Unix epoch.
    """

    kind: Kind
    step: str = ""
    value: Any = None
    message: str = ""
    at: float = 0.0


class Follower:
    """Drives one run in this process, or waits for the one that does, and tells what happens."""

    def __init__(self, app: App, run_id: str) -> None:
        self._app = app
        self._id = run_id
        self._run = Run(app.engine.shapes.of)
        self._reports: list[Event] = []
        self._pulse = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def report(self, progress: Progress) -> None:
        """Take in what a call reports; may be called from any thread."""
        if progress.run == self._id and not progress.reset and len(self._reports) < _REPORTS_MAX:
            now = self._app.engine.clock.now()
            self._reports.append(Event("progress", progress.path, progress.data, at=now))
            with contextlib.suppress(RuntimeError):  # the loop has closed: nobody looks any more
                self._loop.call_soon_threadsafe(self._pulse.set)

    async def events(self) -> AsyncIterator[Event]:
        """Everything from the beginning of the run to its end, or until nothing moves it but an answer.

        Raises `NotFound`, `JournalError`.
        """
        driving = self._loop.create_task(self._app.resume(self._id))
        try:
            while True:
                # Asked for before the log is read: what is committed afterwards ends the wait, or is read.
                settled = driving.done()
                for event in await self._news():
                    yield event
                if settled:
                    driving.result()  # raises what went wrong
                    if not await self._goes_on():
                        break
                    driving = self._loop.create_task(self._app.resume(self._id))
                await self._moved(driving)
        finally:
            driving.cancel()
            with contextlib.suppress(asyncio.CancelledError, BatutaError):
                await driving
        if self._run.ended is None:
            yield Event("waiting", at=self._app.engine.clock.now())

    async def _goes_on(self) -> bool:
        """True if there is more to take in, as when somebody has answered, or if another process drives the run."""
        wait, head = self._app.engine.journal.wait, self._run.head
        if await wait(self._id, after=head, timeout_s=0):
            return True
        if self._run.ended is not None or self._run.status == "waiting":
            return False
        await wait(self._id, after=head, timeout_s=_PULSE_S)
        return True

    async def _moved(self, driving: asyncio.Task[dict[str, Any]]) -> None:
        """Returns when there may be news."""
        journal = self._app.engine.journal
        waits = [
            self._loop.create_task(
                journal.wait(self._id, after=self._run.head, timeout_s=_PULSE_S)
            ),
            self._loop.create_task(self._pulse.wait()),
        ]
        try:
            await asyncio.wait({*waits, driving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()
                with contextlib.suppress(asyncio.CancelledError, BatutaError):
                    await one
        self._pulse.clear()

    async def _news(self) -> list[Event]:
        engine = self._app.engine
        rows = await engine.journal.read(self._id, after=self._run.head)
        reports, self._reports = self._reports, []
        events: list[Event] = []
        for fact in await self._counted(rows):
            await engine.load(list(_values(fact)))
            event = self._event(fact)
            if event is not None:
                events.append(event)
        return _merged(events, reports)

    async def _counted(self, rows: Sequence[Row]) -> list[f.Fact]:
        """The facts of `rows` that the run takes for true."""
        counted: list[f.Fact] = []
        for row in rows:
            if isinstance(row.fact, f.Expanded):
                await self._app.engine.shapes.load(row.fact)
            if apply(self._run, row.fact):
                counted.append(row.fact)
        self._run.touched.clear()
        return counted

    def _event(self, fact: f.Fact) -> Event | None:
        match fact:
            case f.Started():
                return Event("started", fact.path, at=fact.at)
            case f.Finished():
                return Event("finished", fact.path, self._value(fact.value), at=fact.at)
            case f.Failure():
                kind = "failed" if fact.retry_at is None else "retrying"
                return Event(kind, fact.path, message=fact.message, at=fact.at)
            case f.Skipped():
                return Event("skipped", fact.path, message=fact.why, at=fact.at)
            case f.Dropped():
                return Event("dropped", fact.path, message=fact.why, at=fact.at)
            case f.Waited():
                question = decode_question(fact.question)
                shown = msgspec.to_builtins(question) | {"kind": fact.kind}
                return Event("question", fact.path, shown, question.text, fact.at)
            case f.Answered():
                return Event("answered", fact.path, self._value(fact.value), at=fact.at)
            case f.Doubted():
                return Event("in_doubt", fact.path, message=fact.why, at=fact.at)
            case f.Ended():
                value = self._value(fact.value) if fact.status == "succeeded" else None
                return Event(fact.status, "", value, fact.message, fact.at)
            case _:
                return None

    def _value(self, value: Value) -> Any:
        return None if value.erased else self._app.engine.shelf.get(value)


def _merged(events: Sequence[Event], reports: Sequence[Event]) -> list[Event]:
    """Both in the order that they have, by time. In one instant, what a call reports comes before its end; nothing
    comes behind the end of the run.
    """
    waiting, left = deque(reports), Counter(report.step for report in reports)
    merged: list[Event] = []
    for event in events:
        ends = event.kind != "started" and left[event.step] > 0
        while waiting and (
            waiting[0].at < event.at or not event.step or (ends and waiting[0].at == event.at)
        ):
            left[waiting[0].step] -= 1
            merged.append(waiting.popleft())
        merged.append(event)
    return [*merged, *waiting]


def _values(fact: f.Fact) -> Iterator[Value]:
    if isinstance(fact, f.Finished | f.Answered | f.Ended):
        yield fact.value
