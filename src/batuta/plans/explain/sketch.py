"""One step of a plan as EXPLAIN shows it."""

from collections.abc import Mapping
from typing import NamedTuple

from batuta.plans.bounds import Bounds, StepBounds
from batuta.plans.explain.inner import furthest, reached
from batuta.plans.explain.premises import Premises
from batuta.plans.explain.questions import Expected
from batuta.plans.explanation import Forecast, StepExplained
from batuta.plans.types import Type, described, list_of, nullable, of_schema, union
from batuta.spec.card import EFFECTS, REACHES, Card, serving
from batuta.spec.plan import Plan, Step
from batuta.spec.statistics import Measured

__all__ = ["Setting", "Sketch"]

# Of a card that is not there: nothing is known, and the safe reading of silence applies.
_NO_CARD = Card(name="", kind="?", declared=False)


class Setting(NamedTuple):
    """What the other steps and people have to do with a step.

    Attributes:
        links: the steps it waits for; True for those whose value it cannot do without.
        wave: as in `StepExplained`; so are `skipped`, `line`, `conditional` and `lost`.
        expected: its questions, and why the policy refuses it.
    """

    links: Mapping[str, bool]
    wave: int
    expected: Expected
    skipped: str
    line: int
    conditional: bool = False
    lost: tuple[str, ...] = ()


class Sketch:
    """One step after the other, from what is known of all."""

    def __init__(self, plan: Plan, premises: Premises, bounded: Bounds) -> None:
        self._plan = plan
        self._cards = premises.cards
        self._statistics = premises.statistics
        self._at_once = premises.at_once
        self._bounded = bounded
        # Most steps of a large plan are alike but for their names and arguments.
        self._alike: dict[tuple[str, int, int], Forecast] = {}
        self._described: dict[tuple[bool, bool, tuple[str, ...]], str] = {}

    def step(self, name: str, setting: Setting) -> StepExplained:
        """What is known of one step."""
        step = self._plan.steps[name]
        uses = step.uses[serving(step.uses, self._cards) :]
        card = self._cards.get(uses[0], _NO_CARD)
        led_to = reached(card, self._cards) if card.calls else [card]
        bound = self._bounded.steps[name]
        measured = self._measured(name, uses[0])
        links, expected = setting.links, setting.expected
        needs, after = tuple(links), ()
        if step.after:
            after = tuple(other for other in step.after if links.get(other) is False)
            apart = set(after)
            needs = tuple(other for other in needs if other not in apart)
        return StepExplained(
            name=name,
            kind="each" if step.each is not None else "step" if step.repeat is None else "repeat",
            use=uses[0],
            why="named by the plan" if uses[0] == step.use else self._cards[step.use].missing,
            card_kind=card.kind,
            effect=furthest((one.effect for one in led_to), EFFECTS),
            reach=furthest((one.reach for one in led_to), REACHES),
            declared=all(one.declared for one in led_to),
            metered=any(one.metered for one in led_to),
            wave=setting.wave,
            needs=needs,
            after=after,
            when=step.when or "",
            each=step.each or "",
            until="" if step.repeat is None else step.repeat.until,
            forecast=self._forecast(step, card, bound, measured),
            measured=measured,
            asks=expected.asks,
            denied=expected.denied,
            fallback=uses[1:],
            undo="" if step.undo is None else step.undo.use,
            line=setting.line,
            output=self._output(step),
            denied_maybe=expected.denied_maybe,
            skipped=setting.skipped,
            items=None if step.each is None else bound.items,
            items_known=None if step.each is None else bound.items_known,
            rounds=None if step.repeat is None else step.repeat.at_most,
            expands=any(use in self._cards and self._cards[use].expands for use in uses),
            conditional=setting.conditional,
            may_fail=step.may_fail,
            lost=setting.lost,
            instead_of="" if uses[0] == step.use else step.use,
        )

    def _measured(self, name: str, use: str) -> Measured | None:
        of_step = self._statistics.steps.get((self._plan.name, name))
        if of_step is not None and of_step.capability in ("", use):
            return of_step
        return self._statistics.capabilities.get(use)

    def _forecast(
        self, step: Step, card: Card, bound: StepBounds, measured: Measured | None
    ) -> Forecast:
        key = (card.name, id(bound), id(measured))
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
        elif card.priced and calls and measured is not None and measured.cost_nusd is not None:
            # What has only failed so far, for want of a key perhaps, has not shown yet what it costs.
            cost = measured.cost_nusd * calls if measured.calls > measured.failed else None
        if calls == 0:
            time_s = 0.0
        elif calls is not None and measured is not None and measured.p50_s is not None:
            at_once = min(step.limit or bound.items, bound.items, self._at_once)
            time_s = measured.p50_s * -(-bound.items // at_once)
        return Forecast(worst.calls, calls, worst.cost_nusd, cost, worst.time_s, time_s)

    def _output(self, step: Step) -> str:
        key = (step.each is not None, step.may_fail, step.uses)
        words = self._described.get(key)
        if words is None:
            words = self._described[key] = described(self._type(*key))
        return words

    def _type(self, each: bool, may_fail: bool, uses: tuple[str, ...]) -> Type:
        schemas = (None if use not in self._cards else self._cards[use].output for use in uses)
        one = union(*(of_schema(schema) for schema in schemas))
        if not each:
            return one
        return list_of(nullable(one) if may_fail else one)


def _calls_expected(step: Step, card: Card, bound: StepBounds) -> int | None:
    """Calls if nothing fails; None where nobody can say: rounds, items, questions of programs, plans inside."""
    if bound.items_known is None or (step.repeat is not None and step.repeat.at_most > 1):
        return None
    if card is _NO_CARD or card.expands or (card.waits and card.kind != "human"):
        return None
    return bound.items_known
