"""What the words of a request hold of the inputs of a composed plan: part by part, and the path of what it writes."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from batuta.planning.compose.choose import WHOLE, Clause, Pick, said_in, speaks_of
from batuta.planning.compose.fill import Filled
from batuta.planning.compose.offers import Offer
from batuta.planning.proposal import Wish
from batuta.planning.slots import Inputs, Slot, read_inputs
from batuta.planning.spans import Spans
from batuta.spec.card import Card
from batuta.spec.plan import Plan

__all__ = ["Reader", "new_file", "read_parts", "with_new_file", "without_echoes"]

_PATHS = frozenset({"path", "file", "filename"})


class Reader:
    """What the parts of a request hold of the arguments of capabilities; each is read once."""

    def __init__(self, wish: Wish, clauses: Sequence[Clause]) -> None:
        self._wish = wish
        self._clauses = clauses
        self._known: dict[tuple[str, int], frozenset[str]] = {}

    def said(self, offer: Offer, part: int) -> frozenset[str]:
        """The arguments of `offer` that a part of the words holds."""
        known = self._known.get((offer.name, part))
        if known is None:
            known = self._known[offer.name, part] = self._read(offer, part)
        return known

    def _read(self, offer: Offer, part: int) -> frozenset[str]:
        schemas: dict[str, Any] = {
            field.name: field.schema if field.required else {**field.schema, "default": None}
            for field in offer.fields
            if field.sayable
        }
        wish = self._wish
        whole = part == WHOLE or len(self._clauses) < 2
        text = wish.words if whole else self._clauses[part].text
        read = read_inputs(text, schemas, today=wish.today, exists=wish.exists)
        return frozenset(read.values)


def read_parts(wish: Wish, plan: Plan, made: Filled, clauses: Sequence[Clause], new: str) -> Inputs:
    """What the words say of the inputs, but for the path of a `new` file: each read from its own part first."""
    known = {slot.name for slot in made.slots}
    schemas = {
        name: schema for name, schema in plan.inputs.items() if name != new and name not in known
    }
    if len(clauses) < 2:
        found = read_inputs(wish.words, schemas, today=wish.today, exists=wish.exists)
        return Inputs((*made.slots, *found.slots), found.missing, found.unclear, found.several)
    read: list[Inputs] = []
    used = {*made.parts.values()}
    own_parts = [(number, one) for number, one in enumerate(clauses) if number in used]
    others = [(number, one) for number, one in enumerate(clauses) if number not in used]
    for number, clause in [*own_parts, (WHOLE, Clause(wish.words, 0, ())), *others]:
        own = {
            name: schemas[name]
            for name, part in made.parts.items()
            if part == number and name in schemas
        }
        if (number, clause) in others:
            # Nothing of the plan is read from this part: it may say more of another, by name.
            own = {name: {**schema, "default": None} for name, schema in schemas.items()}
        found = read_inputs(clause.text, own, today=wish.today, exists=wish.exists)
        at = clause.start
        slots = tuple(
            msgspec.structs.replace(slot, start=slot.start + at, end=slot.end + at)
            for slot in found.slots
        )
        read.append(Inputs(slots, found.missing, found.unclear, found.several))
    found = _together(read, schemas)
    return Inputs((*made.slots, *found.slots), found.missing, found.unclear, found.several)


def _together(read: Sequence[Inputs], schemas: Mapping[str, Any]) -> Inputs:
    """What was read part by part, the first that read an input has it; no two inputs have the same words."""
    slots: dict[str, Slot] = {}
    unclear: dict[str, tuple[str, ...]] = {}
    for one in read:
        for slot in one.slots:
            taken = any(
                slot.start < other.end and other.start < slot.end for other in slots.values()
            )
            if slot.name not in slots and not (taken and len(read) > 1):
                slots[slot.name] = slot
        unclear |= one.unclear
    missing = tuple(
        name for name in schemas if name not in slots and "default" not in schemas[name]
    )
    return Inputs(
        tuple(slots[name] for name in schemas if name in slots),
        missing,
        {name: unclear[name] for name in missing if name in unclear},
        tuple(dict.fromkeys(name for one in read for name in one.several if name in missing)),
    )


def new_file(plan: Plan, cards: Mapping[str, Card]) -> str:
    """The input that is the path of the one file which the plan writes; "" if it writes none, or several."""
    written = [name for name in plan.inputs if _is_written(name, plan, cards)]
    return written[0] if len(written) == 1 else ""


def with_new_file(words: str, inputs: Inputs, plan: Plan, name: str) -> Inputs:
    """`inputs`, read without `name`, with the path in `words` that is none of a file to read: there need be none yet.

    Free words that turn out to hold it were none.
    """
    if not name:
        return inputs
    taken = {slot.words for slot in inputs.slots if slot.words == slot.value or "/" in slot.words}
    paths = [one for one in Spans(words, None).paths() if "." in one.text or "/" in one.text]
    free = [one for one in paths if one.text not in taken and len(one.text.split()) == 1]
    slots, unclear = list(inputs.slots), dict(inputs.unclear)
    if len({one.text for one in free}) == 1:
        found = free[0]
        slots = [slot for slot in slots if not slot.start <= found.start < slot.end]
        slots.append(Slot(name, found.text, found.text, found.start, found.end))
        # What is written is not what is read, whatever it looked like.
        unclear = {
            one: rest
            for one, rivals in unclear.items()
            if (rest := tuple(rival for rival in rivals if rival != found.text))
        }
    elif free:
        unclear[name] = tuple(dict.fromkeys(one.text for one in free))
    read = {slot.name for slot in slots}
    return Inputs(
        tuple(sorted(slots, key=lambda slot: list(plan.inputs).index(slot.name))),
        tuple(one for one in plan.inputs if one not in read and "default" not in plan.inputs[one]),
        unclear,
        tuple(one for one in inputs.several if one not in read),
    )


def _is_written(name: str, plan: Plan, cards: Mapping[str, Card]) -> bool:
    """True for an input that is the path of a file that a step writes."""
    path = plan.inputs[name].get("type") == "string" and name.rpartition("_")[2] in _PATHS
    return path and any(
        cards[step.use].effect in ("write", "idempotent")
        and f"${{inputs.{name}}}" in step.with_.values()
        for step in plan.steps.values()
    )


def without_echoes(
    inputs: Inputs, plan: Plan, clauses: Sequence[Clause], picks: Sequence[Pick]
) -> Inputs:
    """`inputs` without free words that say no more than what is to be done: "answer questions" is no question."""
    kept: list[Slot] = []
    for slot in inputs.slots:
        inside = [
            word
            for clause in clauses
            for word in said_in(clause)
            if slot.start <= word.at < slot.end
        ]
        led = [any(speaks_of(word.stem, pick.offer) for pick in picks) for word in inside]
        # Whatever stands between: customers have questions, and so has everybody.
        echo = len(led) > 1 and led[0] and led[-1] and 2 * sum(led) > len(led)
        if not (isinstance(slot.value, str) and echo):
            kept.append(slot)
    lost = {slot.name for slot in inputs.slots} - {slot.name for slot in kept}
    missing = tuple(
        name
        for name in plan.inputs
        if name in inputs.missing or (name in lost and "default" not in plan.inputs[name])
    )
    return Inputs(tuple(kept), missing, inputs.unclear, inputs.several)
