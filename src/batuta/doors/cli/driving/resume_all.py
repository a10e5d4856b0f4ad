"""`batuta resume --all`: every run that nobody drives and that can go on now, at once in this process."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

from batuta.app import App
from batuta.doors.cli.driving.drive import code_for
from batuta.doors.cli.driving.ending import ended_lines
from batuta.doors.cli.driving.evaluations import goes_on_by, left_to_eval
from batuta.doors.cli.driving.healing import followed, may_go_on, unfollowed
from batuta.doors.cli.driving.interrupts import Interrupts
from batuta.doors.cli.failures import INTERRUPTED, as_ours, error_document
from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.table import Span
from batuta.doors.cli.terminal.text import one_line
from batuta.spec.figures import duration, plural

__all__ = ["resume_all"]

# More runs at once cost memory, and bring nothing: the calls at once are bounded anyway.
_AT_ONCE_MAX = 1_000
# The exit code says the worst that happened, in this order.
_WORST = (70, 2, 1, 4, 5, 3, 0)


async def resume_all(app: App, screen: Screen, where: str) -> int:
    """Drive them all until each has ended or waits; the exit code is that of the worst.

    Evaluations are left to `batuta eval`. An interrupt lets go of all of them, and cancels none.
    """
    left = {run.id: run for run in await left_to_eval(app)}
    due = [*await unfollowed(app), *await app.due()]
    for run in () if screen.json else filter(left.get, due):
        screen.say(f"{run} is an evaluation: {goes_on_by(left[run])}")
    due = [run for run in due if run not in left]
    if not due and not screen.json:
        screen.say("nothing is due: no run can go on by itself now")
    everything = _Everything(app, screen, where, len(due))
    stopped = await everything.go(due)
    documents = everything.documents
    if screen.json:
        ends = {documents[run]["run"]: documents[run] for run in due if run in documents}
        screen.document({"runs": list(ends.values())})
    if stopped:
        if not screen.json:
            screen.say(
                f"let go of {plural(len(due) - len(documents), 'run')}; `batuta resume --all` goes on"
            )
        return INTERRUPTED
    codes = {everything.codes[run] for run in due}
    return next(code for code in _WORST if code in codes or code == 0)


class _Everything:
    def __init__(self, app: App, screen: Screen, where: str, total: int) -> None:
        self._app = app
        self._screen = screen
        self._where = where
        self._total = total
        self._stop = asyncio.Event()
        self.documents: dict[str, dict[str, Any]] = {}
        self.codes: dict[str, int] = {}
        # By whose ends lines were said: one that goes on in place of another may be due itself.
        self._told: set[str] = set()

    async def go(self, due: list[str]) -> bool:
        """Drive the runs `due`; True if a signal stopped that."""
        loop = asyncio.get_running_loop()
        stop = loop.create_task(self._stop.wait())
        left = iter(due)
        drivers = [
            loop.create_task(self._drive_each(left)) for _ in range(min(len(due), _AT_ONCE_MAX))
        ]
        everything = asyncio.gather(*drivers)
        with Interrupts(self._stop.set, lambda: None):
            await asyncio.wait((everything, stop), return_when=asyncio.FIRST_COMPLETED)
        stopped = not everything.done()
        for one in (everything, stop):
            one.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await one
        return stopped

    async def _drive_each(self, left: Iterator[str]) -> None:
        for run in left:
            await self._drive(run)

    async def _drive(self, run: str) -> None:
        try:
            document = await self._app.resume(run)
            while may_go_on(document):
                by = await followed(self._app, document, self._screen)
                if not by:
                    break
                document = await self._app.resume(by)
        except Exception as error:
            ours = as_ours(error)
            self.codes[run] = ours.exit_code
            self.documents[run] = error_document(ours, run)
            self._say([[Span(f"{run}  ", "bold"), Span(f"error: {ours.message}", "bad")]])
            return
        self.codes[run] = code_for(document)
        # What hundreds of runs did step by step is for `show`.
        self.documents[run] = {key: value for key, value in document.items() if key != "steps"}
        if document["run"] in self._told:
            return
        self._told.add(document["run"])
        took = ""
        if document["ended_at"] is not None:
            took = " after " + duration(document["ended_at"] - document["accepted_at"])
        plan = one_line(document["plan"], 60)
        line = [Span(f"{document['run']}  ", "bold"), Span(f"{plan}  {document['status']}{took}")]
        self._say([line, *ended_lines(document, self._where)])

    def _say(self, lines: list[list[Span]]) -> None:
        if self._screen.json:
            return
        done = f"{len(self.documents):,}/{self._total:,}  "
        self._screen.say([Span(done, "dim"), *lines[0]], *lines[1:])
