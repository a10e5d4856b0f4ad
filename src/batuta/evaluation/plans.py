"""The plans that an evaluation runs: one for a case, and one that goes over all of them.

In a suite `case`, `value` and `output` are names; in a plan they are an input and the values of two steps.
"""

import re
from collections.abc import Mapping
from typing import Any, cast

import msgspec

from batuta.capabilities.registered import PREFIX
from batuta.errors import Place
from batuta.evaluation.scoring import CONTAINS, EXACT, SIMILAR
from batuta.evaluation.suite import Scorer, Suite, Target
from batuta.plans.build import plan_from_data
from batuta.reading.places import Places
from batuta.spec.expr import compile_template
from batuta.spec.plan import FANOUT_MAX, Plan

__all__ = [
    "TARGET",
    "CasePlaces",
    "as_in_suite",
    "case_plan",
    "is_of_suite",
    "name_of_run",
    "suite_plan",
]

_TRIALS = "trials"
# The step of a case that gives the answer; the others look at it.
TARGET = "target"
_OUTPUT, _SCORE = "output", "score_"
_ROOTS = frozenset({"case", "output", "value"})
_WORDS = {f"steps.{TARGET}": "value", f"steps.{_OUTPUT}": "output", "inputs.case": "case"}
_NAME = re.compile("|".join(rf"\b{re.escape(one)}\b" for one in _WORDS))
_STEP = re.compile(rf"\bstep '(?:{_SCORE}(\w+)|({TARGET}|{_OUTPUT}))'")


def name_of_run(suite_name: str) -> str:
    """What the plan of a whole evaluation is called, in lists of runs."""
    return f"eval-{suite_name}"


def _name_of_case(name: str) -> str:
    return f"{name}-case"


def case_plan(suite: Suite) -> Plan:
    """What is done with one case. Raises `PlanError` if no plan can say it."""
    target = suite.target
    own = suite.output != "${value}"
    names = {
        "case": "inputs.case",
        "value": f"steps.{TARGET}",
        "output": f"steps.{_OUTPUT if own else TARGET}",
    }
    steps: dict[str, Any] = {
        TARGET: {
            "use": target.use or PREFIX + target.plan,
            "with": _renamed(target.with_, names),
            "retry": target.retry,
            "timeout": target.timeout_s,
            "may_fail": True,
        }
    }
    if own:
        looked_at = {"value": _renamed(suite.output, names)}
        steps[_OUTPUT] = {"use": "value", "with": looked_at, "may_fail": True}
    for name, one in suite.scorers.items():
        steps[_SCORE + name] = {**_scoring(one, target, names), "may_fail": True}
    return plan_from_data(
        {
            "name": _name_of_case(name_of_run(suite.name)),
            "description": f"One case of the suite {suite.name}.",
            "inputs": {"case": "object"},
            "steps": steps,
            "result": {
                "output": f"${{{names['output']}}}",
                "error": _first_error([TARGET, _OUTPUT] if own else [TARGET]),
                "scores": {
                    name: {
                        "value": f"${{steps.{_SCORE}{name}}}",
                        "error": f"${{errors.{_SCORE}{name}}}",
                    }
                    for name in suite.scorers
                },
            },
        }
    ).plan


def suite_plan(suite: Suite) -> Plan:
    """What goes over all cases. Its inputs: `suite` (what is to be known of it later), and the `trials`."""
    name = name_of_run(suite.name)
    return plan_from_data(
        {
            "name": name,
            "description": suite.description or f"Evaluates the suite {suite.name}.",
            "inputs": {"suite": "object", _TRIALS: "list"},
            "steps": {
                _TRIALS: {
                    "use": PREFIX + _name_of_case(name),
                    "each": f"${{inputs.{_TRIALS}}}",
                    "at_most": FANOUT_MAX,
                    "limit": suite.limit,
                    "with": {"case": "${item.case}"},
                    "may_fail": True,
                }
            },
            "result": f"${{steps.{_TRIALS}}}",
            **({"budget": msgspec.to_builtins(suite.budget)} if suite.budget else {}),
        }
    ).plan


