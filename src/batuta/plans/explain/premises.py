"""What EXPLAIN goes by."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from batuta.plans.bounds import AT_ONCE
from batuta.spec.budget import Budget
from batuta.spec.card import Card
from batuta.spec.foreseen import Forecaster
from batuta.spec.plan import Plan
from batuta.spec.statistics import Statistics

__all__ = ["Premises"]


class Premises(NamedTuple):
    """What is known beside the plan itself.

    Attributes:
        cards: what can be called, by name.
        forecaster: foresees the policy.
        statistics: what the log has measured; without, nothing is expected of time and money.
        budget: of the workspace and the plan together; that of the plan if None.
        at_once: calls at once in the process.
        supervised: whatever changes something is asked about first.
        plan_of: the plan that a capability always answers with, by its name; None if it is no plan.
    """

    cards: Mapping[str, Card]
    forecaster: Forecaster
    statistics: Statistics = Statistics()
    budget: Budget | None = None
    at_once: int = AT_ONCE
    supervised: bool = False
    plan_of: Callable[[str], Plan | None] = lambda _: None
