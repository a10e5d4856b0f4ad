"""What a run of a plan will do, ask, take and cost: of every step, and of the whole."""

from collections.abc import Container, Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from batuta.errors import PlanError
from batuta.plans.bounds import Bounds, bounds, links
from batuta.plans.check import check
from batuta.plans.explain.inner import carrying_out, inputs_known
from batuta.plans.explain.order import (
    conditional,
    critical_path,
    lost_with,
    never_run,
    wanting,
    waves,
)
from batuta.plans.explain.premises import Premises
from batuta.plans.explain.questions import Expected, Questions
from batuta.plans.explain.sketch import Setting, Sketch
from batuta.plans.explanation import Explanation, Forecast, StepExplained, Totals
from batuta.plans.inputs import input_findings
from batuta.plans.partly import Known, known_inputs
from batuta.plans.rewrite import rewritten
from batuta.reading.places import Places
from batuta.spec.plan import Plan

__all__ = ["explain", "explain_sound"]

# Plans inside plans that are looked into; the engine carries out twice as many, but nobody reads that far, and plans
# that call two others each double the work with every level.
INNER_DEPTH_MAX = 8


def explain(
    plan: Plan,
    premises: Premises,
    *,
    inputs: Mapping[str, Any] | None = None,
    places: Places | None = None,
) -> Explanation:
    """What a run of `plan` will do, ask, take and cost; of a plan with flaws, as far as it can be understood.

    `inputs` are those of the run that is asked about; without, nothing is assumed of them, not even defaults. What the
    checker finds, and what a rewrite would change, is for the caller to add.
    """
    return _explained(plan, premises, known_inputs(plan, inputs), places).explanation


class _Whole(NamedTuple):
    explanation: Explanation
    bounds: Bounds


def _explained(
    plan: Plan,
    premises: Premises,
    known: Known,
    places: Places | None = None,
    around: tuple[str, ...] = (),
) -> _Whole:
    """`around`: the plans that this one is carried out in, by the names of their capabilities."""
    waits_for = links(plan)
    wave_of = waves(waits_for)
    order = sorted(wave_of, key=wave_of.__getitem__)
    skipped = never_run(plan, waits_for, order, known)
    budget = plan.budget if premises.budget is None else premises.budget
    inner = _inner(plan, premises, known, skipped, around)
    bounded = bounds(
        msgspec.structs.replace(plan, budget=budget),
        premises.cards,
        known,
        deps=waits_for,
        skipped=skipped,
        at_once=premises.at_once,
        inner={
            name: {use: one.bounds for use, one in plans.items()} for name, plans in inner.items()
        },
    )
    questions = Questions(plan, premises, known)
    sketch = Sketch(plan, premises, bounded)
    unsure, wants = conditional(plan, waits_for, order), wanting(plan, waits_for)
    steps: dict[str, StepExplained] = {}
    for name, step in plan.steps.items():
        expected = Expected() if name in skipped else questions.of(name, bounded.steps[name])
        line = places.key("steps", name).line if places is not None else 0
        setting = Setting(
            links=waits_for[name],
            wave=wave_of[name],
            expected=expected,
            skipped=skipped.get(name, ""),
            line=line,
            conditional=name in unsure,
            lost=lost_with(name, wants) if step.may_fail else (),
        )
        steps[name] = told = sketch.step(name, setting)
        if name in inner and told.use in inner[name]:
            one, bound = inner[name][told.use].explanation, bounded.steps[name]
            at_once = min(step.limit or premises.at_once, premises.at_once)
            steps[name] = carrying_out(told, one, bound, at_once)
    forecasts = {name: step.forecast for name, step in steps.items()}
    chain, expected_s = critical_path(waits_for, forecasts)
    for name in chain:
        steps[name] = msgspec.structs.replace(steps[name], critical=True)
    layers: list[list[str]] = [[] for _ in range(max(wave_of.values(), default=-1) + 1)]
    for name, wave in wave_of.items():
        layers[wave].append(name)
    widest = max(map(len, layers), default=0)
    explanation = Explanation(
        plan=plan,
        digest=plan.digest(),
        steps=tuple(steps.values()),
        totals=Totals(
            forecast=_forecast(bounded, forecasts.values(), expected_s),
            critical_path=chain,
            width=min(widest, plan.limit or widest, premises.at_once),
            waves=tuple(map(tuple, layers)),
        ),
        questions=tuple(ask for name in order for ask in steps[name].asks),
        budget=budget,
        sampled_runs=premises.statistics.runs,
    )
    return _Whole(explanation, bounded)


def _inner(
    plan: Plan,
    premises: Premises,
    known: Known,
    skipped: Container[str],
    around: tuple[str, ...],
) -> dict[str, dict[str, _Whole]]:
    """The plans that steps carry out, by step and by capability; those that go round in circles are left out."""
    found: dict[str, dict[str, _Whole]] = {}
    for name, step in plan.steps.items():
        if name in skipped:
            continue
        others = (*step.fallback, *([] if step.undo is None else [step.undo]))
        shapes = {step.use: step.with_} | {one.use: step.arguments_of(one) for one in others}
        for use, shape in shapes.items():
            card = premises.cards.get(use)
            if card is None or not card.plan or use in around or len(around) == INNER_DEPTH_MAX:
                continue
            inner = premises.plan_of(use)
            if inner is not None:
                own = premises._replace(budget=inner.budget)
                inside = inputs_known(inner, step, shape, known)
                found.setdefault(name, {})[use] = _explained(
                    inner, own, inside, around=(*around, use)
                )
    return found


def explain_sound(
    plan: Plan,
    premises: Premises,
    *,
    inputs: Mapping[str, Any] | None = None,
    places: Places | None = None,
) -> Explanation:
    """As `explain`, with what the checker warns of and what a rewrite would change. `inputs` may be some of them.

    Raises:
        PlanError: the checker finds flaws, or the inputs do not fit.
    """
    findings = check(plan, premises.cards, places)
    if inputs is not None:
        # What is not given is not known yet.
        findings += [one for one in input_findings(plan, inputs) if one.code != "B106"]
    flaws = [one for one in findings if not one.warning]
    if flaws:
        message = "the plan cannot run" if len(flaws) > 1 else flaws[0].message
        raise PlanError(message, place=flaws[0].place, findings=findings)
    explanation = explain(plan, premises, inputs=inputs, places=places)
    changes = rewritten(plan, premises.cards).changes
    return msgspec.structs.replace(explanation, findings=tuple(findings), changes=changes)


def _forecast(bounded: Bounds, forecasts: Iterable[Forecast], expected_s: float | None) -> Forecast:
    """Of the whole plan; `expected_s` is the expected time of its critical path."""
    listed, worst = list(forecasts), bounded.worst
    return Forecast(
        calls_worst=worst.calls,
        calls_expected=_sum(one.calls_expected for one in listed),
        cost_worst_nusd=worst.cost_nusd,
        cost_expected_nusd=_sum(one.cost_expected_nusd for one in listed),
        time_worst_s=worst.time_s,
        time_expected_s=expected_s,
    )


def _sum(figures: Iterable[int | None]) -> int | None:
    """None if one of them is."""
    listed = list(figures)
    known = [figure for figure in listed if figure is not None]
    return sum(known) if len(known) == len(listed) else None
