"""The bounds of a whole plan, out of those of its steps."""

from collections.abc import Collection, Container, Mapping
from typing import Any, NamedTuple

import msgspec

from batuta.plans.bounds.extent import Extent, extents
from batuta.plans.bounds.links import links
from batuta.plans.bounds.step import NEVER, NONE, StepBounds, step_bounds
from batuta.plans.bounds.worst import Worst, least, total
from batuta.plans.graph import longest_path
from batuta.plans.partly import Known, known_inputs
from batuta.spec.budget import Budget
from batuta.spec.card import Card
from batuta.spec.plan import Plan

__all__ = ["AT_ONCE", "Bounds", "bounds"]

# Calls at once in a process whose workspace does not say (`limits.calls`).
AT_ONCE = 64


class Lane(NamedTuple):
    """Where calls wait for each other: `limit` of them at once, `width` that may come at once, `seconds` in all."""

    limit: int
    width: int = 0
    seconds: float = 0.0

    def also(self, width: int, seconds: float) -> "Lane":
        """The same, with more calls."""
        return Lane(self.limit, self.width + width, self.seconds + seconds)


class Bounds(msgspec.Struct, frozen=True):
    """Of the whole plan.

    Attributes:
        free: all of it under the budgets of its steps, but not under its own; compensations left out.
        undo: what takes everything back, as far as the budget lets it happen.
        worst: under every budget, with compensations.
        slowest: the chain of steps that takes longest at worst; empty if that has no bound.
        lanes: what its calls wait for, by lane of capabilities, "" for those that any call needs.
    """

    steps: dict[str, StepBounds]
    free: Worst
    undo: Worst
    worst: Worst
    slowest: tuple[str, ...] = ()
    lanes: dict[str, Lane] = {}


# The bounds of the plans that a step carries out, by step and by capability.
InnerBounds = Mapping[str, Mapping[str, Bounds]]


def bounds(
    plan: Plan,
    cards: Mapping[str, Card],
    known: Known | None = None,
    *,
    deps: Mapping[str, Collection[str]] | None = None,
    skipped: Container[str] = (),
    at_once: int = AT_ONCE,
    inner: InnerBounds | None = None,
) -> Bounds:
    """What a run of `plan` can come to at most.

    Args:
        known: what is known of the inputs of the run; nothing by default.
        deps: for every step those it waits for, if the caller has them already (`links`).
        skipped: steps that never run.
        at_once: calls at once in the process.
        inner: what the plans come to that its steps carry out, by step and by capability; no bound without.

    A plan with flaws is bounded as far as it can be understood; what is on a circle counts as if it were not.
    """
    waits_for = links(plan) if deps is None else deps
    found = extents(plan, cards, known or known_inputs(plan, None))
    plans = inner or {}
    steps = _each_step(plan, cards, found, skipped, plans)
    inside = total(
        one.free.within(plan.steps[name].budget, one.call, one.pause_s)
        for name, one in steps.items()
    )
    durations = {name: one.worst.time_s for name, one in steps.items()}
    time_s, slowest = _slowest(waits_for, durations)
    lanes = _lanes(plan, cards, steps, at_once, plans)
    if time_s is not None:
        time_s += sum(one.seconds / one.limit for one in lanes.values() if one.width > one.limit)
    free = Worst(inside.calls, inside.cost_nusd, time_s)
    undo = total(one.undo for one in steps.values())
    own = plan.budget
    if plan.timeout_s is not None:
        own = Budget(seconds=plan.timeout_s).narrowed(own)
    # Most of them are one: what is alike is bounded alike.
    distinct = {id(one): one for one in steps.values()}.values()
    call, undo_call = Worst(), Worst()
    for one in distinct:
        call, undo_call = call.or_else(one.call), undo_call.or_else(one.undo_call)
    within = free.within(own, call, max((one.pause_s for one in distinct), default=0.0))
    if own is not None and own.calls is not None:
        # So few calls leave no more effects to take back.
        undo = undo.and_also(undo_call.times(own.calls))
    return Bounds(steps, free, undo, within.plus(undo), slowest, lanes)


def _each_step(
    plan: Plan,
    cards: Mapping[str, Card],
    found: Mapping[str, Extent],
    skipped: Container[str],
    plans: InnerBounds,
) -> dict[str, StepBounds]:
    # Most steps of a plan are one call of few capabilities: 1.5 µs each instead of 17.
    alike: dict[Any, StepBounds] = {}
    steps: dict[str, StepBounds] = {}
    for name, step in plan.steps.items():
        if name in skipped:
            steps[name] = NEVER
            continue
        inner = plans.get(name)
        if inner or step.each or step.repeat or step.fallback or step.undo or step.budget:
            worst = NONE if inner is None else {use: one.worst for use, one in inner.items()}
            steps[name] = step_bounds(step, cards, found[name], worst)
            continue
        key = (step.use, step.timeout_s, step.retry)
        one = alike.get(key)
        if one is None:
            one = alike[key] = step_bounds(step, cards, found[name])
        steps[name] = one
    return steps


def _slowest(
    waits_for: Mapping[str, Collection[str]], durations: Mapping[str, float | None]
) -> tuple[float | None, tuple[str, ...]]:
    """The longest chain, and how long it takes if nobody waits for a lane; None if that has no bound."""
    known = {name: time_s for name, time_s in durations.items() if time_s is not None}
    return longest_path(waits_for, known) if len(known) == len(durations) else (None, ())


def _lanes(
    plan: Plan,
    cards: Mapping[str, Card],
    steps: Mapping[str, StepBounds],
    at_once: int,
    plans: InnerBounds,
) -> dict[str, Lane]:
    """Who waits for whom: while a call waits for a lane, all of its kind work, so that much is the longest wait."""
    lanes = {"": Lane(least(plan.limit or None, at_once))}
    for name, one in steps.items():
        step = plan.steps[name]
        width = min(one.items, step.limit or one.items)
        seconds = (one.instance.time_s or 0.0) * one.items
        inner = plans.get(name)
        if inner is not None:
            # What carries out a plan holds no lane meanwhile; the calls inside do.
            for bounded in inner.values():
                for use, lane in bounded.lanes.items():
                    before = lanes.get(use, Lane(lane.limit))
                    lanes[use] = before.also(lane.width * width, lane.seconds * one.items)
            continue
        lanes[""] = lanes[""].also(width, seconds)
        for use in dict.fromkeys(step.uses) if step.fallback else (step.use,):
            card = cards.get(use)
            if card is not None and card.concurrency:
                known = lanes.get(card.lane, Lane(card.concurrency))
                lanes[card.lane] = known.also(width, seconds)
    return lanes
