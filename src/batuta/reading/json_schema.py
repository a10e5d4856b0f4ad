"""JSON Schema (draft 2020-12) of what a reader reads, made of the very tables that it reads by.

It says what a schema can say: keys, types, choices, patterns and bounds. What is left to the readers: bounds of
durations written as text, and whether expressions compile. `null` stands for an optional key that is not there.
"""

import re
from collections.abc import Mapping
from typing import Any, cast

import msgspec

from batuta.reading.shapes import Read, form_of

__all__ = ["Hover", "schema_of"]

_DURATION = r"^\s*[0-9]{1,12}(\.[0-9]{1,9})? ?(ms|s|m|h|d)\s*$"


class Hover(msgspec.Struct, frozen=True):
    """What an editor shows for a key: a sentence or two, and values it may offer."""

    text: str
    examples: tuple[Any, ...] = ()


class _Builder:
    """Makes schemas; records become definitions, so that they stand there once."""

    def __init__(self, hovers: Mapping[str, Hover]) -> None:
        self.hovers = hovers
        self.defs: dict[str, Any] = {}

    def of(self, read: Read) -> dict[str, Any]:
        match form_of(read):
            case ("json", schema):
                return cast("dict[str, Any]", schema)
            case ("text", low, high):
                return {"type": "string", "maxLength": high} | ({"minLength": low} if low else {})
            case ("matching", pattern, example):
                return {
                    "type": "string",
                    "pattern": _pattern(cast("str", pattern)),
                    "examples": [example],
                }
            case ("number", kind, low, high):
                return {"type": kind, "minimum": low, "maximum": high}
            case ("duration", low, high):
                number = {"type": "number", "minimum": low, "maximum": high}
                return {"anyOf": [number, {"type": "string", "pattern": _DURATION}]}
            case ("any", *reads):
                options = [self.of(one) for one in cast("list[Read]", reads)]
                return options[0] if len(options) == 1 else {"anyOf": options}
            case ("sequence", item, count):
                return {"type": "array", "items": self.of(item), "maxItems": count}
            case ("mapping", key, value, count):
                return {
                    "type": "object",
                    "propertyNames": self.of(key),
                    "additionalProperties": self.of(value),
                    "maxProperties": count,
                }
            case ("record", kind, keys, required):
                return self._record(kind, keys, required)
            case other:
                raise AssertionError(f"a form that nobody knows: {other}")

    def _record(
        self, kind: type[msgspec.Struct], keys: Mapping[str, Read], required: tuple[str, ...]
    ) -> dict[str, Any]:
        name = kind.__name__
        if name not in self.defs:
            self.defs[name] = {}  # its place, and an end if it speaks of itself
            defaults = {field.encode_name: field for field in msgspec.structs.fields(kind)}
            self.defs[name] = {
                "type": "object",
                **self._said(name),
                "properties": {
                    key: self._said(f"{name}.{key}")
                    | (self.of(read) if key in required else _or_null(self.of(read)))
                    | _default(defaults[key])
                    for key, read in keys.items()
                },
                **({"required": list(required)} if required else {}),
                "additionalProperties": False,
            }
        return {"$ref": f"#/$defs/{name}"}

    def _said(self, place: str) -> dict[str, Any]:
        hover = self.hovers.get(place)
        if hover is None:
            return {}
        said: dict[str, Any] = {"description": hover.text}
        return {**said, "examples": list(hover.examples)} if hover.examples else said


def schema_of(
    read: Read, *, id: str, title: str, hovers: Mapping[str, Hover], defs: Mapping[str, Any]
) -> dict[str, Any]:
    """The whole schema of a document that `read`, a record, reads.

    `hovers` by place: `Step` for a record, `Step.use` for a key. `defs` are definitions that its readers refer to.
    """
    builder = _Builder(hovers)
    root = builder.of(read)
    found = {**builder.defs, **defs}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": id,
        "title": title,
        **root,
        "$defs": {name: found[name] for name in sorted(found)},
    }


def _pattern(pattern: str) -> str:
    """A pattern of Python as ECMAScript reads it in Unicode mode."""
    word = r"\p{L}\p{N}_"
    inside = re.sub(r"(?<=\[)\\w", lambda _: word, pattern)
    outside = inside.replace(r"\w", f"[{word}]")
    return f"^(?:{outside})$"


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    if not schema:
        return schema
    kind = schema.get("type")
    if isinstance(kind, str):
        return {**schema, "type": [kind, "null"]}
    if isinstance(kind, list):
        return {**schema, "type": [*cast("list[str]", kind), "null"]}
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    if "enum" in schema:
        return {**schema, "enum": [*schema["enum"], None]}
    return {"anyOf": [schema, {"type": "null"}]}


def _default(field: msgspec.structs.FieldInfo) -> dict[str, Any]:
    """The default, where it says something: not for what is empty or absent."""
    value = field.default
    return {"default": value} if isinstance(value, str | int | float) and value != "" else {}
