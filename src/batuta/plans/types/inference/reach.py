"""Following a path through types, part by part."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from batuta.plans.types.access import part
from batuta.plans.types.combine import nullable
from batuta.plans.types.describe import described
from batuta.plans.types.inference.inferred import Problem
from batuta.plans.types.shape import NOTHING, Null, Type
from batuta.reading.nearest import did_you_mean
from batuta.spec.expr import Reference
from batuta.spec.expr.survey import Survey, question
from batuta.spec.expr.tree import Call, Checked, Node, Select

__all__ = [
    "Facts",
    "Reached",
    "absent",
    "follow",
    "known_by",
    "offset_in",
    "offset_of",
]

Facts = frozenset[tuple[str, tuple[str | int, ...]]]
"""Paths (by root or variable) of which it is known that they are there and not null."""

_PART = re.compile(r"""\.\s*([A-Za-z_]\w*)|\[\s*(?:\d+|"[^"\n]*"|'[^'\n]*')\s*\]""", re.ASCII)


class Reached(msgspec.Struct, frozen=True):
    """What is at the end of a path: `verdict` says whether it is there at all.

    `level` is the number of the part that is missing, or that is not declared where others are (then `verdict` is
    not `no`).
    """

    type: Type
    verdict: Literal["yes", "maybe", "no"]
    holder: Type = NOTHING
    level: int = -1
    names: tuple[str, ...] = ()


def follow(
    root: Type, path: Sequence[str | int], *, skipped: bool, facts: Facts, key: str
) -> Reached:
    """`path` below `root`; the first part may be null besides if it is `skipped`."""
    type_, verdict, undeclared = root, "yes", None
    if facts and (key, ()) in facts:
        type_ = _without_null(type_)
    for level, name in enumerate(path):
        found = part(type_, name)
        if found.verdict == "no":
            return Reached(NOTHING, "no", type_, level, found.names)
        holder, type_ = type_, found.type
        if found.verdict == "maybe":
            verdict = "maybe"
        if level == 0 and skipped:
            type_ = nullable(type_)
        if facts and (key, tuple(path[: level + 1])) in facts:
            type_, verdict = _without_null(type_), "yes"
        elif not found.declared and undeclared is None:
            undeclared = (holder, level, found.names)
    if undeclared is not None:
        return Reached(type_, "maybe", *undeclared)
    return Reached(type_, "yes" if verdict == "yes" else "maybe")


def _without_null(type_: Type) -> Type:
    """The values of `type_` that are not null."""
    if type_.is_any or not any(isinstance(shape, Null) for shape in type_.shapes):
        return type_
    return Type(tuple(shape for shape in type_.shapes if not isinstance(shape, Null)))


def absent(reference: Reference, reached: Reached, offset: int) -> Problem:
    """The problem of a path that certainly ends before its end, or passes a field that nobody declared."""
    name = reference.path[reached.level]
    known = str(Reference(reference.root, reference.path[: reached.level]))
    names = reached.names
    shown = f"field {name!r}" if isinstance(name, str) else f"item {name}"
    if reached.verdict != "no":
        return Problem(
            offset,
            "undeclared",
            f"{known} declares no field {name!r}",
            did_you_mean(str(name), names, "fields"),
            names,
        )
    if not names or not isinstance(name, str):
        message = f"{known} is of type {described(reached.holder)} and has no {shown}"
        return Problem(offset, "missing", message, "", names)
    remedy = did_you_mean(name, names, "fields")
    return Problem(offset, "missing", f"{known} has no field {name!r}", remedy, names)


def offset_of(text: str, reference: Reference, level: int) -> int:
    """Where the part number `level` of a reference stands, which is written without spaces or comments in it."""
    at = reference.offset + len(reference.root)
    for number in range(level + 1):
        found = _PART.match(text, at)
        if found is None:
            return reference.offset
        if number == level:
            return found.start(1) if found[1] else found.start() + 1
        at = found.end()
    return reference.offset


def offset_in(text: str, checked: Checked, node: Node, steps: int) -> int:
    """Where a part of the path that `node` is stands, `steps` parts before its end, spaces apart."""
    for _ in range(steps):
        assert isinstance(node, Select | Call), "a path is made of fields and items"
        node = node.operand if isinstance(node, Select) else node.args[0]
    at = checked.positions.get(node.id, 0) + 1
    while at < len(text) and text[at].isspace():
        at += 1
    return min(at, max(len(text) - 1, 0))


def known_by(survey: Survey, node: Node, outcome: bool, keys: Mapping[str, str]) -> Facts:
    """What is known where the condition `node` has had this `outcome`; `keys` are those of the loops' variables."""
    match node:
        case Call(function="!_", args=(inner,)):
            return known_by(survey, inner, not outcome, keys)
        case Call(function="_&&_", args=(a, b)) if outcome:
            return known_by(survey, a, True, keys) | known_by(survey, b, True, keys)
        case Call(function="_||_", args=(a, b)) if not outcome:
            return known_by(survey, a, False, keys) | known_by(survey, b, False, keys)
        case _:
            asked = question(node)
            if asked is None or asked[1] == "size":
                return frozenset()
            says_there = asked[1] == "has" or (isinstance(node, Call) and node.function == "_!=_")
            path = survey.path(asked[0], keys)
            if path is None or says_there is not outcome:
                return frozenset()
            key = keys.get(path.root, path.root)
            return frozenset((key, path.path[:n]) for n in range(len(path.path) + 1))
