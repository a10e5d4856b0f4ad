"""The list of runs, and the inbox."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from batuta.doors.console.desk import Console
from batuta.doors.console.look import rendered
from batuta.doors.console.questions import open_questions
from batuta.doors.console.routing import PageRoute

__all__ = ["runs_router"]

_LISTED_MAX = 100
_BEAT_S = 15.0
_STATUSES = (
    ("", "All states"),
    ("running", "Running"),
    ("waiting", "Waiting"),
    ("succeeded", "Succeeded"),
    ("failed", "Failed"),
    ("cancelled", "Cancelled"),
)
_STATUS = Annotated[str, Query(max_length=20)]
_NAME = Annotated[str, Query(max_length=200)]
_PATH = Annotated[str, Query(max_length=1_000)]


def runs_router(console: Console) -> APIRouter:
    """The routes of these pages."""
    app = console.app
    router = APIRouter(route_class=PageRoute)

    async def count() -> str:
        """The number beside the word Inbox, for a page that stands already."""
        return rendered("inbox_count.html", count=await console.waiting())

    async def listed(status: str, plan: str) -> dict[str, Any]:
        rows = await app.runs(status=status, plan=plan.strip(), limit=_LISTED_MAX + 1)
        return {
            "rows": rows[:_LISTED_MAX],
            "more": len(rows) > _LISTED_MAX,
            "state": status,
            "plan": plan,
        }

    @router.get("/runs")
    async def runs(status: _STATUS = "", plan: _NAME = "") -> HTMLResponse:
        known = sorted(console.desk.registered)
        return await console.page(
            "runs.html", "runs", statuses=_STATUSES, plans=known, **await listed(status, plan)
        )

    @router.get("/runs/list")
    async def runs_list(status: _STATUS = "", plan: _NAME = "") -> HTMLResponse:
        return HTMLResponse(
            rendered("runs_list.html", **await listed(status, plan)) + await count()
        )

    @router.get("/live/runs", response_class=EventSourceResponse)
    async def live_runs() -> AsyncIterator[ServerSentEvent]:
        seen = 0
        async for gseq in console.changes():
            if gseq != seen:
                yield ServerSentEvent(event="changed", raw_data=str(gseq))
            else:
                yield ServerSentEvent(comment="still there")
            seen = gseq

    @router.get("/inbox/list")
    async def inbox_list() -> HTMLResponse:
        questions = await open_questions(app)
        return HTMLResponse(rendered("inbox_list.html", questions=questions) + await count())

    @router.get("/inbox")
    async def inbox() -> HTMLResponse:
        questions = await open_questions(app)
        return await console.page("inbox.html", "inbox", questions=questions)

    return router
