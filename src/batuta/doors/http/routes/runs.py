"""Runs: begin, list, look, answer, tell, cancel, fork, go on."""

import base64
import binascii
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query, Request, Response
from fastapi.routing import APIRoute

from batuta.doors.http.access.principal import may
from batuta.doors.http.bodies import answered, asks_for, body_of, json_answer
from batuta.doors.http.problems import Problem
from batuta.doors.http.starting import Asked, Once, begin
from batuta.doors.http.state import app_of, caller_of, service_of
from batuta.engine.past.fork import Wish

__all__ = ["ROUTE", "router", "start"]

router = APIRouter(prefix="/api/v1/runs", tags=["runs"])

_LIMIT_MAX = 1_000
_DOCUMENT = answered("The document of the run.", "run", "status", "steps", "waiting")
Status = Literal["succeeded", "failed", "cancelled", "waiting", "running"]


class Why(msgspec.Struct, forbid_unknown_fields=True):
    """Why a run is to end."""

    why: Annotated[str, msgspec.Meta(max_length=4_000)] = ""


class Said(msgspec.Struct, forbid_unknown_fields=True):
    """The answer to the question of a step. `kind`: insist on a kind of question."""

    step: str
    value: Any
    kind: Literal["", "answer", "approval", "resolve"] = ""


class Told(msgspec.Struct, forbid_unknown_fields=True):
    """What is different now, or wanted besides; and inputs of the plan that are others."""

    words: Annotated[str, msgspec.Meta(max_length=10_000)] = ""
    inputs: dict[str, Any] = {}


class Forking(msgspec.Struct, forbid_unknown_fields=True):
    """Where the new run goes on, and what is different there; `unasked`: effects happen without a question."""

    at: str
    inputs: dict[str, Any] = {}
    values: dict[str, Any] = {}
    unasked: bool = False


class Scoring(msgspec.Struct, forbid_unknown_fields=True):
    """How good it is, from 0 to 1."""

    score: Annotated[float, msgspec.Meta(ge=0, le=1)]


class GoingOn(msgspec.Struct, forbid_unknown_fields=True):
    """`accept`: go on although capabilities changed since the run began."""

    accept: bool = False


@router.post("", dependencies=[may("run")], responses=_DOCUMENT, openapi_extra=asks_for(Asked))
async def start(
    request: Request,
    wait: Annotated[float, Query(ge=0, le=60)] = 0.0,
    key: Once = "",
) -> Response:
    """Begin a run of a registered plan, of a plan that comes with the request, or of what words ask for.

    When this answers, the run is on the disk. `wait`: so many seconds for its end, or for a question.
    """
    asked = await body_of(request, Asked)
    run = await begin(service_of(request), caller_of(request), asked, key)
    document = await _driven(request, run, wait)
    return json_answer(document, headers={"Location": f"/api/v1/runs/{run}"})


# Where requests to begin a run are answered.
ROUTE = next(one for one in router.routes if isinstance(one, APIRoute))


