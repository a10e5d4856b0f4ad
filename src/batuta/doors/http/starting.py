"""A run that somebody asks for: by the name of a plan, with a plan of their own, or in words."""

from typing import Annotated, Any

import msgspec
from fastapi import Header

from batuta.doors.http.access.principal import Principal
from batuta.doors.http.problems import Problem
from batuta.errors import NotFound
from batuta.planning.understood import Understood
from batuta.plans.build import Sourced, plan_from_data, plan_from_yaml
from batuta.reading.nearest import did_you_mean
from batuta.serving.service import Service

__all__ = ["KEY_CHARS_MAX", "Asked", "Once", "approval_for", "begin", "sourced_of", "understood_of"]

KEY_CHARS_MAX = 255
# The same key of the same caller with the same request is the same run.
Once = Annotated[str, Header(alias="Idempotency-Key", max_length=KEY_CHARS_MAX)]


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """What is to run.

    `plan`: the name of a registered plan, or a plan as a map; `text`: a plan in YAML; `words`: what is wanted.
    `inputs`: by name; with words, they count more than what the words say. `approve`: the digest of what was shown
    of the words, as a yes to it. `planner`, `autonomy`: as for `batuta run`.
    """

    plan: str | dict[str, Any] | None = None
    text: Annotated[str, msgspec.Meta(max_length=1_000_000)] | None = None
    words: Annotated[str, msgspec.Meta(max_length=100_000)] | None = None
    inputs: dict[str, Any] = {}
    approve: str = ""
    planner: str = ""
    autonomy: str = ""


async def begin(service: Service, principal: Principal, asked: Asked, key: str) -> str:
    """Accept the run, durably; its id. Raises `Problem`, and what `App.start` and `Desk.accept` raise."""
    check_room(service, principal)
    ways = [way for way in (asked.plan, asked.text, asked.words) if way is not None]
    if not ways or (asked.plan is not None and asked.text is not None):
        raise Problem(400, "input", "say what is to run with one of `plan`, `text` and `words`")
    if asked.text is not None or isinstance(asked.plan, dict):
        principal.needs("plan")
    if asked.words is not None:
        return await _begin_of_words(service, principal, asked, key)
    sourced = sourced_of(service, asked)
    assert sourced is not None
    return await service.app.start(
        sourced.plan, asked.inputs, author=principal.name, trusted=principal.trusted, key=key
    )


async def _begin_of_words(service: Service, principal: Principal, asked: Asked, key: str) -> str:
    """Accept a run of what words ask for."""
    assert asked.words is not None
    if asked.approve and not key:
        key = await _counted(service, principal, asked.approve)
    elif key and (before := await service.begun(principal.name, key, asked.words, asked.inputs)):
        return before
    understood = await understood_of(service, principal, asked)
    sourced = understood.sourced
    if sourced is None or not (understood.free or asked.approve):
        raise _unclear(understood, await approval_for(service, understood, asked))
    return await service.desk.accept(
        understood,
        understood.inputs.values | asked.inputs,
        sourced=sourced,
        author=principal.name,
        who=principal.name if asked.approve else "",
        approved=asked.approve,
        key=key,
    )


async def _counted(service: Service, principal: Principal, approve: str) -> str:
    """The key under which a yes without one begins its only run. Raises `Problem` if it has."""
    key = f"approve {approve}"
    if run := await service.begun_under(principal.name, key):
        raise Problem(
            409,
            "conflict",
            f"this yes has begun run {run}, and counts once",
            remedy="if it is meant once more, send it with an `Idempotency-Key` of its own",
            more={"run": run},
        )
    return key


async def understood_of(service: Service, principal: Principal, asked: Asked) -> Understood:
    """What the words ask for. Raises as `Desk.understand` does."""
    return await service.desk.understand(
        asked.words or "",
        sourced=sourced_of(service, asked),
        trusted=principal.trusted,
        planner=asked.planner,
        autonomy=asked.autonomy,
    )


async def approval_for(service: Service, understood: Understood, asked: Asked) -> str | None:
    """The digest that a yes is bound to; None while something is missing."""
    if understood.sourced is None or set(understood.inputs.missing) - asked.inputs.keys():
        return None
    given = understood.inputs.values | asked.inputs
    return await service.desk.approval(understood, given, sourced=understood.sourced)


def _unclear(understood: Understood, approve: str | None) -> Problem:
    """Nothing runs: it is not clear what is meant, or somebody has to say yes."""
    said = understood.data()
    if understood.sourced is None:
        return Problem(
            422,
            "unclear",
            f"nothing here fits these words: {understood.why}",
            remedy="`GET /api/v1/plans` has what can be asked for, and `GET /api/v1/capabilities` what there is",
            more={"request": said},
        )
    remedy = "send it again with `approve`, as a yes to what is shown"
    return Problem(
        422,
        "approve",
        f"{understood.plan} would run, and nobody has said yes to it",
        remedy=remedy if approve else f"give {', '.join(understood.inputs.missing)} in `inputs`",
        more={"request": said, "approve": approve},
    )


def sourced_of(service: Service, asked: Asked) -> Sourced | None:
    """The plan that is named or brought. Raises `NotFound`, `PlanError`."""
    if isinstance(asked.plan, dict):
        return plan_from_data(asked.plan)
    if asked.text is not None:
        return plan_from_yaml(asked.text)
    if asked.plan is None:
        return None
    known = service.desk.registered
    if asked.plan not in known:
        raise NotFound(
            f"no plan {asked.plan[:80]!r} is registered",
            remedy=did_you_mean(asked.plan[:80], known, "plans"),
        )
    return known[asked.plan]


def check_room(service: Service, principal: Principal) -> None:
    """Raises `Problem` if too much waits for its turn: of everybody, or of this caller while others wait, too."""
    keeper, most = service.keeper, service.backlog_max
    own = keeper.queued_of(principal.caller)
    if keeper.queued >= most or own >= max(most // max(keeper.callers, 2), 1):
        crowded = keeper.queued >= most
        raise Problem(
            503 if crowded else 429,
            "crowded",
            "too many runs wait for their turn",
            remedy="ask again later",
            headers={"Retry-After": "5"},
        )
