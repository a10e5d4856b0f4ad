"""What speaks against running a plan unasked for some words: they deny, ask for more, or do not order its effects."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain

from batuta.language.cues import words_of_name
from batuta.language.similarity import among
from batuta.language.weights import content
from batuta.language.words import stem
from batuta.planning.conditions import changes, is_conditional
from batuta.planning.deeds import Deed, deed_of, deeds_in
from batuta.planning.denials import denials
from batuta.planning.orders import Said, doings, unordered
from batuta.planning.slots import Slot
from batuta.spec.card import Card
from batuta.spec.plan import Plan

__all__ = ["against", "deed_of_card", "described", "doubt", "doubt_of_made"]

# A letter or two begin any word.
_ALIKE_CHARS_MIN = 3


def against(text: str, plan: Plan, called: Sequence[Card], asked: Sequence[str]) -> str:
    """What `text` says against `plan`, or asks for beside it, as the end of a sentence; "" if nothing.

    `called`: the cards of what it calls. `asked`: requests that it is known to be meant by.
    """
    denied = denials(text)
    if denied and not any(map(_denies, asked)):
        return f"the words say “{denied[0].text}”"
    return "" if any(map(changes, called)) else _beyond(text, _known(plan, called, asked))


def doubt(
    text: str, plan: Plan, called: Sequence[Card], asked: Sequence[str], slots: Sequence[Slot]
) -> str:
    """Why `text` is no order for what `plan` would change, as the end of a sentence; "" if it is. `slots`: what was
    read of its inputs.
    """
    changing = [card for card in called if changes(card)]
    if not changing:
        return ""
    own = (deed_of(plan.name, plan.description, plan.inputs), *map(deed_of_card, changing))
    words = deeds_in(asked).union(*(one.words for one in own))
    known = _known(plan, called, asked)
    said = Said((Deed(plan.name, words),), frozenset(), known, asked, is_conditional(plan))
    return unordered(text, said, [(slot.start, slot.end) for slot in slots])


def doubt_of_made(
    text: str,
    plan: Plan,
    called: Sequence[Card],
    slots: Sequence[Slot],
    *,
    understood: bool = False,
) -> str:
    """The same for `plan` that was made for `text`: each call that changes something has to be ordered.

    `understood`: who made it knows what other words mean.
    """
    changing = [card for card in called if changes(card)]
    if not changing:
        return ""
    deeds = {card.name: deed_of_card(card) for card in called}
    others = frozenset[str]().union(*(one.words for one in deeds.values()))
    # A file that is written here is what something is summed up into.
    wanted = [deeds[card.name] if _goes_far(card) else Deed(card.name, others) for card in changing]
    known = _known(plan, called)
    said = Said(wanted, others, known, conditional=is_conditional(plan), understood=understood)
    return unordered(text, said, [(slot.start, slot.end) for slot in slots])


def described(plan: Plan, called: Iterable[Card]) -> str:
    """What is said of a plan: by its name and description, and by those of what it calls."""
    cards = list(called)
    names = (plan.name, *plan.inputs, *(card.name for card in cards))
    told = (plan.description, *(card.description for card in cards))
    return " ".join((*(words_of_name(name)[0] for name in names), *told))


def _known(plan: Plan, called: Sequence[Card], asked: Sequence[str] = ()) -> frozenset[str]:
    return _stems(described(plan, called), *asked)


def _beyond(text: str, known: frozenset[str]) -> str:
    """What `text` asks for that nothing which is known of a plan speaks of; "" if nothing."""
    # What it begins with, who routes has understood; to look something up changes nothing.
    for one in doings(text):
        if one.start and not among(stem(one.said[0]), known, _ALIKE_CHARS_MIN):
            return f"it does nothing for “{one.text}”"
    return ""


def deed_of_card(card: Card) -> Deed:
    """What a capability does, by its card."""
    return deed_of(card.name, card.description, card.input.get("properties", {}))


def _goes_far(card: Card) -> bool:
    return card.effect == "write" or card.reach != "local"


# What is known is held against each new request.
@lru_cache(maxsize=4_096)
def _denies(asked: str) -> bool:
    return bool(denials(asked))


# Of a plan with many examples, that takes milliseconds, for each request.
@lru_cache(maxsize=128)
def _stems(*said: str) -> frozenset[str]:
    return frozenset(chain.from_iterable(map(content, said)))
