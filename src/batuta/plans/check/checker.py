"""Check a plan against the capabilities there are. Pure; all flaws at once, each with a stable code.

A few passes over one walk, each of which says at its head what it finds: `names` (and `walk`), `order`, `arguments`,
`types`, `bounds`, `effects`, `usefulness`, `braces`, `reach`, and `silence` at the end. `batuta.plans.rules` lists all
codes; flaws of the text itself have codes below B100.
"""

import gc
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from batuta.errors import Finding
from batuta.plans.check.arguments import check_arguments
from batuta.plans.check.bounds import check_bounds
from batuta.plans.check.braces import check_braces
from batuta.plans.check.effects import check_effects
from batuta.plans.check.flaws import Flaws
from batuta.plans.check.order import check_order
from batuta.plans.check.reach import check_reach
from batuta.plans.check.silence import silenced
from batuta.plans.check.types import check_types
from batuta.plans.check.usefulness import check_usefulness
from batuta.plans.check.walk import walk
from batuta.plans.inputs import input_findings
from batuta.plans.read import STEPS_MAX
from batuta.reading.places import NOWHERE, Places
from batuta.spec.budget import Budget
from batuta.spec.card import Card
from batuta.spec.plan import Plan

__all__ = ["check"]

# What a walk makes lives as long as the walk and has no circles, so that collecting garbage meanwhile finds nothing,
# and is 40 % of the time: 5.6 ms instead of 9.6 for 1,000 steps. In larger plans the expressions cost more than that.
_UNCOLLECTED_STEPS_MAX = 2_000


def check(
    plan: Plan,
    cards: Mapping[str, Card],
    places: Places | None = None,
    inputs: Mapping[str, Any] | None = None,
    *,
    budget: Budget | None = None,
    warnings: bool = True,
) -> list[Finding]:
    """Everything that is wrong with `plan`, in the order of its text; [] if nothing is.

    Args:
        places: where its parts stand, if it was read from a text.
        inputs: those of a run; they are checked too if they are given.
        budget: what the workspace gives a run at most.
        warnings: tell those as well. They are findings with `warning` set, and never stop a run.
    """
    flaws = Flaws(places or NOWHERE)
    if len(plan.steps) > STEPS_MAX:
        flaws.key(
            "B115",
            f"the plan has {len(plan.steps):,} steps",
            ("steps",),
            f"write at most {STEPS_MAX:,}; repeat work over a list with `each`",
        )
    elif len(plan.steps) <= _UNCOLLECTED_STEPS_MAX:
        with _uncollected():
            _check(plan, cards, flaws, budget, warnings=warnings)
    else:
        _check(plan, cards, flaws, budget, warnings=warnings)
    findings = flaws.in_order()
    if inputs is not None:
        findings += input_findings(plan, inputs, places or NOWHERE)
        findings.sort(key=lambda finding: (finding.place.line, finding.place.column))
    if not warnings:
        return [finding for finding in findings if not finding.warning]
    return silenced(findings, places) if places is not None else findings


@contextmanager
def _uncollected() -> Generator[None]:
    """No garbage is collected meanwhile, unless somebody else says so."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _check(
    plan: Plan,
    cards: Mapping[str, Card],
    flaws: Flaws,
    budget: Budget | None,
    *,
    warnings: bool,
) -> None:
    seen = walk(plan, cards, flaws)
    if not flaws.full:
        check_order(seen)
        check_arguments(seen)
    # Whatever is said of the whole is only true of a plan whose names and order are right.
    sound = not flaws.errors
    if not flaws.full:
        check_types(seen)
    if sound:
        check_bounds(seen, budget)
    if sound and warnings:
        check_effects(seen)
        check_usefulness(seen)
        check_braces(seen)
        check_reach(seen)
