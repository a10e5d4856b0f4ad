"""What a run of a plan can come to at most: calls, money and time, of every step and of the whole. Pure.

The bounds hold as long as cards keep their word: a call costs at most the price of its card, asks somebody only if
its card `waits` (once per attempt), and answers with a plan only if its card `expands`. Beyond the bounds are what
no plan can know: drivers that die (each may have to repeat what was under way), people (how long they take, and a
doubt that somebody resolves as "retry"), and pauses that a service asks for (`Retry-After`).

None stands for "no bound": a call that may answer with a plan, of which nobody knows the steps yet. Budgets bound
that, too, but for compensations: what takes an effect back is never refused for money.
"""

from collections.abc import Container, Iterable, Mapping
from typing import Any

import msgspec

from batuta.errors import ExpressionError
from batuta.plans.expressions import expressions_of
from batuta.plans.extent import Extent, extents
from batuta.plans.graph import longest_path
from batuta.plans.partly import Known, known_inputs
from batuta.spec.budget import Budget
from batuta.spec.card import Card
from batuta.spec.failures import LOST_MAX
from batuta.spec.plan import Plan, Retry, Step

__all__ = ["Bounds", "StepBounds", "Worst", "bounds", "links", "sent_again"]

# Calls at once in a process whose workspace does not say (`limits.calls`).
AT_ONCE = 64
# How long a capability is asked for what became of a call, in seconds (the engine's RECONCILE_TIMEOUT_S).
RECONCILE_S = 60.0


class Worst(msgspec.Struct, frozen=True, gc=False):
    """At most so many calls, nano-dollars and seconds; None is no bound."""

    calls: int | None = 0
    cost_nusd: int | None = 0
    time_s: float | None = 0.0

    def times(self, number: int) -> "Worst":
        """One after the other, `number` times."""
        if number == 1:
            return self
        return Worst(*(None if n is None else n * number for n in self.figures))

    def plus(self, other: "Worst") -> "Worst":
        """One after the other."""
        pairs = zip(self.figures, other.figures, strict=True)
        return Worst(*(None if a is None or b is None else a + b for a, b in pairs))

    def within(self, budget: Budget | None, pause_s: float = 0.0) -> "Worst":
        """The same under `budget`. A pause of `pause_s` that began in time may end behind its time."""
        if budget is None:
            return self
        seconds = None if budget.seconds is None else budget.seconds + pause_s
        limits = (budget.calls, budget.limit_nusd, seconds)
        return Worst(*(_least(a, b) for a, b in zip(self.figures, limits, strict=True)))

    @property
    def figures(self) -> tuple[Any, Any, Any]:
        """Calls, nano-dollars, seconds."""
        return self.calls, self.cost_nusd, self.time_s


class StepBounds(msgspec.Struct, frozen=True, gc=False):
    """Of one step.

    Attributes:
        items: at most so many items (1 without `each`), and `items_known`: exactly so many, None if unknown.
        rounds: at most so many rounds (1 without `repeat`).
        instance: one item, all its rounds.
        free: the step itself, whatever its budget: all items and rounds, compensations left out.
        undo: what takes its effects back, all of it.
        worst: the step under its budget, with its compensations; `time_s` without them.
        pause_s: its longest single pause: between attempts or rounds, or to find out what became of a write.
    """

    items: int
    items_known: int | None
    rounds: int
    instance: Worst
    free: Worst
    undo: Worst
    worst: Worst
    pause_s: float = 0.0


class Bounds(msgspec.Struct, frozen=True):
    """Of the whole plan.

    Attributes:
        free: all of it under the budgets of its steps, but not under its own; compensations left out.
        undo: what takes everything back, as far as the budget lets it happen.
        worst: under every budget, with compensations.
        slowest: the chain of steps that takes longest at worst; empty if that has no bound.
    """

    steps: dict[str, StepBounds]
    free: Worst
    undo: Worst
    worst: Worst
    slowest: tuple[str, ...] = ()


