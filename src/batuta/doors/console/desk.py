"""What all pages need: the workspace, who asks, and the frame around a page."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator
from operator import is_
from typing import Any, NamedTuple, TypeVar

from fastapi import Request
from fastapi.responses import HTMLResponse

from batuta.desk import Desk
from batuta.doors.console.drawing import Drawings
from batuta.doors.console.look import rendered
from batuta.doors.http.state import caller_of
from batuta.observe.statistics import statistics
from batuta.plans.build import Sourced
from batuta.plans.explanation import Explanation
from batuta.serving.feeds import Frame
from batuta.serving.figures import Figures
from batuta.serving.library import Library
from batuta.serving.service import Service
from batuta.spec.card import Card
from batuta.spec.plan import Plan
from batuta.spec.statistics import Statistics

__all__ = ["Console"]

T = TypeVar("T")
_COUNTED_MAX = 100
_LOOK_S = 1.0
# Figures out of hundreds of runs are made anew at most so often, in seconds.
_MEASURED_S = 5.0
# A page waits no longer for newer ones, in seconds, if it has some.
_PATIENCE_S = 0.1
# Explanations that are kept: that of a plan of 1,000 steps takes a tenth of a second.
_EXPLAINED_MAX = 16


class _Explained(NamedTuple):
    """An explanation, and what it is made of."""

    plan: Plan
    measured: Statistics
    cards: tuple[Card, ...]
    explanation: Explanation


class Console:
    """The workspace of `service`, for pages. `drawings`: large ones, which pages come to fetch."""

    def __init__(self, service: Service) -> None:
        self.app = service.app
        self.drawings = Drawings()
        self._service = service
        self._measured = Statistics()
        self._measured_end, self._measured_at = 0, -_MEASURED_S
        self._measuring: asyncio.Task[None] | None = None
        self._explained: OrderedDict[str, _Explained] = OrderedDict()

    @property
    def desk(self) -> Desk:
        """Where requests in plain words come in."""
        return self._service.desk

    @property
    def figures(self) -> Figures:
        """What was done and spent."""
        return self._service.figures

    async def statistics(self) -> Statistics:
        """What the log has measured of capabilities; a little while ago, if it has grown much since then."""
        loop = asyncio.get_running_loop()
        end, now = await self._end(), loop.time()
        if (
            end != self._measured_end
            and now - self._measured_at >= _MEASURED_S
            and self._measuring is None
        ):
            self._measuring = loop.create_task(self._measure(end))
            # Whoever does not wait for its end does not hear of a failure; the next page does.
            self._measuring.add_done_callback(lambda task: task.cancelled() or task.exception())
        if self._measuring is not None:
            measuring = self._measuring
            await asyncio.wait({measuring}, timeout=_PATIENCE_S if self._measured_end else None)
            if measuring.done():
                self._measuring = None if self._measuring is measuring else self._measuring
                measuring.result()  # raises what went wrong
        return self._measured

    async def _measure(self, end: int) -> None:
        self._measured = await statistics(self.app.engine.journal)
        self._measured_end, self._measured_at = end, asyncio.get_running_loop().time()

    async def explained(self, name: str, sourced: Sourced) -> Explanation:
        """What a run of the registered plan of that name would do; as it was, if nothing it is made of has changed."""
        measured, cards = await self.statistics(), tuple(self.app.cards.values())
        known = self._explained.get(name)
        if known is not None and known.plan is sourced.plan and known.measured is measured:
            if len(known.cards) == len(cards) and all(map(is_, known.cards, cards)):
                return known.explanation
        explanation = await self.app.explain(sourced.plan, places=sourced.places, measured=measured)
        self._explained[name] = _Explained(sourced.plan, measured, cards, explanation)
        if len(self._explained) > _EXPLAINED_MAX:
            self._explained.popitem(last=False)
        return explanation

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
        frame = {
            "page": page,
            "workspace": self.app.workspace.root,
            "open_questions": await self.waiting(),
            "stopped": self.app.switch.why(),
        }
        return HTMLResponse(rendered(template, **frame, **values), status)

    async def waiting(self) -> int:
        """How many runs wait for somebody or something, as far as that is counted."""
        return len(await self.app.runs(status="waiting", limit=_COUNTED_MAX))

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
