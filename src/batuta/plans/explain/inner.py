"""Steps that carry out a plan (`use: plan.NAME`): what they do, ask, take and cost is what that plan does."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

import msgspec

from batuta.plans.bounds import StepBounds
from batuta.plans.explanation import Asked, Explanation, Forecast, StepExplained
from batuta.plans.partly import ROUND, Known, known_inputs
from batuta.spec.card import EFFECTS, REACHES, Card
from batuta.spec.foreseen import UNKNOWN, touches_unknown
from batuta.spec.plan import Plan, Step

__all__ = ["carrying_out", "furthest", "inputs_known", "reached"]


def inputs_known(inner: Plan, step: Step, shape: Any, known: Known) -> Known:
    """What is known of the inputs of `inner` when `step` carries it out with the arguments `shape`."""
    if step.each is not None or step.repeat is not None:
        known = known.inside(item=UNKNOWN, index=UNKNOWN, **ROUND)
    values = known.shape(shape)
    if not isinstance(values, dict):
        return known_inputs(inner, dict.fromkeys(inner.inputs, UNKNOWN))
    given = cast("dict[str, Any]", values)
    # Of a list that is written out, how long it is at most is known, whatever its items will be.
    return known_inputs(
        inner,
        {
            name: UNKNOWN if touches_unknown(value, ()) and not isinstance(value, list) else value
            for name, value in given.items()
        },
    )


def carrying_out(
    step: StepExplained, inner: Explanation, bound: StepBounds, at_once: int
) -> StepExplained:
    """`step` as what the plan makes of it that it carries out, `at_once` items at a time."""
    parts = [one for one in inner.steps if not one.skipped]
    times = bound.items * bound.rounds
    refused = next((_refused(one) for one in parts if one.denied or one.denied_maybe), "")
    return msgspec.structs.replace(
        step,
        effect=furthest((one.effect for one in parts), EFFECTS),
        reach=furthest((one.reach for one in parts), REACHES),
        declared=all(one.declared for one in parts),
        metered=any(one.metered for one in parts),
        asks=(*step.asks, *_asked(step.name, inner, times)),
        denied_maybe=step.denied_maybe or ("" if step.denied else refused),
        forecast=_forecast(step.forecast, inner.totals.forecast, bound, at_once),
        expands=any(one.expands for one in parts),
        inner=inner,
    )


def furthest(words: Iterable[str], order: tuple[str, ...]) -> str:
    """The word that stands last in `order`; the first of it without any."""
    return max(words, key=order.index, default=order[0])


def reached(card: Card, cards: Mapping[str, Card]) -> list[Card]:
    """`card`, and those that its calls may lead to, as far as cards say."""
    found = {card.name: card}
    waiting = [card]
    while waiting:
        for name in waiting.pop().calls:
            if name in cards and name not in found:
                found[name] = cards[name]
                waiting.append(cards[name])
    return list(found.values())


def _refused(one: StepExplained) -> str:
    return f"{one.denied or one.denied_maybe} (in {one.name})"


def _asked(name: str, inner: Explanation, times: int) -> Iterable[Asked]:
    """The questions of the plan, as questions of the step: what depends inside is not certain outside."""
    whens = {one.name: one.only_when for one in inner.steps}
    for one in inner.questions if times else ():
        when = whens.get(one.step.partition("/")[0], "")
        only = f"only when {when}" if when else ""
        yield msgspec.structs.replace(
            one,
            step=f"{name}/{one.step}",
            certain=one.certain and not when,
            at_most=one.at_most * times,
            why=", ".join(filter(None, (one.why, only))),
        )


def _forecast(worst: Forecast, inner: Forecast, bound: StepBounds, at_once: int) -> Forecast:
    """The bounds are the step's; what is expected is that of the plan inside, for every item."""
    items = bound.items_known if bound.rounds == 1 else None
    calls = cost = time_s = None
    if items is not None:
        if inner.calls_expected is not None:
            calls = (1 + inner.calls_expected) * items
        if inner.cost_expected_nusd is not None:
            cost = inner.cost_expected_nusd * items
        if inner.time_expected_s is not None:
            time_s = inner.time_expected_s * -(-items // max(min(at_once, items), 1))
    return msgspec.structs.replace(
        worst, calls_expected=calls, cost_expected_nusd=cost, time_expected_s=time_s
    )
