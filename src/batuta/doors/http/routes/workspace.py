"""What concerns all runs: open questions, budgets, figures, and the switch that stops them."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response

from batuta.doors.http.access.principal import may
from batuta.doors.http.bodies import answered, asks_for, body_of, json_answer
from batuta.doors.http.metrics import Metrics
from batuta.doors.http.state import app_of, caller_of, service_of
from batuta.engine.author import local_user
from batuta.governance.switch import Stop
from batuta.serving.figures import inbox
from batuta.spec.budget import usd

__all__ = ["router"]

router = APIRouter(tags=["workspace"])

_TEXT = {
    200: {
        "description": "Figures in the text format of Prometheus.",
        "content": {"text/plain": {"schema": {"type": "string"}}},
    }
}


@router.get(
    "/api/v1/inbox", dependencies=[may("read")], responses=answered("Questions.", "questions")
)
async def questions(
    request: Request, limit: Annotated[int, Query(ge=1, le=1_000)] = 100
) -> Response:
    """The questions that wait for an answer, the oldest first. `POST /api/v1/runs/{run}/answers` answers one."""
    return json_answer({"questions": await inbox(app_of(request), limit)})


@router.get(
    "/api/v1/budgets",
    dependencies=[may("read")],
    responses=answered("Budgets.", "run", "spent_usd"),
)
async def budgets(request: Request) -> Response:
    """What a run may spend, and what calls have cost in all."""
    figures = service_of(request).figures
    await figures.look()
    return json_answer(figures.budgets())


class Stopping(msgspec.Struct, forbid_unknown_fields=True):
    """Why everything is to stop."""

    why: Annotated[str, msgspec.Meta(max_length=200)] = ""


_SWITCH = answered("Whether everything is stopped, and by whom.", "stopped")


@router.get("/api/v1/stop", dependencies=[may("read")], responses=_SWITCH)
async def switch(request: Request) -> Response:
    """Whether everything is stopped: `{"at", "who", "why"}`, or null."""
    return _stopped(app_of(request).switch.thrown())


@router.put(
    "/api/v1/stop",
    dependencies=[may("run")],
    responses=_SWITCH,
    openapi_extra=asks_for(Stopping),
)
async def stop(request: Request) -> Response:
    """Stop everything: within a second nothing is driven, whichever process drove it, and nothing begins."""
    said, app = await body_of(request, Stopping), app_of(request)
    who = caller_of(request).name or local_user()
    return _stopped(app.switch.throw(who, said.why, app.engine.clock.now()))


@router.delete("/api/v1/stop", dependencies=[may("admin")], responses=_SWITCH)
async def release(request: Request) -> Response:
    """Let work go on. Runs are taken up where they were."""
    app_of(request).switch.release()
    return _stopped(None)


def _stopped(stop: Stop | None) -> Response:
    shown: dict[str, Any] | None = None if stop is None else msgspec.structs.asdict(stop)
    return json_answer({"stopped": shown})


@router.get("/metrics", dependencies=[may("read")], responses=_TEXT)  # type: ignore[arg-type]
async def metrics(request: Request) -> Response:
    """Figures for Prometheus."""
    service = service_of(request)
    figures, counted = service.figures, _metrics_of(request)
    await figures.look()
    gauge = counted.gauge
    gauge("batuta_runs_driven", "Runs that are driven now.", service.keeper.driving)
    gauge("batuta_runs_queued", "Runs that wait for their turn.", service.keeper.queued)
    gauge("batuta_followers", "Who follows runs now.", service.feeds.followers)
    gauge("batuta_cost_usd", "Cost of all calls.", usd(figures.cost_nusd))
    if (traces := service.app.traces) is not None:
        gauge("batuta_traces_spans", "Spans that the collector has taken.", traces.sent)
        gauge("batuta_traces_dropped", "Spans that it refused.", traces.dropped)
    counted.by("batuta_facts", "Facts in the journal.", "kind", figures.facts)
    counted.by("batuta_runs_ended", "Runs that have ended.", "status", figures.ended)
    return Response(counted.text(), media_type="text/plain; version=0.0.4")


def _metrics_of(request: Request) -> Metrics:
    found: Metrics = request.app.state.metrics
    return found
