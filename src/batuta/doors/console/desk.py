"""What all pages need: the workspace, who carries runs on, and the frame around a page."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from batuta.app import App
from batuta.desk import Desk
from batuta.doors.console.look import rendered

__all__ = ["Console"]

_COUNTED_MAX = 100
_LOOK_S = 1.0


class Console:
    """`drive` has a run carried on in the background; `who` names whoever sent a request."""

    def __init__(
        self, app: App, desk: Desk, drive: Callable[[str], None], who: Callable[[Request], str]
    ) -> None:
        self.app = app
        self.desk = desk
        self.drive = drive
        self.who = who

    async def page(
        self, template: str, page: str, *, status: int = 200, **values: Any
    ) -> HTMLResponse:
        """The whole page that `template` is, with the navigation around it."""
        waiting = await self.app.runs(status="waiting", limit=_COUNTED_MAX)
        frame = {"page": page, "workspace": self.app.workspace.root, "open_questions": len(waiting)}
        return HTMLResponse(rendered(template, **frame, **values), status)

    async def accept(self, run: str) -> None:
        """Let a run go on although what it calls has changed."""
        await self.app.resume(run, accept=True)

    async def changes(self) -> AsyncIterator[int]:
        """The position of the journal whenever it has moved, and now and then if it has not."""
        journal = self.app.engine.journal
        position = 0
        while True:
            rows = await journal.read_all(after=position, limit=1_000)
            while len(rows) == 1_000:
                position = rows[-1].gseq
                rows = await journal.read_all(after=position, limit=1_000)
            position = rows[-1].gseq if rows else position
            yield position
            await asyncio.sleep(_LOOK_S)
