"""Which questions a run of a plan will put to people, from what is known before it runs. Pure.

The policy may ask before a call (an approval, once per instance and capability), and a capability may ask itself
(an answer). Questions about calls in doubt and changed code are about accidents, and are not foreseen; nor are those
of plans that calls answer with.
"""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple, cast

import msgspec

from batuta.plans.bounds import StepBounds, sent_again
from batuta.plans.explain.premises import Premises
from batuta.plans.explanation import Asked
from batuta.plans.partly import ROUND, Known
from batuta.spec.card import KEYED, Card, serving
from batuta.spec.foreseen import UNKNOWN, Foreseen, Ruling, Unknown
from batuta.spec.plan import Plan, Step

__all__ = ["Expected", "Questions"]

# Items of one list that are looked at one by one; of a longer one, each counts as any.
ITEMS_MAX = 1_000
# And items of all lists of a plan together.
INSTANCES_MAX = 20_000
# As the engine says it, where the plan was made for a request.
_SUPERVISED = Ruling("ask", "supervised", "the plan was made for a request")
# `args.amount`, `args.rows[0].id`: the argument that a reference begins with.
_ARGUMENT = re.compile(r"args\.([A-Za-z_]\w*)")


class Expected(NamedTuple):
    """What people have to do with a step: its questions, and why the policy refuses it, for certain or maybe."""

    asks: tuple[Asked, ...] = ()
    denied: str = ""
    denied_maybe: str = ""


_NOTHING = Expected()


class _Instance(NamedTuple):
    """One instance of a step, or `times` of them that cannot be told apart."""

    known: Known
    path: str | Unknown
    times: int


class _Voices(NamedTuple):
    """What the policy says of one capability of a step, for each of its instances."""

    foreseen: tuple[tuple[Foreseen, int], ...]

    @property
    def denied(self) -> bool:
        """True if nothing else can be said."""
        return all(one.all_say("deny") for one, _ in self.foreseen)

    @property
    def may_deny(self) -> Iterable[Ruling]:
        """The rulings that refuse some call."""
        return (r for one, _ in self.foreseen for r in one.rulings if r.word == "deny")

    @property
    def calls(self) -> int:
        """At most so many instances get past the policy."""
        return sum(times for one, times in self.foreseen if not one.all_say("deny"))


class Questions:
    """Asks the policy for every step of one plan. `known`: what is known outside of items and rounds."""

    def __init__(self, plan: Plan, premises: Premises, known: Known) -> None:
        self._plan = plan
        self._supervised = premises.supervised
        self._cards = premises.cards
        self._forecaster = premises.forecaster
        self._known = known
        self._whatever: dict[str, Foreseen] = {}
        self._left = INSTANCES_MAX

    def of(self, name: str, bounds: StepBounds) -> Expected:
        """What is foreseen of the step `name`."""
        step = self._plan.steps[name]
        if not (step.fallback or step.undo) and self._is_quiet(step.use):
            return _NOTHING
        uses = [(step.use, step.with_)]
        uses += [(one.use, step.arguments_of(one)) for one in step.fallback]
        del uses[: serving(step.uses, self._cards)]
        asks: list[Asked] = []
        denied = denied_maybe = ""
        for place, (use, shape) in enumerate(uses):
            card = self._cards.get(use)
            if card is None:
                continue
            voices = self._voices(name, card, shape, bounds)
            if place == 0 and voices.foreseen and voices.denied:
                # What is refused is refused for good: no alternative, nothing to take back.
                return Expected(denied=_why_denied(voices))
            denied = denied or (_item_denied(voices) if place == 0 else "")
            denied_maybe = denied_maybe or ("" if denied else _why_denied(voices))
            asks += _asked(name, step, card, voices, shape, fallback=place > 0)
            unsure = [one for one, _ in uses[:place] if _may_leave_unsure(self._cards.get(one))]
            if (
                unsure
                and card.effect in KEYED
                and not any(one.asking() for one, _ in voices.foreseen)
            ):
                asks += _behind(name, card, unsure, voices)
        if step.undo is not None and step.undo.use in self._cards:
            shape = step.arguments_of(step.undo)
            card = self._cards[step.undo.use]
            voices = self._voices(name, card, shape, bounds, "/undo")
            asks += _asked(f"{name}/undo", step, card, voices, shape)
        return Expected(tuple(asks), denied, denied_maybe)

    def _is_quiet(self, use: str) -> bool:
        """True if no call of the capability needs anybody, whatever its arguments."""
        card = self._cards.get(use)
        if card is None:
            return True
        if self._supervised and card.effect in KEYED:
            return False
        whatever = self._of_card(card)
        return not card.waits and not whatever.depends and whatever.all_say("allow")

    def _of_card(self, card: Card) -> Foreseen:
        found = self._whatever.get(card.name)
        if found is None:
            found = self._whatever[card.name] = self._forecaster(card, UNKNOWN, UNKNOWN)
        return found

    def _voices(
        self, name: str, card: Card, shape: Any, bounds: StepBounds, suffix: str = ""
    ) -> _Voices:
        whatever = self._of_card(card)
        if not bounds.items:
            return _Voices(())
        asked = self._supervised and card.effect in KEYED and not suffix
        if not whatever.depends:
            # Most cards are ruled without a look at arguments.
            said = _supervised(whatever) if asked else whatever
            return _Voices(((said, bounds.items * bounds.rounds),))
        wanted = _wanted(whatever)
        items_max = min(ITEMS_MAX, self._left)
        step = self._plan.steps[name]
        instances = _instances(name, step, bounds, self._known, suffix, items_max)
        self._left -= len(instances)
        voices: list[tuple[Foreseen, int]] = []
        for one in instances:
            said = self._forecaster(card, one.known.arguments(shape, wanted), one.path)
            voices.append((_supervised(said) if asked else said, one.times))
        return _Voices(tuple(voices))


