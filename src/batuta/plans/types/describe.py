"""Types in words, as short as they can be told."""

import json
from collections.abc import Iterable

from batuta.plans.types.shape import Array, Bool, Number, Object, Shape, String, Type
from batuta.spec.file import FILE_SCHEMA

__all__ = ["described", "described_shape", "described_values"]

# Deeper parts are told by kind, more fields and alternatives counted.
_DEPTH_MAX = 3
_FIELDS_MAX = 8
_CHOICES_MAX = 6
_CHARS_MAX = 32
# What a reference to a file is made of.
_FILE_FIELDS = FILE_SCHEMA["properties"].keys()


def described(type_: Type) -> str:
    """`type_` in words: `{id: string, total?: number}`, `list of integer`, `string or null`, `any`, `nothing`."""
    return _described(type_, 0)


def described_shape(shape: Shape) -> str:
    """One alternative of a type in words."""
    return _shape(shape, 0)


def described_values(values: Iterable[object]) -> str:
    """Values as they are written: `"EUR" or "USD"`."""
    texts = sorted(json.dumps(value, ensure_ascii=False) for value in values)
    shown = [text if len(text) <= _CHARS_MAX else text[:_CHARS_MAX] + "…" for text in texts]
    rest = len(shown) - _CHOICES_MAX
    told = " or ".join(shown[:_CHOICES_MAX])
    return f"{told} or {rest} more" if rest > 0 else told


def _described(type_: Type, depth: int) -> str:
    if type_.is_any:
        return "any"
    words = list(dict.fromkeys(_shape(shape, depth) for shape in _nulls_last(type_)))
    rest = len(words) - _CHOICES_MAX
    told = " or ".join(words[:_CHOICES_MAX])
    return (f"{told} or {rest} more" if rest > 0 else told) or "nothing"


def _nulls_last(type_: Type) -> list[Shape]:
    return sorted(type_.shapes, key=lambda shape: shape.kind == "null")


def _shape(shape: Shape, depth: int) -> str:
    match shape:
        case Bool():
            return "boolean" if len(shape.values) == 2 else described_values(shape.values)
        case Number():
            return _number(shape)
        case String():
            return _string(shape)
        case Array():
            return _list(shape, depth)
        case Object():
            return _map(shape, depth)
        case _:
            return "null"


def _number(shape: Number) -> str:
    if shape.values is not None:
        return described_values(shape.values)
    word = "double" if shape.double else "integer" if shape.integer else "number"
    low, high = shape.low, shape.high
    if low is not None and high is not None:
        return f"{word} from {low:g} to {high:g}" if low != high else f"{low:g}"
    if low is not None:
        return f"{word} {'>' if shape.low_open else '>='} {low:g}"
    if high is not None:
        return f"{word} {'<' if shape.high_open else '<='} {high:g}"
    return word


def _string(shape: String) -> str:
    if shape.values is not None:
        return described_values(shape.values)
    word = f"string ({shape.format})" if shape.format else "string"
    if shape.high is not None:
        size = f"{shape.low} to {shape.high}" if shape.low != shape.high else f"{shape.low}"
        return f"{word} of {size} characters"
    return f"{word} of at least {shape.low} characters" if shape.low > 1 else word


def _list(shape: Array, depth: int) -> str:
    if depth >= _DEPTH_MAX:
        return "list"
    if shape.high == 0 or not (shape.prefix or shape.rest.shapes):
        return "empty list"
    if not shape.prefix:
        if shape.rest.is_any:
            return "list"
        word = _described(shape.rest, depth + 1)
        return f"list of ({word})" if " or " in word else f"list of {word}"
    shown = [_described(type_, depth + 1) for type_ in shape.prefix[:_FIELDS_MAX]]
    more = len(shape.prefix) > _FIELDS_MAX or (
        shape.rest.shapes and (shape.high is None or shape.high > len(shape.prefix))
    )
    return f"[{', '.join([*shown, '…'] if more else shown)}]"


def _map(shape: Object, depth: int) -> str:
    if not shape.fields:
        if not shape.rest.shapes:
            return "empty map"
        return "map" if shape.rest.is_any else f"map of {_described(shape.rest, depth + 1)}"
    if shape.fields.keys() == _FILE_FIELDS:
        return "file"
    if depth >= _DEPTH_MAX:
        return "map"
    shown = [
        f"{name}{'' if name in shape.required else '?'}: {_described(type_, depth + 1)}"
        for name, type_ in list(shape.fields.items())[:_FIELDS_MAX]
    ]
    if len(shape.fields) > _FIELDS_MAX or shape.rest.shapes:
        shown.append("…")
    return f"{{{', '.join(shown)}}}"
