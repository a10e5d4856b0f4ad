"""How plans of teams are written: what all of them have, and the step that repeats a round."""

from collections.abc import Iterable, Mapping
from typing import Any

from batuta.patterns.members import bounded
from batuta.plans.build import plan_from_data
from batuta.spec.plan import Plan

__all__ = ["BEFORE", "ROUNDS_MAX", "anybody", "in_rounds", "written"]

ROUNDS_MAX = 100
# The input of a round for what the one before came to, null in the first.
BEFORE = {"default": None, "description": "what the round before came to"}


def written(
    name: str,
    says: str,
    steps: Mapping[str, Any],
    result: Mapping[str, Any],
    inputs: Mapping[str, Any] | None = None,
) -> Plan:
    """The plan with the input `task` and those of `inputs`, as if somebody had written it down.

    Raises:
        PlanError: it has flaws.
    """
    data = {
        "name": name,
        "description": says,
        "inputs": {"task": "string", **(inputs or {})},
        "steps": steps,
        "result": result,
    }
    return plan_from_data(data).plan


def anybody(seats: Iterable[str]) -> dict[str, Any]:
    """The step `anybody`, which fails the run if none of `seats`, all of which may fail, has answered.

    Its value is true; whatever comes of the answers is made `when` it is.
    """
    return {
        "use": "value",
        "join": "first",
        "with": {"value": "${" + " || ".join(f"steps.{seat} != null" for seat in seats) + "}"},
    }


def in_rounds(round: Plan, at_most: int, ended: str, **given: str) -> dict[str, Any]:
    """The step `round`, which carries out the plan `round` until it has `ended`, or for `at_most` rounds.

    `given` are the inputs of the round besides the task. Raises `InputError` if `at_most` is out of its range.
    """
    bounded("at_most", at_most, 1, ROUNDS_MAX)
    return {
        "use": f"plan.{round.name}",
        "with": {"task": "${inputs.task}", **given},
        # Without a look at the index, a loop that used up its rounds would have failed.
        "repeat": {
            "until": f"steps.round.{ended} || index == {at_most - 1}",
            "at_most": at_most,
        },
    }
