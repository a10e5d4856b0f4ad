"""Random JSON Schemas over a small vocabulary, and random values that they accept."""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import msgspec
from hypothesis import strategies as st

NAMES = ("a", "b", "c")
TEXTS = ("", "a", "b", "ab", "abc", "2020-01-01", "a@b.org", "P1D")
NUMBERS = (-1, 0, 1, 2, 3, 0.5, 1.5, 2.0)
SCALARS: tuple[Any, ...] = (None, True, False, *NUMBERS, *TEXTS)

scalars = st.sampled_from(SCALARS)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    ),
    max_leaves=5,
)

_booleans = st.booleans()
_counts = st.integers(0, 3)


def optional(**words: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A map with some of these words."""
    return st.fixed_dictionaries({}, optional=words)


def _leaf(*references: Any) -> st.SearchStrategy[Any]:
    kinds = st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])
    return st.one_of(
        st.builds(lambda kind: {"type": kind}, kinds),
        st.builds(
            lambda kinds: {"type": kinds}, st.lists(kinds, min_size=1, max_size=3, unique=True)
        ),
        st.builds(lambda value: {"const": value}, scalars),
        st.builds(lambda some: {"enum": some}, st.lists(scalars, min_size=1, max_size=4)),
        st.builds(
            lambda kind, bounds: {"type": kind, **bounds},
            st.sampled_from(["integer", "number"]),
            optional(
                minimum=st.sampled_from(NUMBERS),
                maximum=st.sampled_from(NUMBERS),
                exclusiveMinimum=st.sampled_from(NUMBERS),
                exclusiveMaximum=st.sampled_from(NUMBERS),
                multipleOf=st.sampled_from([1, 2, 0.5]),
            ),
        ),
        st.builds(
            lambda bounds: {"type": "string", **bounds},
            optional(
                minLength=_counts,
                maxLength=_counts,
                format=st.sampled_from(["date", "email", "duration", "odd"]),
                pattern=st.sampled_from(["^a", "b"]),
            ),
        ),
        st.sampled_from([True, {}, False, {"description": "x"}]),
        *map(st.just, references),
    )


def _grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some = st.lists(inner, min_size=1, max_size=3)
    objects = st.builds(
        lambda words, typed: {"type": "object", **words} if typed else words,
        optional(
            properties=st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
            required=st.lists(st.sampled_from(NAMES), max_size=2, unique=True),
            additionalProperties=st.just(False) | inner,
            patternProperties=st.fixed_dictionaries({"^a": inner}),
            minProperties=_counts,
        ),
        st.sampled_from([True, True, False]),
    )
    plain = st.builds(
        lambda properties, every, closed: {
            "type": "object",
            "properties": properties,
            "required": list(properties) if every else [],
            **({"additionalProperties": False} if closed else {}),
        },
        st.dictionaries(st.sampled_from(NAMES), inner, min_size=1, max_size=3),
        _booleans,
        _booleans,
    )
    arrays = st.builds(
        lambda words, typed: {"type": "array", **words} if typed else words,
        optional(
            items=inner,
            prefixItems=st.lists(inner, min_size=1, max_size=2),
            minItems=_counts,
            maxItems=_counts,
            uniqueItems=_booleans,
            contains=inner,
        ),
        st.sampled_from([True, True, False]),
    )
    return st.one_of(
        plain,
        objects,
        st.builds(lambda item: {"type": "array", "items": item}, inner),
        arrays,
        st.builds(lambda parts: {"anyOf": parts}, some),
        st.builds(lambda parts: {"oneOf": parts}, some),
        st.builds(lambda parts: {"allOf": parts}, some),
        st.builds(lambda part: {"not": part}, inner),
        st.builds(lambda a, b, c: {"if": a, "then": b, "else": c}, inner, inner, inner),
        st.builds(lambda a, b: {**b, "anyOf": [a]} if isinstance(b, dict) else a, inner, inner),
    )


_ONE, _TWO = {"$ref": "#/$defs/one"}, {"$ref": "#/$defs/two"}
parts = st.recursive(_leaf(_ONE, _TWO), _grown, max_leaves=6)
schemas = st.builds(
    lambda part, one, two: {
        **(part if isinstance(part, dict) else {"allOf": [part]}),
        "$defs": {"one": one, "two": two},
    },
    parts,
    st.recursive(_leaf(_TWO), _grown, max_leaves=4),
    st.sampled_from(
        [
            {
                "type": "object",
                "properties": {"a": {"$ref": "#/$defs/two"}, "b": {"type": "integer"}},
                "required": ["b"],
            },
            {"type": "array", "items": {"$ref": "#/$defs/two"}},
            {"anyOf": [{"type": "string"}, {"type": "array", "items": {"$ref": "#/$defs/two"}}]},
        ]
    ),
)


def validator(schema: Any) -> Any:
    """The judge: formats count, `$ref` stays inside."""
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True, offline=True)


@st.composite
def values_of(draw: st.DrawFn, schema: Any, *, full: bool = False, depth: int = 0) -> Any:
    """A value that `schema` probably accepts (ask the judge); with `full`, lists and maps are not empty."""
    return _value(draw, schema, schema, full, depth)


def _value(draw: st.DrawFn, schema: Any, root: Any, full: bool, depth: int) -> Any:
    if not isinstance(schema, dict) or depth > 5:
        return draw(values)
    if "$ref" in schema:
        target = root
        for key in schema["$ref"][2:].split("/"):
            target = target[key]
        return _value(draw, target, root, full, depth + 1)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return draw(st.sampled_from(schema["enum"]))
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema and (word == "allOf" or draw(_booleans) or len(schema) <= 2):
            chosen = draw(st.sampled_from(schema[word]))
            return _value(draw, chosen, root, full, depth + 1)
    kinds = schema.get("type", _guessed(schema))
    kind = draw(st.sampled_from(kinds)) if isinstance(kinds, list) else kinds
    match kind:
        case "null":
            return None
        case "boolean":
            return draw(_booleans)
        case "integer":
            return draw(st.integers(-2, 4))
        case "number":
            return draw(st.sampled_from(NUMBERS))
        case "string":
            return draw(st.sampled_from(TEXTS))
        case "array":
            return _array(draw, schema, root, full, depth)
        case "object":
            return _object(draw, schema, root, full, depth)
        case _:
            return draw(values)


def _guessed(schema: dict[str, Any]) -> str:
    if schema.keys() & {"properties", "required", "additionalProperties"}:
        return "object"
    return "array" if schema.keys() & {"items", "prefixItems", "contains"} else "any"


def _array(draw: st.DrawFn, schema: dict[str, Any], root: Any, full: bool, depth: int) -> Any:
    low = max(schema.get("minItems", 0), 1 if full else 0)
    size = draw(st.integers(low, max(low, schema.get("maxItems", 2))))
    prefix = schema.get("prefixItems", [])
    return [
        _value(
            draw,
            prefix[index] if index < len(prefix) else schema.get("items", True),
            root,
            full,
            depth + 1,
        )
        for index in range(size)
    ]


def _object(draw: st.DrawFn, schema: dict[str, Any], root: Any, full: bool, depth: int) -> Any:
    properties = schema.get("properties", {})
    required = schema.get("required", [])
    names = [name for name in properties if name in required or draw(_booleans)]
    names += [name for name in required if name not in names]
    rest = schema.get("additionalProperties", True)
    if rest is not False and ((full and not names) or draw(_booleans)):
        names.append(draw(st.sampled_from([n for n in (*NAMES, "d") if n not in names])))
    return {name: _value(draw, properties.get(name, rest), root, full, depth + 1) for name in names}


def is_full(value: Any) -> bool:
    """True if no list or map in `value` is empty."""
    return all(part not in ([], {}) for part in _parts(value))


def _parts(value: Any) -> Iterator[Any]:
    yield value
    for part in (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    ):
        yield from _parts(part)


def plain(value: Any) -> Any:
    """`value` as it comes out of the log."""
    return msgspec.json.decode(msgspec.json.encode(value))
