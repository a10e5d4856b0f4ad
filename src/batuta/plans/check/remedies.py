"""How a value becomes what is wanted of it, where that is plain."""

from typing import Any

from batuta.plans.check.values import is_constant
from batuta.plans.types import (
    ANY,
    BOOLEAN,
    NUMBER,
    STRING,
    Type,
    described,
    fits,
    items,
    list_of,
    of_value,
    part,
    union,
)

__all__ = ["remedy_of_fit", "remedy_of_missing"]

_LIST = list_of(ANY)
_SCALAR = union(NUMBER, BOOLEAN)


def remedy_of_fit(value: Any, type_: Type, target: Type) -> str:
    """What to write for `value`, of `type_`, where `target` is wanted."""
    other = f"it takes {described(target)}"
    if is_constant(value):
        return _of_constant(value, target) or other
    inner = _whole(value)
    if inner is None or type_ is ANY:
        return other
    if described(type_) == "file":
        return _of_file(inner, target) or other
    if target is STRING and _sure(type_, _SCALAR):
        return f'make it a text: "${{string({inner})}}"'
    if _sure(type_, _LIST) and _sure(items(type_), target):
        return f'for all of them: each: "{value}", and "${{item}}" here; for one: {inner}[0]'
    return other


def remedy_of_missing(known: str, missing: str, type_: Type) -> str:
    """What to write for `known.missing`, where `known` has no fields at all."""
    if _sure(type_, _LIST) and part(items(type_), missing).verdict != "no":
        return f"of the first: {known}[0].{missing}; of all: {known}.map(x, x.{missing})"
    return f"use {known} itself, or another value"


def _of_file(inner: str, target: Type) -> str:
    """A file is a reference, and not what is in it."""
    if fits(STRING, target).verdict != "no":
        return f"read it first: a step with file.read has its `text`; its path is {inner}.path"
    if fits(_LIST, target).verdict != "no":
        return "read it first: a step with file.rows has its `rows`"
    return ""


def _of_constant(value: Any, target: Type) -> str:
    if target is STRING and isinstance(value, int | float) and not isinstance(value, bool):
        return f'put it in quotes: "{value}"'
    if isinstance(value, str):
        bare = {"true": True, "false": False}.get(value)
        if bare is None and value.isascii() and value.removeprefix("-").isdigit():
            bare = int(value[:20])
        if bare is not None and _sure(of_value(bare), target):
            return f"write it without quotes: {value}"
    return ""


def _whole(value: Any) -> str | None:
    """The expression that is all of the text `value`."""
    if not isinstance(value, str) or value.count("${") != 1:
        return None
    return value[2:-1].strip() if value.startswith("${") and value.endswith("}") else None


def _sure(source: Type, target: Type) -> bool:
    return fits(source, target).verdict == "yes"
