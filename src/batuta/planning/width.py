"""Whether one plan may do more than another: effects, how far they go, scopes and money. Pure, by the cards."""

from collections.abc import Callable, Iterable, Mapping

from batuta.spec.card import EFFECTS, REACHES, Card
from batuta.spec.figures import dollars
from batuta.spec.plan import Plan
from batuta.spec.shape import PlanShape, StepShape

__all__ = ["wider"]

# The plan that a capability always answers with, by its name; None if it does not.
PlanOf = Callable[[str], Plan | None]


def wider(
    before: PlanShape, rest: Iterable[StepShape], cards: Mapping[str, Card], plan_of: PlanOf
) -> list[str]:
    """What the steps `rest` of a plan may do that the plan `before` might not, a sentence each."""
    steps = list(rest)
    had = [cards[name] for name in _called(before.steps.values(), cards, plan_of)]
    found: list[str] = []
    for name in _called(steps, cards, plan_of):
        card = cards[name]
        if not any(_covers(one, card) for one in had):
            found.append(f"{name} goes further: effect {card.effect}, reach {card.reach}")
        scopes = set(card.scopes).difference(*(one.scopes for one in had))
        if scopes:
            found.append(f"{name} wants {', '.join(sorted(scopes))}")
    now, then = _price(steps, cards), _price(before.steps.values(), cards)
    if now is None and then is not None:
        found.append("nobody knows what it may cost")
    elif now is not None and then is not None and now > then:
        found.append(f"it may cost {dollars(now)}, and the plan before {dollars(then)}")
    return found


def _covers(one: Card, other: Card) -> bool:
    effect = EFFECTS.index(one.effect) >= EFFECTS.index(other.effect)
    return effect and REACHES.index(one.reach) >= REACHES.index(other.reach)


def _called(
    steps: Iterable[StepShape], cards: Mapping[str, Card], plan_of: PlanOf
) -> dict[str, None]:
    """Everything that is called, inside of plans and agents too, in the order in which it is met."""
    found: dict[str, None] = {}
    waiting = [name for step in steps for name in _named(step)]
    while waiting:
        name = waiting.pop(0)
        if name in found or name not in cards:
            continue
        found[name] = None
        waiting.extend(cards[name].calls)
        inner = plan_of(name)
        if inner is not None:
            waiting.extend(sorted(PlanShape(inner).capabilities))
    return found


def _named(step: StepShape) -> list[str]:
    undo = step.step.undo
    return [*step.uses, *([] if undo is None else [undo.use])]


def _price(steps: Iterable[StepShape], cards: Mapping[str, Card]) -> int | None:
    """The most that one call of each step can cost, in nano-dollars; None if nobody knows."""
    total = 0
    for step in steps:
        known = [cards[name] for name in step.uses if name in cards]
        if any(not card.priced for card in known):
            return None
        total += max((card.price_nusd for card in known), default=0)
    return total
