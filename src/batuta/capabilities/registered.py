"""Registered plans as capabilities: `use: plan.answer-ticket` answers with that plan.

A call of it is the plan carried out: its steps, their policy, budgets and approvals are those of the run that it is
part of, and its result is the value of the step. A file is read when somebody asks for its plan, not before: a
workspace may have a thousand of them, and a command uses one.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

from batuta.capabilities.settings import Name
from batuta.errors import BatutaError, InputError
from batuta.plans.admit import admitted, raise_flaws
from batuta.plans.build import Sourced, plan_from_file
from batuta.plans.check import check
from batuta.plans.naming import plan_name
from batuta.plans.record.recording import Recording
from batuta.ports import Capability
from batuta.spec.call import Call, Expand, Outcome
from batuta.spec.card import Card
from batuta.spec.plan import Plan
from batuta.spec.shape import PlanShape

__all__ = [
    "PREFIX",
    "FlawedPlan",
    "PlanCapability",
    "admitted_whole",
    "check_inner",
    "plan_of",
    "registered_plans",
]

PREFIX = "plan."
KIND = "plan"


class PlanCapability:
    """A plan that can be called: the arguments are its inputs, its result is the value.

    Itself it does nothing to the world; what its steps do stands on the cards of their capabilities.
    """

    def __init__(self, sourced: Sourced) -> None:
        plan, self.places = sourced
        self.plan = plan
        self.card = Card(
            name=PREFIX + plan.name,
            description=plan.description,
            input=_arguments(plan.inputs),
            effect="pure",
            reach="local",
            kind=KIND,
            expands=True,
            plan=plan.digest(),
        )

    async def __call__(self, call: Call) -> Outcome:
        return Expand(self.plan, dict(call.args))


class FlawedPlan:
    """A plan that cannot be carried out, and why; it stands in lists, and refuses calls."""

    def __init__(self, name: str, error: BatutaError) -> None:
        self.error = error
        self.card = Card(
            name=PREFIX + name,
            description=f"cannot be used: {error.message}",
            effect="pure",
            reach="local",
            kind=KIND,
            expands=True,
        )

    async def __call__(self, call: Call) -> Outcome:
        raise self.error


def registered_plans(
    files: Iterable[Path], workflows: Iterable[Recording[..., Any]]
) -> dict[str, Callable[[], PlanCapability | FlawedPlan]]:
    """How to get the capability of each plan, by its name: plans in `files`, and those that `workflows` record."""
    sources: dict[str, dict[str, Callable[[], Sourced]]] = {}
    for file in files:
        if name := plan_name(file):
            sources.setdefault(name, {})[str(file)] = partial(plan_from_file, file)
    for workflow in workflows:
        sources.setdefault(workflow.name, {})["a module"] = partial(_recorded, workflow)
    return {
        PREFIX + name: cache(partial(_loaded, name, places))
        for name, places in sources.items()
        if Name.fullmatch(PREFIX + name)
    }


def plan_of(get: Callable[[str], Capability], name: str) -> Plan | None:
    """The plan that the capability `name` always answers with, or None. `get` gives a capability by its name."""
    plan = getattr(get(name), "plan", None)
    return plan if isinstance(plan, Plan) else None


def admitted_whole(plan: Plan, cards: Mapping[str, Card], get: Callable[[str], Capability]) -> Plan:
    """What `admitted` gives for `plan`, if the plans that it calls are sound too. Raises as both do."""
    normal = admitted(plan, cards)
    check_inner(normal, cards, get)
    return normal


def check_inner(plan: Plan, cards: Mapping[str, Card], get: Callable[[str], Capability]) -> None:
    """See that the plans that `plan` calls, and those that they call, are sound.

    Raises:
        PlanError: one of them has flaws. InputError: one cannot be read.
    """
    seen: set[str] = set()
    waiting = [plan]
    while waiting:
        for name in PlanShape(waiting.pop()).capabilities:
            if name in seen or name not in cards:
                continue
            if cards[name].kind != KIND and not cards[name].plan:
                continue
            seen.add(name)
            found = get(name)
            if isinstance(found, FlawedPlan):
                raise found.error
            inner = plan_of(get, name)
            if inner is not None:
                places = found.places if isinstance(found, PlanCapability) else None
                raise_flaws(check(inner, cards, places, warnings=False))
                waiting.append(inner)


def _loaded(name: str, places: Mapping[str, Callable[[], Sourced]]) -> PlanCapability | FlawedPlan:
    try:
        if len(places) > 1:
            raise InputError(
                f"{len(places)} registered plans are called {name!r}: {', '.join(places)}",
                remedy="give each plan a name of its own",
            )
        (load,) = places.values()
        return PlanCapability(load())
    except BatutaError as error:
        return FlawedPlan(name, error)


def _recorded(workflow: Recording[..., Any]) -> Sourced:
    return workflow.recorded.sourced


def _arguments(inputs: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: dict(schema) for name, schema in inputs.items()},
        "required": [name for name, schema in inputs.items() if "default" not in schema],
        "additionalProperties": False,
    }
