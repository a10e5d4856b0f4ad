"""The plan of some steps: what they get from each other, and the inputs that everything else becomes."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from batuta.planning.compose.arrange import Node, Said
from batuta.planning.compose.choose import Clause, Pick, said_in, speaks_of
from batuta.planning.compose.offers import Field
from batuta.planning.slots import Inputs, Slot
from batuta.plans.read import RESERVED_STEPS
from batuta.spec.card import Card
from batuta.spec.file import is_file_schema
from batuta.spec.plan import Plan

__all__ = ["Filled", "filled", "together", "with_new_files", "without_echoes"]

# Arguments whose name does not say of what: two steps seldom mean the same one.
_OF_ANYTHING = frozenset(
    "path file text title name value json rows data content body message subject columns fields limit id".split()
)
_KEYWORDS = frozenset({"true", "false", "null", "in"}) | RESERVED_STEPS
_ASKED = frozenset({"question", "query", "prompt", "request"})
_NAME_CHARS_MAX = 120
_PATHS = frozenset({"path", "file", "filename"})


class Filled(NamedTuple):
    """A plan as data, and for each of its inputs the part of the request (its number) that it is read from."""

    data: dict[str, Any]
    parts: dict[str, int]


def filled(nodes: Sequence[Node], said: Said) -> Filled:
    """The plan of `nodes`. What need not be given is an input only where the words hold it, as `said` knows."""
    inputs: dict[str, dict[str, Any]] = {}
    parts: dict[str, int] = {}
    steps: dict[str, Any] = {}
    for node in nodes:
        given: dict[str, Any] = {}
        for field in node.offer.fields:
            if field.name in node.links:
                given[field.name] = node.links[field.name].value
            elif field.required or field.name in said(node.offer, node.pick.clause):
                name = _input_of(field, node, inputs)
                parts.setdefault(name, node.pick.clause)
                given[field.name] = f"${{inputs.{name}}}"
        step: dict[str, Any] = {"use": node.offer.name}
        if given:
            step["with"] = given
        if node.each:
            step["each"] = node.each
        if node.after:
            step["after"] = list(node.after)
        steps[node.name] = step
    data: dict[str, Any] = {
        "name": _name_of(nodes),
        "description": " → ".join(node.offer.name for node in nodes),
        "inputs": inputs,
        "steps": steps,
        "result": _result(nodes),
    }
    return Filled(
        data if inputs else {key: one for key, one in data.items() if key != "inputs"}, parts
    )


def _input_of(field: Field, node: Node, inputs: dict[str, dict[str, Any]]) -> str:
    """The name of the input that `field` gets: one that is there and means the same, or a new one."""
    schema = _schema_of(field)
    looks = node.offer.card.effect in ("pure", "read")
    # A file that several look at is one file.
    if field.name not in _OF_ANYTHING or (looks and is_file_schema(schema)):
        for name, other in inputs.items():
            same = name == _identifier(field.name) or {name, field.name} <= _ASKED
            if same and _demand(other) == _demand(schema):
                return name
    plain = _identifier(field.name)
    name, number = plain, 1
    if name in inputs:
        plain = name = _identifier(f"{node.name}_{field.name}")
    while name in inputs:
        number += 1
        name = f"{plain[:60]}_{number}"
    inputs[name] = schema
    return name


def _schema_of(field: Field) -> dict[str, Any]:
    schema = dict(field.schema)
    default = schema.pop("default", None)
    return schema if field.required or default is None else {**schema, "default": default}


def _demand(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {key: one for key, one in schema.items() if key not in ("description", "title")}


def _identifier(name: str) -> str:
    plain = "".join(char if char.isascii() and char.isalnum() else "_" for char in name)[:60]
    if not plain.strip("_"):
        plain = "given"
    return f"_{plain}" if plain[0].isdigit() or plain in _KEYWORDS else plain


def _name_of(nodes: Sequence[Node]) -> str:
    return "-".join(node.name.replace("_", "-") for node in nodes)[:_NAME_CHARS_MAX]


def _result(nodes: Sequence[Node]) -> Any:
    """What the last steps give; of one step, just that."""
    used = {name for node in nodes for name in node.deps}
    ends = [node.name for node in nodes if node.name not in used]
    if len(ends) == 1:
        return f"${{steps.{ends[0]}}}"
    return {name: f"${{steps.{name}}}" for name in ends}


def together(read: Sequence[Inputs], schemas: Mapping[str, Any]) -> Inputs:
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
    )


def with_new_files(words: str, inputs: Inputs, plan: Plan, cards: Mapping[str, Card]) -> Inputs:
    """`inputs` with the path of the one file in `words` that is to be written: there need be none yet.

    Free words that turn out to hold it were none.
    """
    written = [name for name in inputs.missing if _is_written(name, plan, cards)]
    if len(written) != 1 or written[0] not in inputs.unclear:
        return inputs
    (name,) = written
    held = [slot for slot in inputs.slots if slot.words in inputs.unclear[name]]
    paths = [path for path in inputs.unclear[name] if path not in {slot.words for slot in held}]
    if len(paths) != 1 or words.count(paths[0]) != 1:
        return inputs
    start = words.index(paths[0])
    slots = [slot for slot in inputs.slots if not (slot.start <= start < slot.end)]
    lost = {slot.name for slot in inputs.slots} - {slot.name for slot in slots}
    missing = [one for one in plan.inputs if one in {*inputs.missing, *lost} - {name}]
    unclear = {one: rivals for one, rivals in inputs.unclear.items() if one != name}
    return Inputs(
        (*slots, Slot(name, paths[0], paths[0], start, start + len(paths[0]))),
        tuple(one for one in missing if "default" not in plan.inputs[one]),
        unclear,
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
        if not (isinstance(slot.value, str) and len(led) > 1 and all(led)):
            kept.append(slot)
    lost = {slot.name for slot in inputs.slots} - {slot.name for slot in kept}
    missing = tuple(
        name
        for name in plan.inputs
        if name in inputs.missing or (name in lost and "default" not in plan.inputs[name])
    )
    return Inputs(tuple(kept), missing, inputs.unclear)
