"""Whether the rest of a run that failed can be done: what is left to spend, and what a new plan must do. Pure."""

from collections.abc import Sequence

import msgspec

from batuta.planning.blame import WRONG, Blame
from batuta.spec.budget import Budget, usd
from batuta.spec.run import Run
from batuta.spec.shape import PlanShape, StepShape

__all__ = ["NoWay", "budget_left", "check_in_place", "less"]


class NoWay(Exception):
    """Nothing goes on in place of a run, and this is why."""


def check_in_place(before: PlanShape, rest: Sequence[StepShape], blame: Blame) -> None:
    """See that some of the steps `rest` does what has failed, and the plan is not just the same without it.

    Raises `NoWay`.
    """
    new = {name for step in rest for name in step.uses}
    blamed = blame.without or blame.code == WRONG
    if not new or (blamed and new <= before.capabilities):
        raise NoWay("it only leaves out what failed")


def budget_left(run: Run, now: float) -> Budget | None:
    """What is left of the budget of a run that has ended, or would end `now`; None if it has none. Raises `NoWay`."""
    if not run.purses:
        return None
    over = now if run.ended is None else run.ended.at
    purse = run.purses[0]
    budget, limit = purse.budget, purse.limit_nusd
    left = Budget(
        usd=None if limit is None else usd(max(limit - purse.spent_nusd, 0)),
        calls=None if budget.calls is None else budget.calls - purse.calls,
        seconds=None if budget.seconds is None else purse.ends_at - over,
    )
    # Without money there is still what costs nothing.
    if any(part is not None and part <= 0 for part in (left.calls, left.seconds)):
        raise NoWay("nothing of its budget is left")
    return left


def less(budget: Budget, cost_nusd: int) -> Budget:
    """`budget` without what `cost_nusd` nano-dollars have been spent of it."""
    limit = budget.limit_nusd
    if limit is None:
        return budget
    return msgspec.structs.replace(budget, usd=usd(max(limit - cost_nusd, 0)))