def bounds(
    plan: Plan,
    cards: Mapping[str, Card],
    *,
    deps: Mapping[str, Iterable[str]] | None = None,
    inputs: Mapping[str, Any] | None = None,
    known: Known | None = None,
    skipped: Container[str] = (),
    budget: Budget | None = None,
    at_once: int = AT_ONCE,
) -> Bounds:
    """What a run of `plan` can come to at most.

    Args:
        deps: for every step those it waits for, if the caller has them already (`links`).
        inputs: what is known of the inputs of the run; what has a default and is not given has that.
        known: the same, if the caller has it already.
        skipped: steps that never run.
        budget: of the run; that of the plan by default.
        at_once: calls at once in the process.

    A plan with flaws is bounded as far as it can be understood; what is on a circle counts as if it were not.
    """
    found = extents(plan, cards, known or known_inputs(plan, inputs))
    steps = _each_step(plan, cards, found, skipped)
    undo = _total([one.undo for one in steps.values()])
    inside = _total(
        [one.free.within(plan.steps[n].budget, one.pause_s) for n, one in steps.items()]
    )
    waits_for = deps if deps is not None else links(plan)
    durations = {name: one.worst.time_s for name, one in steps.items()}
    slowest: tuple[str, ...] = ()
    time_s = None
    if None not in durations.values():
        weights = {name: time or 0.0 for name, time in durations.items()}
        time_s, slowest = longest_path(waits_for, weights)
        time_s += _queueing(plan, cards, steps, at_once)
    free = Worst(inside.calls, inside.cost_nusd, time_s)
    own = plan.budget if budget is None else budget
    if plan.timeout_s is not None:
        own = Budget(seconds=plan.timeout_s).narrowed(own)
    pause_s = max((one.pause_s for one in steps.values()), default=0.0)
    within = free.within(own, pause_s)
    if own is not None and own.calls is not None and free.calls is not None:
        # So few calls cost no more than the dearest, and leave no more effects to take back.
        dearest = Worst(own.calls, own.calls * _dearest(plan, cards, skipped), within.time_s)
        within = _smaller(within, dearest)
        undo = _smaller(undo, _dearest_undo(steps).times(own.calls))
    return Bounds(steps, free, undo, within.plus(undo), slowest)


def links(plan: Plan) -> dict[str, dict[str, bool]]:
    """For every step those it waits for, in the order of mention; True for those whose value it cannot do without.

    As the engine has it (`batuta.spec.shape`), for plans with flaws as well: what names no step is left out.
    """
    found: dict[str, dict[str, bool]] = {}
    for name, step in plan.steps.items():
        deps: dict[str, bool] = {}
        for use in expressions_of(("steps", name), step):
            if use.path[2] == "undo" or isinstance(use.compiled, ExpressionError):
                continue
            for ref in use.compiled.references:
                if ref.root == "steps" and ref.path and ref.path[0] != name:
                    other = str(ref.path[0])
                    deps[other] = deps.get(other, False) or not ref.optional
        for other in step.after:
            if other != name:
                deps.setdefault(other, False)
        found[name] = {other: needed for other, needed in deps.items() if other in plan.steps}
    return found


def _each_step(
    plan: Plan, cards: Mapping[str, Card], found: Mapping[str, Extent], skipped: Container[str]
) -> dict[str, StepBounds]:
    # Most steps of a plan are one call of few capabilities: 1.5 µs each instead of 17.
    alike: dict[Any, StepBounds] = {}
    steps: dict[str, StepBounds] = {}
    for name, step in plan.steps.items():
        if name in skipped:
            steps[name] = _NOTHING
            continue
        if step.each or step.repeat or step.fallback or step.undo or step.budget:
            steps[name] = _step_bounds(step, cards, found[name])
            continue
        key = (step.use, step.timeout_s, step.retry)
        one = alike.get(key)
        if one is None:
            one = alike[key] = _step_bounds(step, cards, found[name])
        steps[name] = one
    return steps


_NOTHING = StepBounds(0, 0, 0, Worst(), Worst(), Worst(), Worst())


# ── one step ─────────────────────────────────────────────────────────────────────────────────────────────────


