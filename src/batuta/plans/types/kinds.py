"""The words of a schema that belong to one kind of value each."""

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, cast

from batuta.plans.types.combine import either
from batuta.plans.types.intersect import bounded
from batuta.plans.types.shape import (
    ANY,
    UNSTATED,
    Array,
    Bool,
    Marks,
    Null,
    Number,
    Object,
    Shape,
    String,
    Type,
)

__all__ = ["ALL_KINDS", "MARKS_OF", "WORDS_OF_KINDS", "kinds_of", "read_kind"]

TypeOf: TypeAlias = Callable[[Any], Type]
"""The type of a part of the document."""

ALL_KINDS = ("null", "boolean", "number", "string", "array", "object")
# What is asked of values of one kind, and of any kind, beyond what shapes can say.
MARKS_OF: Mapping[str, tuple[str, ...]] = {
    "string": ("pattern",),
    "number": ("multipleOf",),
    "array": ("contains", "minContains", "maxContains", "uniqueItems", "unevaluatedItems"),
    "object": (
        "dependencies",
        "dependentRequired",
        "dependentSchemas",
        "maxProperties",
        "minProperties",
        "patternProperties",
        "propertyNames",
        "unevaluatedProperties",
    ),
}
# Words that change what a schema of no stated type accepts.
WORDS_OF_KINDS = frozenset(
    "additionalItems additionalProperties exclusiveMaximum exclusiveMinimum format items maxItems maxLength maximum"
    " minItems minLength minimum prefixItems properties required type".split()
).union(*MARKS_OF.values())


def read_kind(kind: str, type_of: TypeOf, schema: dict[str, Any], marks: Marks) -> Shape | None:
    """The shape of the values of `kind` that `schema` accepts by the words of that kind; None if there are none."""
    return _READERS[kind](type_of, schema, marks)


def kinds_of(word: Any) -> tuple[str, ...] | None:
    """The kinds that `type` names; None if it is not understood."""
    if word is None:
        return ALL_KINDS
    words = cast("list[Any]", word) if isinstance(word, list) else [word]
    if not all(isinstance(each, str) and each in _READERS for each in words):
        return None
    kinds = dict.fromkeys(cast("list[str]", words))
    if "number" in kinds:
        kinds.pop("integer", None)
    return tuple(kinds)


def _bound(
    schema: Mapping[str, Any], closed: str, opened: str, tighter: Callable[..., float]
) -> tuple[float | None, bool]:
    """The bound by two words, and whether it is open. OpenAPI 3.0 writes the second as a flag of the first."""
    bound, beyond = _finite(schema.get(closed)), _finite(schema.get(opened))
    if schema.get(opened) is True:
        return bound, True
    if bound is None or beyond is None:
        return (bound, False) if beyond is None else (beyond, True)
    return tighter(bound, beyond), tighter(bound, beyond) == beyond


def _finite(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if isinstance(value, int) or math.isfinite(value) else None


def _count(value: Any) -> int | None:
    number = _finite(value)
    return int(number) if number is not None and number >= 0 else None


def _array(type_of: TypeOf, schema: dict[str, Any], marks: Marks) -> Shape | None:
    first, rest = schema.get("prefixItems"), schema.get("items", True)
    if isinstance(rest, list):  # drafts before 2020
        first, rest = cast("list[Any]", rest), schema.get("additionalItems", True)
    given = cast("list[Any]", first) if isinstance(first, list) else []
    low, high = _count(schema.get("minItems")) or 0, _count(schema.get("maxItems"))
    if high is not None and low > high:
        return None
    prefix = tuple(map(type_of, given))
    return Array(prefix, type_of(rest), low, high, marks)


def _object(type_of: TypeOf, schema: dict[str, Any], marks: Marks) -> Shape | None:
    properties = schema.get("properties")
    named = cast("dict[str, Any]", properties) if isinstance(properties, dict) else {}
    required = schema.get("required")
    names = cast("list[Any]", required) if isinstance(required, list) else []
    rest = UNSTATED
    if "additionalProperties" in schema:
        rest = type_of(schema["additionalProperties"])
    patterns = schema.get("patternProperties")
    if isinstance(patterns, dict) and rest is UNSTATED:
        rest = ANY  # some other fields are meant to be there
    elif isinstance(patterns, dict) and rest is not ANY:
        others = cast("dict[str, Any]", patterns).values()
        types = (rest, *map(type_of, others))
        rest = Type(make=lambda: either(type_.shapes for type_ in types))
    return Object(
        {name: type_of(part) for name, part in named.items()},
        frozenset(name for name in names if isinstance(name, str)),
        rest,
        marks,
    )


def _string(_type_of: TypeOf, schema: dict[str, Any], marks: Marks) -> Shape | None:
    low, high = _count(schema.get("minLength")) or 0, _count(schema.get("maxLength"))
    if high is not None and low > high:
        return None
    form = schema.get("format")
    return String(None, low, high, form if isinstance(form, str) else "", marks)


def _number(_type_of: TypeOf, schema: dict[str, Any], marks: Marks) -> Shape | None:
    return _bounded(schema, marks, integer=False)


def _integer(_type_of: TypeOf, schema: dict[str, Any], marks: Marks) -> Shape | None:
    return _bounded(schema, marks, integer=True)


def _bounded(schema: dict[str, Any], marks: Marks, *, integer: bool) -> Shape | None:
    low, low_open = _bound(schema, "minimum", "exclusiveMinimum", max)
    high, high_open = _bound(schema, "maximum", "exclusiveMaximum", min)
    return bounded(Number(integer, low, high, low_open, high_open, marks=marks))


_READERS: Mapping[str, Callable[[TypeOf, dict[str, Any], Marks], Shape | None]] = {
    "null": lambda _type_of, _schema, _marks: Null(),
    "boolean": lambda _type_of, _schema, _marks: Bool(),
    "integer": _integer,
    "number": _number,
    "string": _string,
    "array": _array,
    "object": _object,
}
