"""Plans: those that are registered, and those that come of words or of a text."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Request, Response

from batuta.doors.cli.failures import finding_data
from batuta.doors.cli.views.plan_data import explanation_data
from batuta.doors.http.access.principal import may
from batuta.doors.http.bodies import answered, asks_for, body_of, json_answer
from batuta.doors.http.problems import Problem
from batuta.doors.http.starting import Asked, approval_for, sourced_of, understood_of
from batuta.doors.http.state import app_of, caller_of, service_of
from batuta.errors import FindingsError
from batuta.plans.build import Sourced, plan_to_yaml
from batuta.plans.check import check
from batuta.spec.value import plain

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/plans", tags=["plans"])

_TEXT_MAX = 1_000_000
Text = Annotated[str, msgspec.Meta(max_length=_TEXT_MAX)]


class Written(msgspec.Struct, forbid_unknown_fields=True):
    """A plan in YAML or JSON."""

    text: Text


class Edited(msgspec.Struct, forbid_unknown_fields=True):
    """What was asked for in words, and the plan that somebody has written in place of what they came to."""

    words: Annotated[str, msgspec.Meta(max_length=100_000)]
    text: Text
    planner: str = ""
    autonomy: str = ""


class Kept(msgspec.Struct, forbid_unknown_fields=True):
    """A plan to register: of a text, or of what words come to. `replace`: the registered one of that name."""

    text: Text | None = None
    words: Annotated[str, msgspec.Meta(max_length=100_000)] = ""
    planner: str = ""
    replace: bool = False


@router.get("", dependencies=[may("read")], responses=answered("Plans.", "plans", "troubles"))
async def listed(request: Request) -> Response:
    """The registered plans: what can be asked for by name. `troubles`: those that have flaws."""
    desk = service_of(request).desk
    shown = [
        {
            "name": name,
            "description": one.plan.description,
            "inputs": one.plan.inputs,
            "examples": list(one.plan.examples),
        }
        for name, one in sorted(desk.registered.items())
    ]
    return json_answer({"plans": shown, "troubles": desk.troubles})


@router.get(
    "/{name}", dependencies=[may("read")], responses=answered("A plan.", "name", "plan", "text")
)
async def shown(request: Request, name: str) -> Response:
    """A registered plan, as data and as YAML."""
    sourced = sourced_of(service_of(request), Asked(plan=name))
    assert sourced is not None
    plan = sourced.plan
    return json_answer({"name": name, "plan": plain(plan), "text": plan_to_yaml(plan)})


@router.post(
    "/understand",
    dependencies=[may("plan")],
    responses=answered("What words come to.", "request", "text", "approve"),
    openapi_extra=asks_for(Asked),
)
async def understand(request: Request) -> Response:
    """Which plan words mean or need, what they say of its inputs, and the digest that a yes is bound to."""
    asked = await body_of(request, Asked)
    if not asked.words:
        raise Problem(400, "input", "`words` is missing")
    service = service_of(request)
    understood = await understood_of(service, caller_of(request), asked)
    sourced = understood.sourced
    approve = await approval_for(service, understood, asked)
    text = None if sourced is None else plan_to_yaml(sourced.plan)
    return json_answer({"request": understood.data(), "text": text, "approve": approve})


@router.post(
    "/check",
    dependencies=[may("plan")],
    responses=answered("Findings.", "sound", "findings"),
    openapi_extra=asks_for(Written),
)
async def checked(request: Request) -> Response:
    """All flaws of a plan at once, with places and remedies."""
    written = await body_of(request, Written)
    app = app_of(request)
    try:
        sourced = sourced_of(service_of(request), Asked(text=written.text))
        assert sourced is not None
        found = list(check(sourced.plan, app.cards, sourced.places, budget=app.workspace.budget))
    except FindingsError as error:
        found = list(error.findings)
    sound = not any(not one.warning for one in found)
    return json_answer({"sound": sound, "findings": [finding_data(one) for one in found]})


@router.post(
    "/explain",
    dependencies=[may("plan")],
    responses=answered("What a run would do.", "plan", "steps", "totals", "questions"),
    openapi_extra=asks_for(Asked),
)
async def explained(request: Request) -> Response:
    """What a run would do, ask, take and cost. Nothing runs."""
    asked = await body_of(request, Asked)
    service = service_of(request)
    sourced: Sourced | None = sourced_of(service, asked)
    inputs: dict[str, Any] | None = asked.inputs or None
    origin, supervised = "", False
    if sourced is None:
        understood = await understood_of(service, caller_of(request), asked)
        sourced, origin = understood.sourced, understood.origin
        supervised = understood.asks
        if sourced is None:
            raise Problem(404, "not_found", "these words mean no plan", remedy=understood.why)
        inputs = understood.inputs.values | asked.inputs
        if set(understood.inputs.missing) - asked.inputs.keys():
            inputs = None
    explanation = await service.app.explain(
        sourced.plan, inputs, places=sourced.places, planner=origin, supervised=supervised
    )
    return json_answer(explanation_data(explanation))


@router.post(
    "/edit",
    dependencies=[may("plan")],
    responses=answered("What it comes to now.", "request", "text"),
    openapi_extra=asks_for(Edited),
)
async def edited(request: Request) -> Response:
    """Put a plan that somebody has written in place of what words came to: checked, with the inputs of the words."""
    asked = await body_of(request, Edited)
    service = service_of(request)
    wish = Asked(words=asked.words, planner=asked.planner, autonomy=asked.autonomy)
    understood = await understood_of(service, caller_of(request), wish)
    changed = service.desk.edited(understood, asked.text)
    assert changed.sourced is not None
    return json_answer({"request": changed.data(), "text": plan_to_yaml(changed.sourced.plan)})


@router.put(
    "/{name}",
    dependencies=[may("admin")],
    responses=answered("It is registered.", "name", "file"),
    openapi_extra=asks_for(Kept),
)
async def kept(request: Request, name: str) -> Response:
    """Register a plan: from then on it can be asked for by its name, and by words."""
    asked = await body_of(request, Kept)
    service = service_of(request)
    wish = Asked(words=asked.words or name, planner=asked.planner)
    understood = await understood_of(service, caller_of(request), wish)
    if asked.text is not None:
        understood = service.desk.edited(understood, asked.text)
    path = service.desk.save(understood, name, force=asked.replace)
    return json_answer({"name": name, "file": path.name})
