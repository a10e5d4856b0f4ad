"""The plan of some steps: what they get from each other, and the inputs that everything else becomes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from batuta.planning.compose.arrange import Node, Said
from batuta.planning.compose.choose import WHOLE
from batuta.planning.compose.offers import Field
from batuta.planning.slots import Slot
from batuta.planning.sought import sought
from batuta.plans.read import RESERVED_STEPS
from batuta.spec.file import is_file_schema

__all__ = ["Filled", "filled"]

# Arguments whose name does not say of what: two steps seldom mean the same one.
_OF_ANYTHING = frozenset(
    "path file text title name value json rows data content body message subject columns fields limit id".split()
)
_KEYWORDS = frozenset({"true", "false", "null", "in"}) | RESERVED_STEPS
_ASKED = frozenset({"question", "query", "prompt", "request"})
_NAME_CHARS_MAX = 120
# One value may be given for two arguments that differ in these alone, within the narrower ones.
_BOUNDS: Mapping[str, Callable[[Iterable[Any]], Any]] = {
    "minLength": max,
    "minimum": max,
    "maxLength": min,
    "maximum": min,
}


class Filled(NamedTuple):
    """A plan as data, and for each of its inputs the part of the request (its number) that it is read from.

    `slots`: the inputs that are known already.
    """

    data: dict[str, Any]
    parts: dict[str, int]
    slots: tuple[Slot, ...] = ()


def filled(nodes: Sequence[Node], said: Said) -> Filled:
    """The plan of `nodes`. What need not be given is an input only where the words hold it, as `said` knows."""
    inputs: dict[str, dict[str, Any]] = {}
    parts: dict[str, int] = {}
    steps: dict[str, Any] = {}
    slots: list[Slot] = []
    for node in nodes:
        given: dict[str, Any] = {}
        for field in node.offer.fields:
            if field.name in node.links:
                given[field.name] = node.links[field.name].value
            elif (own := node.fixed.get(field.name)) is not None:
                name = _input_of(field, node, inputs)
                slots.append(Slot(name, own.value, own.text, own.start, own.end))
                given[field.name] = f"${{inputs.{name}}}"
            elif field.required or field.name in said(node.offer, node.pick.clause):
                name = _input_of(field, node, inputs)
                parts.setdefault(name, _part_of(field, node, nodes))
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
    shown = data if inputs else {key: one for key, one in data.items() if key != "inputs"}
    return Filled(shown, parts, tuple(slots))


def _part_of(field: Field, node: Node, nodes: Sequence[Node]) -> int:
    """The part of the request that an input is read from: of a question, what it is asked for, and not all of it."""
    if node.added_for and sought(field.name, field.schema).whole:
        return next((one.pick.clause for one in nodes if one.offer.name == node.added_for), WHOLE)
    return node.pick.clause


def _input_of(field: Field, node: Node, inputs: dict[str, dict[str, Any]]) -> str:
    """The name of the input that `field` gets: one that is there and means the same, or a new one."""
    schema = _schema_of(field)
    looks = node.offer.card.effect in ("pure", "read")
    # A file that several look at is one file.
    shared = field.name not in _OF_ANYTHING or (looks and is_file_schema(schema))
    # What is given to one of several alike is its own.
    if shared and not node.fixed:
        for name, other in inputs.items():
            same = name == _identifier(field.name) or {name, field.name} <= _ASKED
            if same and _demand(other) == _demand(schema):
                inputs[name] = {**other, **_bounds(schema, other)}
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
    passed = ("description", "title", *_BOUNDS)
    return {key: one for key, one in schema.items() if key not in passed}


def _bounds(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The narrower bounds of two."""
    return {
        key: narrower(schema[key] for schema in (one, other) if key in schema)
        for key, narrower in _BOUNDS.items()
        if key in one or key in other
    }


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
