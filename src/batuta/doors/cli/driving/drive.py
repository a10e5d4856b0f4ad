"""Driving one run in this process, or following it while another process does."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

from batuta.app import App
from batuta.doors.cli.driving.interrupts import Interrupts
from batuta.doors.cli.driving.watch import watching
from batuta.doors.cli.driving.weather import Weather
from batuta.doors.cli.failures import Interrupted, error_document
from batuta.doors.cli.terminal.screen import Screen
from batuta.errors import AnswerError, BatutaError, error_of_run

__all__ = ["Driving", "code_for"]

# A driver that died is noticed within so many seconds by whoever follows its run.
_PULSE_S = 1.0


def code_for(document: dict[str, Any]) -> int:
    """The exit code that the status of a run stands for; 0 for one that is still on its way."""
    if document["status"] == "running":
        return 0
    error = error_of_run(document["status"], document["error"])
    return 0 if error is None else error.exit_code


class Driving:
    """One run on one screen.

    Attributes:
        interrupted: a signal made us let go of the run before its end; it is there to be resumed.
    """

    def __init__(
        self, app: App, run_id: str, screen: Screen, weather: Weather, *, let_go: bool = False
    ) -> None:
        self._app = app
        self._id = run_id
        self._screen = screen
        self._weather = weather
        self._let_go = let_go
        self._following = False
        self._say: Callable[[str], None] = screen.say
        self._stop = asyncio.Event()
        self._wishes: list[asyncio.Task[None]] = []
        self.interrupted = False

    async def go(
        self, *, accept: bool = False, follow: bool = True, since: int = 0
    ) -> dict[str, Any]:
        """Take the run as far as it goes now; its document.

        `follow`: wait for a driver in another process, instead of returning at once. `since`: the position in the
        log from which on it is news. Raises `NotFound`, `JournalError`, `InputError`.
        """
        screen, app = self._screen, self._app
        async with watching(app, self._id, screen, self._weather, since) as self._say:
            with Interrupts(self._wish, self._farewell):
                document = await self._driven(accept)
                while follow and document is not None and await self._is_driven(document):
                    self._following = True
                    self._say("another process drives this run; Ctrl-C ends the following only")
                    head = (await app.engine.read(self._id)).head
                    if await self._or_stop(self._pulse(head)) is None:
                        return await app.show(self._id)
                    self._following = False
                    document = await self._driven(False)
        for wish in self._wishes:
            await wish
        if document is None:
            self.interrupted = True
        return document or await app.show(self._id)

    async def _pulse(self, head: int) -> bool:
        """Returns when the run has moved and nobody drives it any more, or there is nothing more to come."""
        journal = self._app.engine.journal
        while True:
            await journal.wait(self._id, after=head, timeout_s=_PULSE_S)
            run = await self._app.engine.read(self._id)
            if run.ended is not None or await journal.claim(self._id):
                return True
            head = run.head

    async def _driven(self, accept: bool) -> dict[str, Any] | None:
        return await self._or_stop(self._app.resume(self._id, accept=accept))

    async def _is_driven(self, document: dict[str, Any]) -> bool:
        """True if another, living process drives the run."""
        if document["status"] != "running":
            return False
        return not await self._app.engine.journal.claim(self._id)

    async def _or_stop(self, work: Coroutine[Any, Any, Any]) -> Any:
        """What `work` returns; None if we are to stop first."""
        loop = asyncio.get_running_loop()
        task, stop = loop.create_task(work), loop.create_task(self._stop.wait())
        try:
            await asyncio.wait((task, stop), return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            for one in (task, stop):
                one.cancel()
                with contextlib.suppress(asyncio.CancelledError, BatutaError):
                    await one

    # ── signals ──────────────────────────────────────────────────────────────────────────────────────────────

    def _wish(self) -> None:
        if self._following or self._let_go:
            self._say("letting go; the run stays as it is")
            self._stop.set()
            return
        self._say("cancelling the run; Ctrl-C again leaves at once")
        self._wishes.append(asyncio.get_running_loop().create_task(self._cancel()))

    async def _cancel(self) -> None:
        with contextlib.suppress(AnswerError):  # it has ended by itself
            await self._app.cancel(self._id, why="interrupted")

    def _farewell(self) -> None:
        error = Interrupted("interrupted", remedy=f"`batuta resume {self._id}` goes on")
        if self._screen.json:
            self._screen.document(error_document(error, self._id))
        else:
            self._screen.leave(f"left at once; `batuta resume {self._id}` goes on")
