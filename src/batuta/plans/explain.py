"""EXPLAIN: everything that is known of a plan before it runs, put together. Pure, and nothing runs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from batuta.errors import PlanError
from batuta.plans.bounds import AT_ONCE, Bounds, StepBounds, Worst, bounds, links
from batuta.plans.check import check
from batuta.plans.explanation import Explanation, Forecast, StepExplained, Totals
from batuta.plans.graph import longest_path
from batuta.plans.inputs import input_findings
from batuta.plans.partly import Known, known_inputs
from batuta.plans.questions import Expected, Questions
from batuta.plans.rewrite import rewritten
from batuta.plans.types import Type, described, list_of, of_schema, union
from batuta.reading.places import Places
from batuta.spec.budget import Budget
from batuta.spec.card import Card
from batuta.spec.foreseen import Forecaster
from batuta.spec.plan import Plan, Step
from batuta.spec.statistics import Measured, Statistics

__all__ = ["explain", "explain_sound"]

# Of a card that is not there: nothing is known, and the safe reading of silence applies.
_NO_CARD = Card(name="", kind="?", declared=False)


def explain(
    plan: Plan,
    cards: Mapping[str, Card],
    forecaster: Forecaster,
    *,
    statistics: Statistics | None = None,
    inputs: Mapping[str, Any] | None = None,
    places: Places | None = None,
    budget: Budget | None = None,
    at_once: int = AT_ONCE,
) -> Explanation:
    """What a run of `plan` will do, ask, take and cost; of a plan with flaws, as far as it can be understood.

    What the checker finds, and what a rewrite would change, is for the caller to add.

    Args:
        forecaster: foresees the policy.
        statistics: what the log has measured; without, nothing is expected of time and money.
        inputs: of the run that is asked about; without, nothing is assumed of them, not even defaults.
        budget: of the workspace and the plan together; that of the plan by default.
        at_once: calls at once in the process.
    """
    known = known_inputs(plan, inputs)
    waits_for = links(plan)
    waves = _waves(waits_for)
    order = sorted(waves, key=waves.__getitem__)
    skipped = _skipped(plan, waits_for, order, known)
    own = plan.budget if budget is None else budget
    bounded = bounds(
        plan, cards, deps=waits_for, known=known, skipped=skipped, budget=own, at_once=at_once
    )
    sketch = _Sketch(plan, cards, statistics or Statistics(), bounded, at_once)
    questions = Questions(plan, cards, forecaster, known)
    steps: dict[str, StepExplained] = {}
    for name in plan.steps:
        steps[name] = sketch.step(
            name,
            links=waits_for[name],
            wave=waves[name],
            expected=Expected() if name in skipped else questions.of(name, bounded.steps[name]),
            skipped=skipped.get(name, ""),
            line=places.key("steps", name).line if places is not None else 0,
        )
    forecasts = {name: step.forecast for name, step in steps.items()}
    chain, expected_s = _critical(waits_for, forecasts)
    for name in chain:
        steps[name] = msgspec.structs.replace(steps[name], critical=True)
    return Explanation(
        plan=plan,
        digest=plan.digest(),
        steps=tuple(steps.values()),
        totals=_totals(plan, bounded, forecasts, chain, expected_s, waves, at_once),
        questions=tuple(ask for name in order for ask in steps[name].asks),
        budget=own,
        sampled_runs=0 if statistics is None else statistics.runs,
    )


def explain_sound(
    plan: Plan,
    cards: Mapping[str, Card],
    forecaster: Forecaster,
    *,
    statistics: Statistics | None = None,
    inputs: Mapping[str, Any] | None = None,
    places: Places | None = None,
    budget: Budget | None = None,
    at_once: int = AT_ONCE,
) -> Explanation:
    """As `explain`, with what the checker warns of and what a rewrite would change. `inputs` may be some of them.

    Raises:
        PlanError: the checker finds flaws, or the inputs do not fit.
    """
    findings = check(plan, cards, places)
    if inputs is not None:
        # What is not given is not known yet.
        findings += [one for one in input_findings(plan, inputs) if one.code != "B106"]
    flaws = [one for one in findings if not one.warning]
    if flaws:
        message = "the plan cannot run" if len(flaws) > 1 else flaws[0].message
        raise PlanError(message, place=flaws[0].place, findings=findings)
    explanation = explain(
        plan,
        cards,
        forecaster,
        statistics=statistics,
        inputs=inputs,
        places=places,
        budget=budget,
        at_once=at_once,
    )
    changes = rewritten(plan, cards).changes
    return msgspec.structs.replace(explanation, findings=tuple(findings), changes=changes)


def _skipped(
    plan: Plan, waits_for: Mapping[str, Mapping[str, bool]], order: Sequence[str], known: Known
) -> dict[str, str]:
    """The steps that never run, and why: their condition is false in any case, or what they need is skipped."""
    found: dict[str, str] = {}
    for name in order:
        step = plan.steps[name]
        lost = [other for other, needed in waits_for[name].items() if needed and other in found]
        if lost and step.join == "all":
            found[name] = f"{lost[0]} is skipped"
        elif step.when is not None and known.condition(step.when) is False:
            found[name] = "its condition is false"
    return found


class _Sketch:
    """One step after the other, from what is known of all."""

    def __init__(
        self,
        plan: Plan,
        cards: Mapping[str, Card],
        statistics: Statistics,
        bounded: Bounds,
        at_once: int,
    ) -> None:
        self._plan = plan
        self._cards = cards
        self._statistics = statistics
        self._bounded = bounded
        self._at_once = at_once
        # Most steps of a large plan are alike but for their names and arguments.
        self._alike: dict[tuple[str, int, int], Forecast] = {}
        self._described: dict[tuple[bool, tuple[str, ...]], str] = {}

    def step(
        self,
        name: str,
        *,
        links: Mapping[str, bool],
        wave: int,
        expected: Expected,
        skipped: str,
        line: int,
    ) -> StepExplained:
        """What is known of one step."""
        step = self._plan.steps[name]
        card = self._cards.get(step.use, _NO_CARD)
        bound = self._bounded.steps[name]
        measured = self._measured(name, step)
        needs, after = tuple(links), ()
        if step.after:
            after = tuple(other for other in step.after if links.get(other) is False)
            needs = tuple(other for other in needs if other not in after)
        return StepExplained(
            name=name,
            kind="each" if step.each is not None else "step" if step.repeat is None else "repeat",
            use=step.use,
            why="named by the plan",
            card_kind=card.kind,
            effect=card.effect,
            reach=card.reach,
            declared=card.declared,
            metered=card.metered,
            wave=wave,
            needs=needs,
            after=after,
            when=step.when or "",
            each=step.each or "",
            until="" if step.repeat is None else step.repeat.until,
            forecast=self._forecast(step, card, bound, measured),
            measured=measured,
            asks=expected.asks,
            denied=expected.denied,
            fallback=tuple(other.use for other in step.fallback),
            undo="" if step.undo is None else step.undo.use,
            line=line,
            output=self._output(step),
            denied_maybe=expected.denied_maybe,
            skipped=skipped,
            items=None if step.each is None else bound.items,
            items_known=None if step.each is None else bound.items_known,
            rounds=None if step.repeat is None else step.repeat.at_most,
            expands=any(
                use in self._cards and self._cards[use].expands
                for use in (step.use, *(other.use for other in step.fallback))
            ),
        )

    def _measured(self, name: str, step: Step) -> Measured | None:
        of_step = self._statistics.steps.get((self._plan.name, name))
        if of_step is not None and of_step.capability in ("", step.use):
            return of_step
        return self._statistics.capabilities.get(step.use)

    def _forecast(
        self, step: Step, card: Card, bound: StepBounds, measured: Measured | None
    ) -> Forecast:
        key = (step.use, id(bound), id(measured))
        found = self._alike.get(key)
        if found is None:
            found = self._alike[key] = self._forecast_anew(step, card, bound, measured)
        return found

    def _forecast_anew(
        self, step: Step, card: Card, bound: StepBounds, measured: Measured | None
    ) -> Forecast:
        worst = bound.worst
        calls = _calls_expected(step, card, bound)
        cost = time_s = None
        if calls == 0 or (not card.metered and card is not _NO_CARD and not card.expands):
            cost = 0
        elif calls is not None and measured is not None and measured.cost_nusd is not None:
            cost = measured.cost_nusd * calls
        if calls == 0:
            time_s = 0.0
        elif calls is not None and measured is not None and measured.p50_s is not None:
            at_once = min(step.limit or bound.items, bound.items, self._at_once)
            time_s = measured.p50_s * -(-bound.items // at_once)
        return Forecast(worst.calls, calls, worst.cost_nusd, cost, worst.time_s, time_s)

    def _output(self, step: Step) -> str:
        uses = (step.use, *(other.use for other in step.fallback))
        key = (step.each is not None, uses)
        words = self._described.get(key)
        if words is None:
            words = self._described[key] = described(self._type(key))
        return words

    def _type(self, key: tuple[bool, tuple[str, ...]]) -> Type:
        each, uses = key
        schemas = (None if use not in self._cards else self._cards[use].output for use in uses)
        one = union(*(of_schema(schema) for schema in schemas))
        return list_of(one) if each else one


def _calls_expected(step: Step, card: Card, bound: StepBounds) -> int | None:
    """Calls if nothing fails; None where nobody can say: rounds, items, questions, plans inside."""
    if bound.items_known is None or (step.repeat is not None and step.repeat.at_most > 1):
        return None
    if card is _NO_CARD or card.expands or (card.waits and card.kind != "human"):
        return None
    # A person is asked by one call, and another one brings the answer.
    return bound.items_known * (2 if card.waits else 1)


# ── order ────────────────────────────────────────────────────────────────────────────────────────────────────


def _waves(waits_for: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """For every step, in the order of the plan, one more than the latest of those it waits for; 0 for none.

    What is on a circle, or behind one, comes after everything else.
    """
    waiting = {name: len([*deps]) for name, deps in waits_for.items()}
    users: dict[str, list[str]] = {}
    for name, deps in waits_for.items():
        for other in deps:
            users.setdefault(other, []).append(name)
    waves = {name: 0 for name, count in waiting.items() if not count}
    ready = list(waves)
    for name in ready:  # grows while it is walked through
        for user in users.get(name, ()):
            waves[user] = max(waves.get(user, 0), waves[name] + 1)
            waiting[user] -= 1
            if not waiting[user]:
                ready.append(user)
    last = max((waves[name] for name in ready), default=-1) + 1
    settled = set(ready)
    return {name: waves[name] if name in settled else last for name in waits_for}


def _critical(
    waits_for: Mapping[str, Iterable[str]], forecasts: Mapping[str, Forecast]
) -> tuple[tuple[str, ...], float | None]:
    """The longest chain by expected time, and that time; by the number of steps where one of them is not known."""
    times = {name: one.time_expected_s for name, one in forecasts.items()}
    known = {name: time_s for name, time_s in times.items() if time_s is not None}
    if len(known) == len(times):
        expected_s, chain = longest_path(waits_for, known)
        return chain, expected_s
    return longest_path(waits_for, dict.fromkeys(times, 1.0))[1], None


def _totals(
    plan: Plan,
    bounded: Bounds,
    forecasts: Mapping[str, Forecast],
    chain: tuple[str, ...],
    expected_s: float | None,
    waves: Mapping[str, int],
    at_once: int,
) -> Totals:
    worst: Worst = bounded.worst
    layers: list[list[str]] = [[] for _ in range(max(waves.values(), default=-1) + 1)]
    for name, wave in waves.items():
        layers[wave].append(name)
    widest = max(map(len, layers), default=0)
    return Totals(
        forecast=Forecast(
            calls_worst=worst.calls,
            calls_expected=_sum(one.calls_expected for one in forecasts.values()),
            cost_worst_nusd=worst.cost_nusd,
            cost_expected_nusd=_sum(one.cost_expected_nusd for one in forecasts.values()),
            time_worst_s=worst.time_s,
            time_expected_s=expected_s,
        ),
        critical_path=chain,
        width=min(widest, plan.limit or widest, at_once),
        waves=tuple(map(tuple, layers)),
    )


def _sum(figures: Iterable[int | None]) -> int | None:
    total = 0
    for figure in figures:
        if figure is None:
            return None
        total += figure
    return total