def is_of_suite(plan: Plan) -> bool:
    """True if `suite_plan` has made it: what is done with a case stands in the suite, and in no workspace."""
    trials = plan.steps.get(_TRIALS)
    return trials is not None and trials.use == PREFIX + _name_of_case(plan.name)


def as_in_suite(message: str) -> str:
    """What is said of the plan of a case, in the words of its suite.

    >>> as_in_suite("step 'score_right': steps.target has no field 'x'")
    "scorers.right: value has no field 'x'"
    """
    message = _STEP.sub(lambda found: f"scorers.{found[1]}" if found[1] else found[2], message)
    return _NAME.sub(lambda found: _WORDS[found[0]], message)


class CasePlaces(Places):
    """Where the parts of a case's plan stand in its suite."""

    def __init__(self, places: Places) -> None:
        super().__init__()
        self._suite = places

    @property
    def text(self) -> str:
        """The text of the suite."""
        return self._suite.text

    def position(self, at: int) -> Place:
        """In the text of the suite."""
        return self._suite.position(at)

    def at(self, *path: str | int) -> Place:
        """In the suite."""
        return self._suite.at(*_in_suite(path))

    def key(self, *path: str | int) -> Place:
        """In the suite."""
        return self._suite.key(*_in_suite(path))

    def inside(self, path: tuple[str | int, ...], words: str, offset: int) -> Place:
        """Where it begins: the words are not those of the suite."""
        return self._suite.at(*_in_suite(path))


def _in_suite(path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    if len(path) < 2 or path[0] != "steps":
        return ()
    name = str(path[1])
    rest = path[2:]
    if name == TARGET:
        return ("target", "plan" if rest == ("use",) else "with", *rest[1:])
    if name == _OUTPUT:
        return ("output",)
    return ("scorers", name.removeprefix(_SCORE), *rest[1:])


def _scoring(one: Scorer, target: Target, names: Mapping[str, str]) -> dict[str, Any]:
    """The step of a scorer."""
    output = f"${{{names['output']}}}"
    match one.kind:
        case "exact" | "contains" | "similar" as kind:
            use = {"exact": EXACT, "contains": CONTAINS, "similar": SIMILAR}[kind]
            expected = _renamed(getattr(one, kind), names)
            return {"use": use, "with": {"output": output, "expected": expected}}
        case "check":
            return {"use": "check", "with": {**cast("dict[str, Any]", one.check), "value": output}}
        case "judge":
            task = target.with_ if one.task is msgspec.UNSET else one.task
            given: dict[str, Any] = {"task": _renamed(task, names), "candidates": [output]}
            if one.reference is not msgspec.UNSET:
                given["reference"] = _renamed(one.reference, names)
            return {"use": one.judge, "with": given}
        case _:
            given = {} if one.with_ is msgspec.UNSET else _renamed(one.with_, names)
            return {"use": one.use, "with": given}


def _first_error(steps: list[str]) -> str:
    if len(steps) == 1:
        return f"${{errors.{steps[0]}}}"
    first, second = steps
    return f"${{errors.{first} != null ? errors.{first} : errors.{second}}}"


def _renamed(shape: Any, names: Mapping[str, str]) -> Any:
    """`shape` with the names of a plan in the place of those of a suite, wherever expressions use them."""
    if isinstance(shape, str):
        uses = compile_template(shape, _ROOTS).references
        for use in sorted(uses, key=lambda one: one.offset, reverse=True):
            assert shape.startswith(use.root, use.offset), "a reference begins with its root"
            shape = shape[: use.offset] + names[use.root] + shape[use.offset + len(use.root) :]
        return shape
    if isinstance(shape, dict):
        return {key: _renamed(one, names) for key, one in cast("dict[str, Any]", shape).items()}
    if isinstance(shape, list | tuple):
        return [_renamed(one, names) for one in cast("list[Any]", shape)]
    return shape
