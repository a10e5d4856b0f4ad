"""Types from JSON Schemas: drafts 2019 and 2020, and what older drafts and OpenAPI wrote in their place.

A schema is read as far as somebody looks: properties, items and references when they are asked for, so that recursive
and very large schemas cost what is used of them. Whatever is malformed or unknown is taken for less said, never for an
error: whether a schema is valid is checked elsewhere.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, cast
from urllib.parse import unquote

import msgspec

from batuta.plans.types.combine import either, marked
from batuta.plans.types.fit import apart, fits
from batuta.plans.types.intersect import both
from batuta.plans.types.kinds import ALL_KINDS, MARKS_OF, WORDS_OF_KINDS, kinds_of, read_kind
from batuta.plans.types.shape import (
    ANY,
    ANY_SHAPES,
    BOOLEAN,
    INTEGER,
    NOTHING,
    NULL,
    NUMBER,
    STRING,
    UNSEEN,
    UNSEEN_SHAPES,
    Null,
    Shape,
    Type,
)
from batuta.plans.types.values import of_value, shapes_of_values
from batuta.spec.file import is_file_schema

__all__ = ["of_schema"]

_SCHEMAS_MAX = 4_096
# References and combinations inside each other, without a property or an item between them.
_DEPTH_MAX = 40
_PLAIN: Mapping[str, Type] = {
    "boolean": BOOLEAN,
    "integer": INTEGER,
    "null": NULL,
    "number": NUMBER,
    "string": STRING,
}
_SILENT = frozenset(
    "$comment $defs $schema default definitions deprecated description example examples readOnly title writeOnly"
    " contentEncoding contentMediaType contentSchema discriminator externalDocs xml".split()
)
_MARKS_OF_ALL = ("not", "$dynamicRef", "$recursiveRef")
# Demands that are none.
_VOID = {"uniqueItems": False, "minContains": 0, "minProperties": 0, "propertyNames": True}


def of_schema(schema: Mapping[str, Any] | bool | None) -> Type:
    """The type of the values that `schema` accepts, and of its own `default`; ANY for None.

    Never raises; equal schemas give the same type.
    """
    if schema is None:
        return ANY
    if isinstance(schema, bool):
        return ANY if schema else NOTHING
    kind = schema.get("type")
    if len(schema) == 1 and isinstance(kind, str) and kind in _PLAIN:
        return _PLAIN[kind]
    try:
        encoded = msgspec.json.encode(schema)
    except (TypeError, ValueError, RecursionError, OverflowError):
        return UNSEEN
    return _of_text(encoded)


@lru_cache(maxsize=_SCHEMAS_MAX)
def _of_text(encoded: bytes) -> Type:
    # A copy of our own: what is read later is what was given now.
    try:
        root = msgspec.json.decode(encoded)
    except (ValueError, RecursionError):
        return UNSEEN
    type_ = _Document(root).type_of(root)
    if isinstance(root, dict) and "default" in root:
        schema = cast("dict[str, Any]", root)
        # The default of a file is a path, and no step ever sees it: a run begins with references.
        if not is_file_schema(schema):
            return _with_default(type_, schema["default"])
    return type_


def _with_default(type_: Type, default: Any) -> Type:
    """`{type: string, default: null}` is how people write "or nothing", and nobody holds them to the letter."""
    given = of_value(default)
    if fits(given, type_).verdict != "no":
        return type_
    return Type(either((type_.shapes, marked(given.shapes, frozenset({"default"})))))


class _Document:
    """One schema with all that is inside it."""

    def __init__(self, root: Any) -> None:
        self.root = root
        self.types: dict[int, Type] = {}
        self.depth = 0

    def type_of(self, schema: Any) -> Type:
        """The type of a part of the document."""
        if isinstance(schema, bool):
            return ANY if schema else NOTHING
        if not isinstance(schema, dict):
            return UNSEEN
        parts = cast("dict[str, Any]", schema)
        if parts.keys() <= _SILENT:
            return ANY
        kind = parts.get("type")
        if isinstance(kind, str) and kind in _PLAIN and parts.keys() <= _SILENT | {"type"}:
            return _PLAIN[kind]
        known = self.types.get(id(parts))
        if known is None:
            known = self.types[id(parts)] = Type(make=lambda: self._shapes(parts))
        return known

    def _shapes(self, schema: dict[str, Any]) -> tuple[Shape, ...]:
        if self.depth >= _DEPTH_MAX or ("$id" in schema and schema is not self.root):
            return UNSEEN_SHAPES  # references inside a part with its own $id count from there
        self.depth += 1
        try:
            return self._combined(schema)
        finally:
            self.depth -= 1

    def _combined(self, schema: dict[str, Any]) -> tuple[Shape, ...]:
        shapes = self._own(schema)
        for keyword, read in _COMBINING.items():
            if keyword in schema:
                shapes = both(shapes, read(self, schema[keyword]))
        marks = {mark for word in _MARKS_OF_ALL for mark in self.mark(schema, word)}
        if "if" in schema and ("then" in schema or "else" in schema):
            parts = {word: schema[word] for word in ("if", "then", "else") if word in schema}
            marks |= set(self.mark({"if": parts}, "if"))
        shapes = marked(shapes, frozenset(marks))
        if schema.get("nullable") is True and not any(isinstance(s, Null) for s in shapes):
            # OpenAPI's word: JSON Schema knows nothing of it, so a null may be refused.
            return (*shapes, Null(frozenset({"nullable"})))
        return shapes

    # --- words of one kind each ---

    def _own(self, schema: dict[str, Any]) -> tuple[Shape, ...]:
        """The shapes by `type` and the words that belong to one kind of value."""
        kinds = kinds_of(schema.get("type"))
        if kinds is None:
            return UNSEEN_SHAPES
        if kinds == ALL_KINDS and not schema.keys() & WORDS_OF_KINDS:
            return ANY_SHAPES
        out: list[Shape] = []
        for kind in kinds:
            of_kind = "number" if kind == "integer" else kind
            marks = frozenset(
                mark for word in MARKS_OF.get(of_kind, ()) for mark in self.mark(schema, word)
            )
            shape = read_kind(kind, self.type_of, schema, marks)
            if shape is not None:
                out.append(shape)
        return tuple(out)

    def mark(self, schema: dict[str, Any], word: str) -> tuple[str, ...]:
        """`word` and what it says as a text; none if it is not there or says nothing."""
        if word not in schema or _VOID.get(word, ...) == schema[word]:
            return ()
        text = msgspec.json.encode(schema[word], order="deterministic").decode()
        where = f" in {id(self.root)}" if "$ref" in text else ""
        return (f"{word} {text}{where}",)

    # --- words that combine ---

    def reference(self, target: Any) -> tuple[Shape, ...]:
        """`$ref`: a pointer into this document; whatever is elsewhere is not known."""
        if not isinstance(target, str) or not target.startswith("#"):
            return UNSEEN_SHAPES
        part: Any = self.root
        if target != "#":
            if not target.startswith("#/"):
                return UNSEEN_SHAPES
            for raw in unquote(target[2:]).split("/"):
                key = raw.replace("~1", "/").replace("~0", "~")
                if isinstance(part, dict) and key in part:
                    part = cast("dict[str, Any]", part)[key]
                elif (
                    isinstance(part, list)
                    and key.isdecimal()
                    and int(key) < len(cast("list[Any]", part))
                ):
                    part = cast("list[Any]", part)[int(key)]
                else:
                    return UNSEEN_SHAPES
        return self.type_of(part).shapes

    def all_of(self, parts: Any) -> tuple[Shape, ...]:
        """`allOf`."""
        shapes = ANY_SHAPES
        for part in _listed(parts):
            shapes = both(shapes, self.type_of(part).shapes)
        return shapes

    def any_of(self, parts: Any) -> tuple[Shape, ...]:
        """`anyOf`."""
        listed = _listed(parts)
        return either(self.type_of(part).shapes for part in listed) if listed else ANY_SHAPES

    def one_of(self, parts: Any) -> tuple[Shape, ...]:
        """`oneOf`; what more than one of them accepts is refused, so alternatives that may overlap get a mark."""
        types = [self.type_of(part) for part in _listed(parts)]
        shapes = either(type_.shapes for type_ in types) if types else ANY_SHAPES
        pairs = ((a, b) for i, a in enumerate(types) for b in types[i + 1 :])
        if len(types) <= _ALTERNATIVES_MAX and all(apart(a, b, _PAIRS_MAX) for a, b in pairs):
            return shapes
        return marked(shapes, frozenset(self.mark({"oneOf": parts}, "oneOf")))

    def enum(self, values: Any) -> tuple[Shape, ...]:
        """`enum`."""
        return (
            shapes_of_values(cast("list[Any]", values)) if isinstance(values, list) else ANY_SHAPES
        )

    def const(self, value: Any) -> tuple[Shape, ...]:
        """`const`."""
        return shapes_of_values((value,))


# Alternatives of a `oneOf` that are compared with each other, and pairs of types that are looked at for each two.
_ALTERNATIVES_MAX = 16
_PAIRS_MAX = 50

_COMBINING: Mapping[str, Callable[[_Document, Any], tuple[Shape, ...]]] = {
    "enum": _Document.enum,
    "const": _Document.const,
    "$ref": _Document.reference,
    "allOf": _Document.all_of,
    "anyOf": _Document.any_of,
    "oneOf": _Document.one_of,
}


def _listed(parts: Any) -> list[Any]:
    return cast("list[Any]", parts) if isinstance(parts, list) else []
