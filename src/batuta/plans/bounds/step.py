"""The bounds of one step: its attempts, alternatives, items and rounds, and what takes its effects back."""

from collections.abc import Iterable, Mapping

import msgspec

from batuta.plans.bounds.extent import Extent
from batuta.plans.bounds.worst import UNBOUNDED, Worst
from batuta.spec.card import Card, serving
from batuta.spec.failures import LOST_MAX
from batuta.spec.plan import Retry, Step

__all__ = ["NEVER", "NONE", "Inner", "StepBounds", "sent_again", "step_bounds"]

# What carrying out the plan comes to that a capability answers with, by the name of the capability.
Inner = Mapping[str, Worst]
NONE: Inner = {}
# How long a capability is asked for what became of a call, in seconds (the engine's RECONCILE_TIMEOUT_S).
RECONCILE_S = 60.0


class StepBounds(msgspec.Struct, frozen=True, gc=False):
    """Of one step.

    Attributes:
        items: at most so many items (1 without `each`), and `items_known`: exactly so many, None if unknown.
        rounds: at most so many rounds (1 without `repeat`).
        instance: one item, all its rounds.
        free: the step itself, whatever its budget: all items and rounds, compensations left out.
        undo: what takes its effects back, all of it.
        worst: the step under its budget, with its compensations; `time_s` without them.
        call: the dearest single call of it, with the longest pause behind it.
        undo_call: what takes one effect of it back.
        pause_s: its longest single pause: between attempts or rounds, or to find out what became of a write.
    """

    items: int
    items_known: int | None
    rounds: int
    instance: Worst
    free: Worst
    undo: Worst
    worst: Worst
    call: Worst = Worst()
    undo_call: Worst = Worst()
    pause_s: float = 0.0


NEVER = StepBounds(0, 0, 0, Worst(), Worst(), Worst(), Worst())
"""Those of a step that never runs."""


def step_bounds(
    step: Step, cards: Mapping[str, Card], extent: Extent, inner: Inner = NONE
) -> StepBounds:
    """The bounds of `step`, which has as many items as `extent` says; `inner`: of the plans that it carries out."""
    rounds = 1 if step.repeat is None else step.repeat.at_most
    wait_s = 0.0 if step.repeat is None else step.repeat.wait_s
    uses = step.uses[serving(step.uses, cards) :]
    attempts = _attempts(uses, step, cards, inner)
    instance = attempts.times(rounds).plus(Worst(time_s=wait_s * (rounds - 1)))
    # Items have turns: `limit` of them at once, the next as soon as one has ended.
    turns = -(-extent.most // (step.limit or max(extent.most, 1)))
    all_items = instance.times(extent.most)
    time_s = instance.times(turns).time_s if extent.most else 0.0
    free = Worst(all_items.calls, all_items.cost_nusd, time_s)
    pause_s = max(wait_s, _pause(step.retry, step.retry.at_most - 1))
    call = Worst(time_s=pause_s).plus(_dearest(uses, step, cards, inner))
    # What was under way when the time was up may be asked for.
    doubts_s = [_reconcile_s(cards[use]) for use in uses if use in cards]
    late_s = max(pause_s, *doubts_s, 0.0)
    within = free.within(step.budget, call, late_s)
    undo = undo_call = Worst()
    if step.undo is not None:
        # One at a time, each effect that stands: one per item and round, and no more than there may be calls.
        undo_call = _attempts((step.undo.use,), step, cards, inner)
        undo = undo_call.times(extent.most * rounds)
        if step.budget is not None and step.budget.calls is not None:
            undo = undo.and_also(undo_call.times(step.budget.calls))
    worst = within.plus(undo)
    return StepBounds(
        items=extent.most,
        items_known=extent.known,
        rounds=rounds,
        instance=instance,
        free=free,
        undo=undo,
        worst=Worst(worst.calls, worst.cost_nusd, within.time_s),
        call=call,
        undo_call=undo_call,
        pause_s=late_s,
    )


def sent_again(card: Card) -> int:
    """How often a call that was sent and not answered may be sent again, by its card alone."""
    return LOST_MAX if card.effect == "write" and card.in_doubt in ("reconcile", "retry") else 0


def _attempts(uses: Iterable[str], step: Step, cards: Mapping[str, Card], inner: Inner) -> Worst:
    """One instance: every alternative in its turn, each tried as often as it may be."""
    pauses_s = sum(_pause(step.retry, faults) for faults in range(step.retry.at_most))
    whole = again = Worst()
    for use in uses:
        card = cards.get(use)
        call = _call(step, card, inner)
        whole = whole.plus(call.times(1 + step.retry.at_most)).plus(Worst(time_s=pauses_s))
        if card is not None:
            again = again.or_else(call.times(sent_again(card)))
    return whole.plus(again)


def _dearest(uses: Iterable[str], step: Step, cards: Mapping[str, Card], inner: Inner) -> Worst:
    most = Worst()
    for use in uses:
        most = most.or_else(_call(step, cards.get(use), inner))
    return most


def _call(step: Step, card: Card | None, inner: Inner) -> Worst:
    """One call. What asks is called to ask and goes on with the answer, which counts as one and costs as two."""
    if card is not None and card.name in inner:
        return Worst(1).plus(inner[card.name])
    if card is None or card.expands:
        return UNBOUNDED
    turns = 2 if card.waits else 1
    seconds = (step.timeout_s or card.timeout_s) + _reconcile_s(card)
    price = card.price_nusd * turns if card.priced else None
    return Worst(1, price, seconds * turns)


def _reconcile_s(card: Card) -> float:
    return RECONCILE_S if sent_again(card) and card.in_doubt == "reconcile" else 0.0


def _pause(retry: Retry, faults: int) -> float:
    """The longest wait in seconds after `faults` earlier retries (the engine's `retry_wait_s` with the worst dice)."""
    if faults < 0:
        return 0.0
    return min(retry.ceiling_s, retry.backoff_s * retry.factor ** min(faults, 64))
