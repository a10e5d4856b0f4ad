"""Conditions that have one result, whatever the values are.

B123  a `when` that is never true    B130  a `when` that is always true
B124  an `until` that is never true  B149  an `until` that is always true
"""

from batuta.plans.check.flaws import Flaws
from batuta.plans.check.seen import Formula
from batuta.plans.types import Inferred

__all__ = ["tell_constant"]


def tell_constant(flaws: Flaws, name: str, formula: Formula, inferred: Inferred) -> None:
    """Tell what follows for step `name` from a condition that is known to be `inferred.constant`."""
    why = inferred.why
    match formula.where[2:], inferred.constant:
        case ("when",), False if formula.expression.text.strip() != "false":
            flaws.at(
                "B123",
                f"this is never true, so {name!r} never runs: {why}",
                formula.where,
                "correct it; to switch the step off on purpose, write `when: false`",
            )
        case ("when",), True:
            flaws.at(
                "B130",
                f"this is always true: {why}",
                formula.where,
                "take `when` out, or correct it",
            )
        case ("repeat", "until"), False:
            flaws.at(
                "B124",
                f"this is never true, so {name!r} fails after its last round: {why}",
                formula.where,
                "correct it; to do something so many times, use `each` over a list",
            )
        case ("repeat", "until"), True:
            flaws.at(
                "B149",
                f"this is true after the first round: {why}",
                formula.where,
                "take `repeat` out, or correct the condition",
            )
        case _:
            pass
