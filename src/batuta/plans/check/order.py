"""The order of steps: circles, and settings that have something to count only together with others.

B024  `join` is no word there is   B114  `join` wants more steps than there are
B104  steps wait for each other    B117  a setting without effect
"""

from batuta.plans.check.seen import Seen, Walk
from batuta.plans.graph import cycles
from batuta.spec.plan import FANOUT_DEFAULT_MAX

__all__ = ["check_order"]


def check_order(walk: Walk) -> None:
    """Tell what is wrong with the order of the steps that were walked through."""
    for seen in walk.steps.values():
        step = seen.step
        assert step is not None
        if step.join != "all":
            _check_join(walk, seen)
        if step.each is None:
            _check_each(walk, seen)
    if walk.in_order or walk.flaws.full:
        return
    for cycle in cycles(walk.deps):
        walk.flaws.key(
            "B104",
            f"steps wait for each other: {' → '.join([*cycle, cycle[0]])}",
            ("steps", cycle[0]),
            "take one of these uses or one `after` out; to do something again, use `repeat`",
        )


def _check_join(walk: Walk, seen: Seen) -> None:
    step = seen.step
    assert step is not None
    count = len(seen.joined)
    try:
        quorum = step.quorum
    except ValueError:
        # Only a plan made in Python, and not read by `plan_from_data`, can have it.
        walk.flaws.at(
            "B024",
            f"expected one of all, first, any(2), got {step.join!r}",
            (*seen.path, "join"),
            "write one of them",
        )
        return
    if quorum > count:
        remedy = "lower the number, or use more steps (in expressions or in `after`)"
        if count < len(seen.deps):
            remedy += "; to read `errors` of a step is not to use it"
        walk.flaws.at(
            "B114",
            f"`join: {step.join}` wants {quorum} of the steps that {seen.name!r} uses, "
            f"and it uses {count}",
            (*seen.path, "join"),
            remedy,
        )


def _check_each(walk: Walk, seen: Seen) -> None:
    step = seen.step
    assert step is not None
    if step.limit:
        walk.flaws.key(
            "B117",
            "`limit` says how many items at once, and there is no `each`",
            (*seen.path, "limit"),
            "add `each`, or take `limit` out",
        )
    if step.at_most != FANOUT_DEFAULT_MAX:
        walk.flaws.key(
            "B117",
            "`at_most` says how many items in all, and there is no `each`",
            (*seen.path, "at_most"),
            "add `each`, or take `at_most` out; rounds are bounded in `repeat`",
        )
