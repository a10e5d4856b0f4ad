"""A run that somebody asks for: by the name of a plan, with a plan of their own, or in words."""

from typing import Annotated, Any

import msgspec

from batuta.doors.http.access.principal import Principal
from batuta.doors.http.problems import Problem
from batuta.errors import NotFound
from batuta.plans.build import Sourced, plan_from_data, plan_from_yaml
from batuta.reading.nearest import did_you_mean
from batuta.serving.service import Service

__all__ = ["Asked", "begin", "sourced_of"]


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
    sourced = sourced_of(service, asked)
    assert sourced is not None
    return await service.app.start(sourced.plan, asked.inputs, author=principal.name, key=key)


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