@router.get("", dependencies=[may("read")], responses=answered("Runs.", "runs", "next"))
async def listed(
    request: Request,
    status: Annotated[list[Status], Query()] = [],  # noqa: B006 - FastAPI copies it
    plan: Annotated[str, Query(max_length=200)] = "",
    since: Annotated[float, Query(ge=0)] = 0.0,
    limit: Annotated[int, Query(ge=1, le=_LIMIT_MAX)] = 100,
    cursor: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Runs, the newest first. `next` is the cursor of what follows; null at the end."""
    before = _run_of(cursor) if cursor else ""
    rows = await app_of(request).runs(
        status=tuple(status), plan=plan, since=since, before=before, limit=limit + 1
    )
    more = len(rows) > limit
    following = _cursor_of(rows[limit - 1].run) if more else None
    shown = [msgspec.to_builtins(row) for row in rows[:limit]]
    return json_answer({"runs": shown, "next": following})


@router.get("/{run}", dependencies=[may("read")], responses=_DOCUMENT)
async def shown(request: Request, run: str) -> Response:
    """Everything about a run, as the log has it."""
    return json_answer(await app_of(request).show(run))


@router.post(
    "/{run}/answers",
    dependencies=[may("answer")],
    responses=_DOCUMENT,
    openapi_extra=asks_for(Said),
)
async def answer(request: Request, run: str) -> Response:
    """Answer the question of a step. It counts once; the same answer again changes nothing."""
    said = await body_of(request, Said)
    await app_of(request).answer(
        run, said.step, said.value, kind=said.kind, who=caller_of(request).name
    )
    return json_answer(await _driven(request, run, 0.0))


@router.post(
    "/{run}/notes", dependencies=[may("run")], responses=_DOCUMENT, openapi_extra=asks_for(Told)
)
async def tell(request: Request, run: str) -> Response:
    """Say what is known now: the run stops, and another one goes on with what was done; `replanned` names it then."""
    told, caller = await body_of(request, Told), caller_of(request)
    await service_of(request).desk.tell(
        run, told.words, told.inputs, who=caller.name, trusted=caller.trusted
    )
    return json_answer(await _driven(request, run, 0.0))


@router.post(
    "/{run}/cancel", dependencies=[may("run")], responses=_DOCUMENT, openapi_extra=asks_for(Why)
)
async def cancel(request: Request, run: str) -> Response:
    """Ask for the end of a run: running calls are told, and what the plan can undo is undone."""
    said = await body_of(request, Why)
    await app_of(request).cancel(run, who=caller_of(request).name, why=said.why)
    return json_answer(await _driven(request, run, 0.0))


@router.post(
    "/{run}/fork", dependencies=[may("run")], responses=_DOCUMENT, openapi_extra=asks_for(Forking)
)
async def fork(request: Request, run: str, key: Once = "") -> Response:
    """Begin a new run that takes over what this one has finished before the step `at`."""
    wish, caller = await body_of(request, Forking), caller_of(request)
    forked = await app_of(request).fork(
        run,
        Wish(wish.at, wish.inputs, wish.values, wish.unasked),
        author=caller.name,
        trusted=caller.trusted,
        key=key,
    )
    said = msgspec.to_builtins({name: getattr(forked, name) for name in _FORKED})
    document = await _driven(request, forked.run.id, 0.0)
    return json_answer(document | {"fork": said})


_FORKED = ("taken_over", "repeated", "asks", "taken_back", "stale")


@router.post(
    "/{run}/resume",
    dependencies=[may("run")],
    responses=_DOCUMENT,
    openapi_extra=asks_for(GoingOn),
)
async def resume(request: Request, run: str) -> Response:
    """Have a run go on that could, and that nobody drives."""
    said = await body_of(request, GoingOn)
    await app_of(request).engine.read(run)  # says so if there is no such run
    if said.accept:
        await service_of(request).adopt(run, caller_of(request).name)
    return json_answer(await _driven(request, run, 0.0))


@router.post(
    "/{run}/score",
    dependencies=[may("answer")],
    responses=answered("All scores.", "run", "scores"),
    openapi_extra=asks_for(Scoring),
)
async def score(request: Request, run: str) -> Response:
    """Say how good what came of a run is. The latest of each caller counts."""
    said = await body_of(request, Scoring)
    figures = service_of(request).figures
    await figures.score(run, said.score, caller_of(request).name)
    return json_answer({"run": run, "scores": await figures.scores(run)})


@router.get(
    "/{run}/score", dependencies=[may("read")], responses=answered("Scores.", "run", "scores")
)
async def scores(request: Request, run: str) -> Response:
    """What everybody has said of how good it is."""
    return json_answer({"run": run, "scores": await service_of(request).figures.scores(run)})


async def _driven(request: Request, run: str, wait_s: float) -> dict[str, Any]:
    """The document of a run that goes on in the background; after its end, if that comes within `wait_s`."""
    service, caller = service_of(request), caller_of(request).caller
    if not wait_s:
        return await service.set_off(run, caller)
    service.keeper.drive(run, caller)
    await service.settled(run, wait_s)
    return await service.app.show(run)


def _cursor_of(run: str) -> str:
    return base64.urlsafe_b64encode(run.encode()).decode()


def _run_of(cursor: str) -> str:
    try:
        return base64.urlsafe_b64decode(cursor.encode("ascii")).decode("ascii")
    except (binascii.Error, ValueError):
        raise Problem(400, "input", "this cursor is none of ours") from None
