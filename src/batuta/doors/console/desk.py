"""What all pages need: the workspace, who asks, and the frame around a page."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from batuta.desk import Desk
from batuta.doors.console.look import rendered
from batuta.doors.http.state import caller_of
from batuta.serving.library import Library
from batuta.serving.service import Service

__all__ = ["Console"]

_COUNTED_MAX = 100
_LOOK_S = 1.0


class Console:
    """The workspace of `service`, for pages."""

    def __init__(self, service: Service) -> None:
        self.app = service.app
        self._service = service

    @property
    def desk(self) -> Desk:
        """Where requests in plain words come in."""
        return self._service.desk

    @property
    def library(self) -> Library:
        """The documents of its collections."""
        return self._service.library

    def drive(self, run: str, request: Request) -> None:
        """Have `run` go on in the background, as one of whoever has sent `request`."""
        self._service.keeper.drive(run, caller_of(request).caller)

    def who(self, request: Request) -> str:
        """Whoever has sent `request`, as the log names them; "" is whoever sits at this machine."""
        return caller_of(request).name

    async def page(
        self, template: str, page: str, *, status: int = 200, **values: Any
    ) -> HTMLResponse:
        """The whole page that `template` is, with the navigation around it."""
        waiting = await self.app.runs(status="waiting", limit=_COUNTED_MAX)
        frame = {"page": page, "workspace": self.app.workspace.root, "open_questions": len(waiting)}
        return HTMLResponse(rendered(template, **frame, **values), status)

    async def adopt(self, run: str, request: Request) -> None:
        """Let `run` go on although what it calls has changed."""
        await self._service.adopt(run, self.who(request))

    def until_left(self, stream: AsyncGenerator[str]) -> AsyncGenerator[str]:
        """What `stream` gives, until the process is about to end."""
        return self._service.until_left(stream)

    async def changes(self) -> AsyncIterator[int]:
        """The position of the journal whenever it has moved, and now and then if it has not."""
        journal = self.app.engine.journal
        position = 0
        while not self._service.leaving:
            rows = await journal.read_all(after=position, limit=1_000)
            while len(rows) == 1_000:
                position = rows[-1].gseq
                rows = await journal.read_all(after=position, limit=1_000)
            position = rows[-1].gseq if rows else position
            yield position
            await asyncio.sleep(_LOOK_S)