def _step_bounds(step: Step, cards: Mapping[str, Card], extent: Extent) -> StepBounds:
    uses = (step.use, *(other.use for other in step.fallback))
    rounds = 1 if step.repeat is None else step.repeat.at_most
    wait_s = 0.0 if step.repeat is None else step.repeat.wait_s
    one = _calls(uses, step, cards)
    instance = one.times(rounds).plus(Worst(time_s=wait_s * (rounds - 1)))
    # Items have turns: `limit` of them at once, the next as soon as one has ended.
    turns = -(-extent.most // (step.limit or max(extent.most, 1)))
    at_once = instance.times(turns)
    free = instance.times(extent.most)
    free = Worst(free.calls, free.cost_nusd, at_once.time_s if extent.most else 0.0)
    undo = Worst()
    if step.undo is not None:
        # One at a time, each effect that stands: one per item and round.
        undo = _calls((step.undo.use,), step, cards).times(extent.most * rounds)
    reconciled = any(use in cards and cards[use].in_doubt == "reconcile" for use in uses)
    pause_s = max(
        wait_s,
        _pause(step.retry, step.retry.at_most - 1),
        # What was under way when the time was up may be asked for.
        RECONCILE_S if reconciled else 0.0,
    )
    within = free.within(step.budget, pause_s)
    worst = Worst(*within.plus(undo).figures[:2], within.time_s)
    return StepBounds(
        items=extent.most,
        items_known=extent.known,
        rounds=rounds,
        instance=instance,
        free=free,
        undo=undo,
        worst=worst,
        pause_s=pause_s,
    )


def _calls(uses: Iterable[str], step: Step, cards: Mapping[str, Card]) -> Worst:
    """One instance: every alternative in its turn, each tried as often as it may be."""
    total = Worst()
    again = Worst()
    for use in uses:
        card = cards.get(use)
        if card is None:
            return Worst(None, None, None)
        if card.expands:
            return Worst(None, None, None)
        timeout_s = step.timeout_s or card.timeout_s
        # Who asks is called once to ask, and once with the answer.
        of_attempt = 2 if card.waits else 1
        pauses_s = sum(_pause(step.retry, faults) for faults in range(step.retry.at_most))
        doubted = sent_again(card)
        asked_s = RECONCILE_S if doubted and card.in_doubt == "reconcile" else 0.0
        call = Worst(1, card.price_nusd, timeout_s + asked_s)
        total = total.plus(call.times((1 + step.retry.at_most) * of_attempt)).plus(
            Worst(time_s=pauses_s)
        )
        if doubted:
            more = call.times(doubted * of_attempt)
            again = Worst(*(max(a, b) for a, b in zip(again.figures, more.figures, strict=True)))
    return total.plus(again)


def sent_again(card: Card) -> int:
    """How often a call that was sent and not answered may be sent again, by its card alone."""
    return LOST_MAX if card.effect == "write" and card.in_doubt in ("reconcile", "retry") else 0


def _pause(retry: Retry, faults: int) -> float:
    """The longest wait in seconds after `faults` earlier retries (the engine's `retry_wait_s` with the worst dice)."""
    if faults < 0:
        return 0.0
    return min(retry.ceiling_s, retry.backoff_s * retry.factor ** min(faults, 64))


# ── all of them ──────────────────────────────────────────────────────────────────────────────────────────────


def _total(parts: Iterable[Worst]) -> Worst:
    calls: list[Any] = []
    money: list[Any] = []
    times: list[Any] = []
    for part in parts:
        calls.append(part.calls)
        money.append(part.cost_nusd)
        times.append(part.time_s)
    return Worst(*(None if None in column else sum(column) for column in (calls, money, times)))


def _smaller(one: Worst, other: Worst) -> Worst:
    return Worst(*(_least(a, b) for a, b in zip(one.figures, other.figures, strict=True)))


def _dearest(plan: Plan, cards: Mapping[str, Card], skipped: Container[str]) -> int:
    """The price of the dearest call there can be, in nano-dollars. All capabilities are known, and none expands."""
    uses = {
        use
        for name, step in plan.steps.items()
        if name not in skipped
        for use in (step.use, *(other.use for other in step.fallback))
    }
    return max((cards[use].price_nusd for use in uses if use in cards), default=0)


def _dearest_undo(steps: Mapping[str, StepBounds]) -> Worst:
    """What takes one effect back, whichever it is."""
    most = Worst()
    for one in steps.values():
        effects = one.items * one.rounds
        if effects and one.undo != most:
            calls, cost_nusd, time_s = one.undo.figures
            if calls is None:
                return Worst(None, None, None)
            each = Worst(calls // effects, cost_nusd // effects, time_s / effects)
            most = Worst(*(max(a, b) for a, b in zip(most.figures, each.figures, strict=True)))
    return most


def _queueing(
    plan: Plan, cards: Mapping[str, Card], steps: Mapping[str, StepBounds], at_once: int
) -> float:
    """At most so many seconds the longest chain waits for lanes: while it waits for one, all lanes of its kind work."""
    shared: dict[str, tuple[int, int, float]] = {"": (_least(plan.limit or None, at_once), 0, 0.0)}
    for name, one in steps.items():
        step = plan.steps[name]
        width = min(one.items, step.limit or one.items)
        work = (one.instance.time_s or 0.0) * one.items
        lanes = [""]
        for use in dict.fromkeys((step.use, *(other.use for other in step.fallback))):
            card = cards.get(use)
            if card is not None and card.concurrency:
                lanes.append(use)
                shared.setdefault(use, (card.concurrency, 0, 0.0))
        for lane in lanes:
            limit, at_once_here, seconds = shared[lane]
            shared[lane] = (limit, at_once_here + width, seconds + work)
    return sum(work / limit for limit, width, work in shared.values() if width > limit)


def _least(one: Any, other: Any) -> Any:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)
