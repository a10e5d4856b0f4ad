"""What all pages need: the workspace, who asks, and the frame around a page."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, TypeVar

from fastapi import Request
from fastapi.responses import HTMLResponse

from batuta.desk import Desk
from batuta.doors.console.look import rendered
from batuta.doors.http.state import caller_of
from batuta.observe.statistics import statistics
from batuta.serving.feeds import Frame
from batuta.serving.figures import Figures
from batuta.serving.library import Library
from batuta.serving.service import Service
from batuta.spec.statistics import Statistics

__all__ = ["Console"]

T = TypeVar("T")
_COUNTED_MAX = 100
_LOOK_S = 1.0
# Figures out of hundreds of runs are made anew at most so often, in seconds.
_MEASURED_S = 5.0


class Console:
    """The workspace of `service`, for pages."""

    def __init__(self, service: Service) -> None:
        self.app = service.app
        self._service = service
        self._measured = Statistics()
        self._measured_end, self._measured_at = 0, -_MEASURED_S

    @property
    def desk(self) -> Desk:
        """Where requests in plain words come in."""
        return self._service.desk

    @property
    def figures(self) -> Figures:
        """What was done and spent."""
        return self._service.figures

    async def statistics(self) -> Statistics:
        """What the log has measured of capabilities; while it has not grown, or not long ago, as it was."""
        journal, loop = self.app.engine.journal, asyncio.get_running_loop()
        end, now = await self._end(), loop.time()
        if end != self._measured_end and now - self._measured_at >= _MEASURED_S:
            self._measured = await statistics(journal)
            self._measured_end, self._measured_at = end, loop.time()
        return self._measured

    @property
    def library(self) -> Library:
        """The documents of its collections."""
        return self._service.library

    def drive(self, run: str, request: Request) -> None:
        """Have `run` go on in the background, as one of whoever has sent `request`."""
        self._service.keeper.drive(run, caller_of(request).caller)

    def follow(self, run: str, after: int) -> AsyncGenerator[Frame]:
        """What happens in `run` behind the position `after` of its log, and what its calls say meanwhile."""
        return self._service.feeds.follow(run, after=after)

    def who(self, request: Request) -> str:
        """Whoever has sent `request`, as the log names them; "" is whoever sits at this machine."""
        return caller_of(request).name

    async def page(
        self, template: str, page: str, *, status: int = 200, **values: Any
    ) -> HTMLResponse:
        """The whole page that `template` is, with the navigation around it."""
        waiting = await self.app.runs(status="waiting", limit=_COUNTED_MAX)
        frame = {
            "page": page,
            "workspace": self.app.workspace.root,
            "open_questions": len(waiting),
            "stopped": self.app.switch.why(),
        }
        return HTMLResponse(rendered(template, **frame, **values), status)

    async def adopt(self, run: str, request: Request) -> None:
        """Let `run` go on although what it calls has changed."""
        await self._service.adopt(run, self.who(request))

    def until_left(self, stream: AsyncGenerator[T]) -> AsyncGenerator[T]:
        """What `stream` gives, until the process is about to end."""
        return self._service.until_left(stream)

    async def _end(self) -> int:
        """The position of the newest fact of the journal."""
        rows = await self.app.engine.journal.read_all(after=-1)
        return rows[-1].gseq if rows else 0

    async def changes(self) -> AsyncIterator[int]:
        """The end of the journal: at once, whenever it has moved, and now and then if it has not."""
        while not self._service.leaving:
            yield await self._end()
            await asyncio.sleep(_LOOK_S)
