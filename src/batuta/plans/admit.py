"""What may be run: a plan in its normal form, without flaws."""

from collections.abc import Iterable, Mapping

from batuta.errors import Finding, PlanError
from batuta.plans.build import plan_from_data
from batuta.plans.check import check
from batuta.spec.card import Card
from batuta.spec.plan import Plan

__all__ = ["admitted", "raise_flaws"]


def admitted(plan: Plan, cards: Mapping[str, Card]) -> Plan:
    """The plan as its YAML form would be read, so that what was made in Python has the same bounds and digest.

    Raises:
        PlanError: it has flaws.
    """
    normal = plan_from_data(plan).plan
    raise_flaws(check(normal, cards, warnings=False))
    return normal


def raise_flaws(findings: Iterable[Finding]) -> None:
    """Raise `PlanError` with those of `findings` that are more than warnings, if there are any."""
    flaws = [one for one in findings if not one.warning]
    if flaws:
        raise PlanError(flaws[0].message, place=flaws[0].place, findings=flaws)
