"""All rules, one after the other, until none of them finds anything more to do."""

from collections.abc import Callable, Collection, Mapping

import msgspec

from batuta.errors import ExpressionError
from batuta.plans.explanation import Change
from batuta.plans.rewrite.conditions import asked_early
from batuta.plans.rewrite.dead import without_dead
from batuta.plans.rewrite.draft import Draft, Tangled
from batuta.plans.rewrite.order import freed
from batuta.plans.rewrite.twins import once
from batuta.spec.card import Card
from batuta.spec.plan import Plan

__all__ = ["RULES", "Rewritten", "rewritten"]

# In this order: what is dead gates nobody, and what waits for nothing has more equals.
RULES: Mapping[str, Callable[[Draft], tuple[Draft, list[Change]]]] = {
    "dead": without_dead,
    "order": freed,
    "common": once,
    "condition": asked_early,
}
# Every pass takes something away or adds a condition where there was none; few plans need more than three.
PASSES_MAX = 20


class Rewritten(msgspec.Struct, frozen=True):
    """The plan as it came out, and what was done to it, in order; the plan itself if nothing was."""

    plan: Plan
    changes: tuple[Change, ...] = ()


def rewritten(
    plan: Plan, cards: Mapping[str, Card], rules: Collection[str] = tuple(RULES)
) -> Rewritten:
    """`plan` after `rules` (all of them unless stated), applied to a fixed point.

    A plan that has flaws, and that `check` would refuse, stays as it is. The same plan and cards give the same
    changes in the same order.
    """
    try:
        draft = Draft(plan, cards)
    except (ExpressionError, Tangled, ValueError):
        return Rewritten(plan)
    changes: list[Change] = []
    for _ in range(PASSES_MAX):
        before = len(changes)
        for name, rule in RULES.items():
            if name in rules:
                draft, found = rule(draft)
                changes += found
        if len(changes) == before:
            break
    return Rewritten(draft.plan, tuple(changes)) if changes else Rewritten(plan)
