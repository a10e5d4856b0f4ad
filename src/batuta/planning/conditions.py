"""Conditions in a request ("if the amount is above 100 ask me"), what they become in a plan, and if a plan has any."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

import msgspec

from batuta.language.cues import words_of_name
from batuta.language.numbers import numbers
from batuta.language.weights import content
from batuta.language.words import stem
from batuta.planning.asking import HUMAN
from batuta.planning.slots import Slot
from batuta.plans.rewrite.names import fresh
from batuta.spec.card import Card
from batuta.spec.plan import Plan, Step
from batuta.spec.shape import PlanShape

__all__ = ["Guard", "changes", "condition_in", "guard_in", "guarded", "is_conditional"]

# "Check if it is there" is no condition of anything.
_CONDITION = re.compile(
    r"(?<!\bas )(?<!\bcheck )(?<!\bsee )(?<!\bknow )(?<!\btell me )(?<!\bask )(?<!\bout )"
    r"\b(?:if|unless|provided that|falls|sofern)\b[^.;]{0,60}",
    re.IGNORECASE,
)
_ABOVE = "above|over|more than|greater than|higher than|larger than|über|mehr als|>"
_BELOW = "below|under|less than|lower than|smaller than|unter|weniger als|<"
_ASKS = r"(?:ask|consult|check with)\s+(?:me|us|somebody|someone)(?:\s+(?:first|before))?"
_GUARD = re.compile(
    rf"(?:[,;.]\s*|\b(?:but|and)\s+)?(?P<before>\b{_ASKS}\s+)?"
    r"\b(?P<how>if|unless|falls|sofern)\s+(?:(?:the|its|der|die|das)\s+)?"
    r"(?P<subject>[^\W\d_]+(?:[ _][^\W\d_]+){0,3}?)\s+(?:is\s+|are\s+|was\s+|ist\s+|liegt\s+)?"
    rf"(?P<op>exceeds|at least|at most|mindestens|höchstens|>=|<=|{_ABOVE}|{_BELOW})"
    r"\s*(?:EUR|USD|[$€£])?\s*"
    r"(?P<value>\d[\d.,]*\d|\d)(?:\s*(?:%|[$€£]|(?:EUR|USD|euros?|dollars?)\b))?"
    rf"(?P<behind>\s*,?\s*(?:then\s+)?(?:please\s+)?{_ASKS}\b)?",
    re.IGNORECASE,
)
_NEGATED = {">": "<=", "<": ">=", ">=": "<", "<=": ">"}
_UNLESS = "unless"


class Guard(NamedTuple):
    """A number of the plan is held against one of the words.

    Attributes:
        text: its words; start, end: where they stand.
        subject: the stems of what is compared; `op`: how, in CEL; `value`: with what, and where that stands.
        asks: a person is asked then; otherwise what changes something is done only then.
    """

    text: str
    start: int
    end: int
    subject: frozenset[str]
    op: str
    value: Slot
    asks: bool

    def without(self, text: str) -> str:
        """`text` without it, every other word in its place."""
        return text[: self.start] + " " * (self.end - self.start) + text[self.end :]


def condition_in(text: str) -> str:
    """The condition that `text` has: "if the parcel is late"; "" if it has none."""
    found = _CONDITION.search(text)
    return found[0].strip() if found else ""


def is_conditional(plan: Plan) -> bool:
    """True if something of `plan` is done only under a condition."""
    return any(step.when is not None or step.repeat is not None for step in plan.steps.values())


def guard_in(command: str) -> Guard | None:
    """The one condition of `command`, if it compares a number; None if it has none, several, or another."""
    found = [*_GUARD.finditer(command)]
    if len(found) != 1:
        return None
    (one,) = found
    rest = command[: one.start()] + " " * (one.end() - one.start()) + command[one.end() :]
    start, end = one.span("value")
    read = [number for number in numbers(one["value"]) if number.start == 0]
    if condition_in(rest) or not read or not content(rest):
        return None
    op = _op(one["op"].lower())
    asks = one["before"] is not None or one["behind"] is not None
    # By this word the next request of its kind is read, too.
    name = {">": "above", ">=": "at_least", "<": "below", "<=": "at_most"}[op]
    if one["how"].lower() == _UNLESS:
        op = _NEGATED[op]
    number = float(read[0].value)
    value = Slot(name, int(number) if number.is_integer() else number, one["value"], start, end)
    subject = frozenset(content(one["subject"]))
    text = one[0].strip(" ,;.")
    return Guard(text, *one.span(), subject, op, value, asks) if subject else None


def guarded(plan: Plan, guard: Guard, cards: Mapping[str, Card]) -> tuple[Plan, Slot] | None:
    """`plan` under the condition, and what the words say of it; None if nothing in it is what is compared."""
    shape = PlanShape(plan)
    targets = [name for name, step in plan.steps.items() if changes(cards[step.use])]
    if not targets:
        used = {dep for one in shape.steps.values() for dep in one.deps}
        targets = [name for name in plan.steps if name not in used]
    subject = _subject(shape, guard, cards, frozenset(targets))
    if not subject:
        return None
    limit = fresh(guard.value.name, plan.inputs)
    condition = f"{subject} {guard.op} inputs.{limit}"
    steps = dict(plan.steps)
    if guard.asks:
        card = cards.get(HUMAN)
        if card is None or "question" not in card.input.get("properties", {}):
            return None
        ask = fresh("ask", plan.steps)
        said = guard.text.replace("${", "$${")
        asked = {"question": f"Go on? You said: {said}", "show": f"${{{subject}}}"}
        steps = {ask: Step(HUMAN, asked, when=condition), **steps}
        condition = f"steps.{ask} == null || steps.{ask}.approved"
    for name in targets:
        steps[name] = msgspec.structs.replace(steps[name], when=condition)
    inputs = {**plan.inputs, limit: {"type": "number"}}
    slot = msgspec.structs.replace(guard.value, name=limit)
    return msgspec.structs.replace(plan, steps=steps, inputs=inputs), slot


def _op(word: str) -> str:
    if word in ("at least", "mindestens", ">="):
        return ">="
    if word in ("at most", "höchstens", "<="):
        return "<="
    return ">" if word == "exceeds" or re.fullmatch(_ABOVE, word) else "<"


def changes(card: Card) -> bool:
    """True if a call of it changes something."""
    return card.effect in ("idempotent", "write") or card.reach == "irreversible"


def _subject(
    shape: PlanShape, guard: Guard, cards: Mapping[str, Card], targets: frozenset[str]
) -> str:
    """The expression of the one number that is meant; "" if there is none, or there are several."""
    plan = shape.plan
    given = [f"inputs.{name}" for name, schema in plan.inputs.items() if _is(name, schema, guard)]
    behind = _behind(shape, targets)
    made = [
        f"steps.{step}.{name}"
        for step, one in plan.steps.items()
        if step not in behind and one.each is None
        for name, schema in _properties(cards[one.use].output).items()
        if _is(name, schema, guard)
    ]
    found = given or made
    return found[0] if len(found) == 1 else ""


def _is(name: str, schema: Any, guard: Guard) -> bool:
    kind = _map(schema).get("type")
    own = {stem(word) for word in words_of_name(name)[0].split()}
    return kind in ("number", "integer") and bool(own & guard.subject)


def _behind(shape: PlanShape, targets: frozenset[str]) -> set[str]:
    """The steps `targets`, and those that wait for them."""
    found, waiting = set[str](), [*targets]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(shape.dependants[name])
    return found


def _properties(schema: Any) -> dict[str, Any]:
    whole = _map(schema)
    name = str(whole.get("$ref", "")).removeprefix("#/$defs/")
    own = _map(_map(whole.get("$defs")).get(name)) if name else whole
    return _map(own.get("properties"))


def _map(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