def _supervised(foreseen: Foreseen) -> Foreseen:
    """`foreseen` of a call that is asked about where the policy would allow it."""
    rulings = tuple(_SUPERVISED if one.word == "allow" else one for one in foreseen.rulings)
    return msgspec.structs.replace(foreseen, rulings=rulings)


def _wanted(whatever: Foreseen) -> frozenset[str] | None:
    """The arguments that may decide; None if that may be any."""
    names: set[str] = set()
    for one in whatever.depends:
        found = _ARGUMENT.match(one)
        if found:
            names.add(found[1])
        elif one.startswith("args"):
            return None
    return frozenset(names)


def _instances(
    name: str, step: Step, bounds: StepBounds, known: Known, suffix: str, items_max: int
) -> list[_Instance]:
    """The instances that may be called, as far as they can be told apart."""
    if step.each is None:
        single = step.repeat is None
        inside = known if single else known.inside(index=UNKNOWN, **ROUND)
        return [_Instance(inside, f"{name}{suffix}" if single else UNKNOWN, bounds.rounds)]
    items = known.items(step.each)
    if items is None or len(items) > items_max:
        inside = known.inside(item=UNKNOWN, index=UNKNOWN, **ROUND)
        return [_Instance(inside, UNKNOWN, bounds.items * bounds.rounds)]
    found: list[_Instance] = []
    for index, item in enumerate(items):
        inside = known.inside(item=item, index=index, **ROUND)
        if step.when is not None and inside.condition(step.when) is False:
            continue
        path = f"{name}.{index}{suffix}" if step.repeat is None else UNKNOWN
        found.append(_Instance(inside, path, bounds.rounds))
    return found


def _asked(
    name: str, step: Step, card: Card, voices: _Voices, shape: Any, *, fallback: bool = False
) -> Iterable[Asked]:
    asking = [(one, times) for one, times in voices.foreseen if one.asking()]
    if asking:
        rulings = [ruling for one, _ in asking for ruling in one.asking()]
        certain = not fallback and all(one.all_say("ask") for one, _ in asking)
        yield Asked(
            step=name,
            kind="approval",
            certain=certain,
            at_most=sum(times for _, times in asking),
            rule=rulings[0].rule,
            why=_why(rulings[0], [one for one, _ in asking], card, fallback=fallback),
            who=tuple(dict.fromkeys(one for ruling in rulings for one in ruling.who)),
        )
    if card.waits and voices.calls:
        # A person is asked once; what else asks may do so at every attempt, and anew after a doubt.
        always = card.kind == "human"
        tries = (1 if always else 1 + step.retry.at_most) + sent_again(card)
        words, who = _put(shape)
        yield Asked(
            step=name,
            kind="answer",
            certain=always and not fallback and not any(voices.may_deny),
            at_most=voices.calls * tries,
            why=words if always else f"{card.name} may ask",
            who=who,
        )


def _may_leave_unsure(card: Card | None) -> bool:
    """True if nobody may know what a call of it has done that has raised, so that a person is asked."""
    return card is not None and card.effect == "write" and card.in_doubt in ("ask", "retry")


def _behind(name: str, card: Card, unsure: list[str], voices: _Voices) -> Iterable[Asked]:
    """Of a fallback that may do once more what was done already."""
    if voices.calls:
        why = f"if it falls back to {card.name} because {' or '.join(unsure)} raised"
        yield Asked(name, "approval", certain=False, at_most=voices.calls, rule="raised", why=why)


def _why(ruling: Ruling, foreseen: list[Foreseen], card: Card, *, fallback: bool) -> str:
    depends = list(dict.fromkeys(name for one in foreseen for name in one.depends))
    parts = [f"if it falls back to {card.name}"] if fallback else []
    if depends:
        parts.append(f"depends on {', '.join(depends[:4])}{', …' if len(depends) > 4 else ''}")
    return ", ".join(parts) + (f" ({ruling.reason})" if parts and ruling.reason else ruling.reason)


def _why_denied(voices: _Voices) -> str:
    ruling = next(iter(voices.may_deny), None)
    return "" if ruling is None else _said(ruling)


def _said(ruling: Ruling) -> str:
    return f"{ruling.rule}: {ruling.reason}" if ruling.reason else ruling.rule


def _item_denied(voices: _Voices) -> str:
    """The first item that is refused for certain, where the items are known; it fails the whole step."""
    for index, (one, _) in enumerate(voices.foreseen):
        if one.all_say("deny"):
            return f"{_said(one.rulings[0])} (item {index})"
    return ""


def _put(shape: Any) -> tuple[str, tuple[str, ...]]:
    """The question as the plan words it, and whom it names."""
    if not isinstance(shape, dict):
        return "", ()
    args = cast("dict[str, Any]", shape)
    words, who = args.get("question"), args.get("who")
    names = (
        [who] if isinstance(who, str) else cast("list[Any]", who) if isinstance(who, list) else []
    )
    named = tuple(one for one in names if isinstance(one, str) and "${" not in one)
    return (words if isinstance(words, str) else ""), named
