"""What a plan comes to at worst, against its budgets.

    B126  what is certain exceeds the budget     B135  the worst case exceeds the budget

Only figures that somebody has written count: an `each` without `at_most` and the time-out of a card would exceed every
budget, and no plan could be without a warning.
"""

import msgspec

from batuta.plans.bounds import bounds
from batuta.plans.check.flaws import Path
from batuta.plans.check.seen import Seen, Walk
from batuta.spec.budget import Budget
from batuta.spec.card import Card
from batuta.spec.figures import dollars
from batuta.spec.plan import FANOUT_DEFAULT_MAX, Plan

__all__ = ["check_bounds"]


def check_bounds(walk: Walk, around: Budget | None) -> None:
    """Compare with the budgets of plan and steps, and with `around`, that of the workspace."""
    plan = walk.plan
    budget = Budget(seconds=plan.timeout_s).narrowed(plan.budget).narrowed(around)
    stepwise = any(seen.step and seen.step.budget for seen in walk.steps.values())
    if budget == Budget() and not stepwise:
        return
    certain = _certain(walk)
    refused = False
    for name, seen in walk.steps.items():
        refused = _check_price(walk, seen, budget, certain=name in certain) or refused
        if walk.flaws.full:
            return
    if refused or budget == Budget():
        return
    if budget.calls is not None and len(certain) > budget.calls:
        walk.flaws.at(
            "B126",
            f"{len(certain)} steps are certain to run, and the budget is {budget.calls} calls",
            _place(plan, "calls"),
            f"raise it to {len(certain)} at least, or take steps out",
        )
        return
    _check_worst(walk, budget)


def _certain(walk: Walk) -> set[str]:
    """The steps that run whatever the values are, unless something fails."""
    steps = {name: seen.step for name, seen in walk.steps.items() if seen.step is not None}
    if any(step.join != "all" for step in steps.values()):
        return set()  # whoever joins may cancel the others
    return {name for name, step in steps.items() if step.each is None} - walk.skippable


def _check_price(walk: Walk, seen: Seen, around: Budget, *, certain: bool) -> bool:
    """True if a single call is refused because of what it may cost, or because there may be none."""
    step, card = seen.step, seen.card
    assert step is not None
    if card is None:
        return False
    budget = around if step.budget is None else step.budget.narrowed(around)
    limit = budget.limit_nusd
    if budget.calls == 0:
        what, why = "calls", f"{seen.name!r} may make no call at all: the budget is 0 calls"
    elif limit is not None and not card.priced:
        what = "usd"
        why = (
            f"nobody knows what a call of {card.name!r} costs, and the budget is "
            f"{dollars(limit)}: it is refused"
        )
    elif limit is not None and card.price_nusd > limit and not card.quoted:
        what = "usd"
        why = (
            f"one call of {card.name!r} may cost {dollars(card.price_nusd)}, and the budget is "
            f"{dollars(limit)}: it is refused"
        )
    else:
        return False
    own = step.budget is not None and getattr(step.budget, what) == getattr(budget, what)
    walk.flaws.at(
        "B126" if certain else "B135",
        why,
        (*seen.path, "budget", what) if own else (*seen.path, "use"),
        _remedy(card, what),
    )
    return True


def _remedy(card: Card, what: str) -> str:
    if what == "usd" and not card.priced:
        return (
            "say what it costs (`prices` of a model, `price_usd` of an agent),"
            " or take the budget of money out"
        )
    return "raise the budget, or use something cheaper" if what == "usd" else "raise the budget"


def _check_worst(walk: Walk, budget: Budget) -> None:
    plan = _stated(walk.plan)
    cards = {
        name: msgspec.structs.replace(card, timeout_s=0.0) for name, card in walk.cards.items()
    }
    worst = bounds(plan, cards, deps=walk.deps).free
    if budget.calls is not None and worst.calls is not None and worst.calls > budget.calls:
        _tell_worst(walk, "calls", f"{worst.calls:,} calls, and its budget is {budget.calls:,}")
    limit = budget.limit_nusd
    if limit is not None and worst.cost_nusd is not None and worst.cost_nusd > limit:
        most = f"{dollars(worst.cost_nusd)}, and its budget is {dollars(limit)}"
        _tell_worst(walk, "usd", most)
    longest_s = max((step.timeout_s or 0.0 for step in walk.plan.steps.values()), default=0.0)
    if budget.seconds is None or longest_s > budget.seconds:
        return  # of a single step that is too slow, its own warning says more
    if worst.time_s is not None and worst.time_s > budget.seconds:
        most = f"{worst.time_s:,.6g} s, and it has {budget.seconds:,.6g} s"
        _tell_worst(walk, "seconds", most)


def _stated(plan: Plan) -> Plan:
    """The plan with one item where nobody has said how many there may be."""
    steps = {
        name: msgspec.structs.replace(step, at_most=1)
        if step.each is not None and step.at_most == FANOUT_DEFAULT_MAX
        else step
        for name, step in plan.steps.items()
    }
    return msgspec.structs.replace(plan, steps=steps, budget=None, timeout_s=None)


def _tell_worst(walk: Walk, what: str, figures: str) -> None:
    verb = {"calls": "makes", "usd": "costs", "seconds": "takes"}[what]
    walk.flaws.at(
        "B135",
        f"at worst, the plan {verb} {figures}: then it fails half-way",
        _place(walk.plan, what),
        "raise the budget, or lower `at_most`, `retry` or the number of rounds",
    )


def _place(plan: Plan, what: str) -> Path:
    if what == "seconds" and plan.timeout_s is not None:
        return ("timeout",)
    if plan.budget is not None and getattr(plan.budget, what) is not None:
        return ("budget", what)
    return ("name",)
