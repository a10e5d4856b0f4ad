"""The facts of a run: as a list, and as they happen."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from batuta.doors.cli.views.facts import fact_data
from batuta.doors.http.access.principal import may
from batuta.doors.http.bodies import answered, json_answer
from batuta.doors.http.state import app_of, service_of
from batuta.ports import Progress, Row
from batuta.serving.feeds import Frame

__all__ = ["of_progress", "of_row", "router"]

router = APIRouter(prefix="/api/v1/runs", tags=["runs"])

_FACTS_MAX = 10_000
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events: the facts in order, and what calls report.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    },
    204: {"description": "The run has ended, and nothing comes behind that position."},
}


@router.get(
    "/{run}/facts", dependencies=[may("read")], responses=answered("Facts.", "run", "facts")
)
async def facts(
    request: Request,
    run: str,
    after: Annotated[int, Query(ge=0, le=1 << 53)] = 0,
    limit: Annotated[int, Query(ge=1, le=_FACTS_MAX)] = 1_000,
) -> Response:
    """The log of a run behind the position `after`, in order."""
    engine = app_of(request).engine
    await engine.read(run)  # says so if there is no such run
    rows = (await engine.journal.read(run, after=after))[:limit]
    return json_answer({"run": run, "facts": [_data(row) for row in rows]})


@router.get(
    "/{run}/events",
    dependencies=[may("read")],
    response_class=StreamingResponse,
    responses=_STREAM,
)
async def events(
    request: Request,
    run: str,
    after: Annotated[int, Query(ge=0, le=1 << 53)] = 0,
    last_event_id: Annotated[str, Header(max_length=40)] = "",
) -> Response:
    """The facts of a run as they happen, each with its position as `id`, until the run has ended.

    Who was cut off sends `Last-Event-ID`, and misses nothing. What calls report has no `id` and is not repeated.
    """
    if last_event_id.isascii() and last_event_id.isdigit():
        after = max(after, int(last_event_id[:16]))
    feeds = service_of(request).feeds
    if await feeds.is_over(run, after):
        return Response(status_code=204)  # a browser comes back for ever otherwise
    return StreamingResponse(
        _told(feeds.follow(run, after=after)),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def _told(frames: AsyncIterator[Frame]) -> AsyncIterator[bytes]:
    yield b": the facts of a run\n\n"
    async for frame in frames:
        yield frame.data or b": \n\n"


def of_row(row: Row) -> bytes:
    """A fact as an event."""
    data = _data(row)
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (
        row.seq,
        str(data["is"]).encode(),
        msgspec.json.encode(data),
    )


def _data(row: Row) -> dict[str, Any]:
    """A fact as JSON, without what keys the commitments of its run: with that, what was erased could be guessed."""
    return {name: value for name, value in fact_data(row).items() if name != "salt"}


def of_progress(progress: Progress) -> bytes:
    """What a call reports as an event, without an id."""
    said = {"step": progress.path, "attempt": progress.attempt, "data": progress.data}
    if progress.reset:
        said["reset"] = True
    return b"event: progress\ndata: %s\n\n" % msgspec.json.encode(said, enc_hook=str)
