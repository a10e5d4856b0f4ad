"""Reading schemas: equal ones give one type, nothing raises, nothing takes long."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.plans.types import ANY, STRING, described, fits, items, of_schema, of_value, part, union
from tests.plans.types.schemas import values

WORDS = st.sampled_from(
    "type properties required additionalProperties patternProperties items prefixItems enum const anyOf oneOf allOf"
    " not if then else $ref $defs $id format minimum maximum exclusiveMinimum minLength maxLength pattern minItems"
    " maxItems nullable additionalItems uniqueItems contains".split()
)
scraps = st.sampled_from(
    ["string", "object", "#", "#/", "#/$defs/a", "#/$defs/b", "%", "http://x", "date"]
)
junk = st.recursive(
    values | scraps,
    lambda inner: (
        st.dictionaries(WORDS | st.sampled_from("ab"), inner, max_size=4)
        | st.lists(inner, max_size=3)
    ),
    max_leaves=20,
)


@given(st.dictionaries(WORDS, junk, max_size=5), junk)
def test_whatever_stands_in_a_schema_reading_it_never_raises(schema: Any, other: Any) -> None:
    type_ = of_schema(schema)
    assert described(type_)
    assert fits(type_, of_schema({"properties": {"a": other}, "allOf": [schema]}))
    assert fits(of_value(other), type_)
    assert part(type_, "a").verdict in ("yes", "maybe", "no")
    assert items(type_) is items(type_) or described(items(type_))


def test_equal_schemas_give_the_same_type() -> None:
    assert of_schema({"type": "string"}) is STRING
    assert of_schema(None) is ANY
    a, b = ({"type": "object", "properties": {"a": {"type": "string"}}} for _ in range(2))
    assert of_schema(a) is of_schema(b)


def test_a_schema_that_changes_later_does_not_change_its_type() -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string"}}}
    type_ = of_schema(schema)
    schema["properties"]["a"]["type"] = "integer"
    assert part(type_, "a").type is STRING


def test_a_default_that_breaks_its_own_schema_is_a_value_all_the_same() -> None:
    type_ = of_schema({"type": "string", "default": None})
    assert described(type_) == "string or null"
    assert fits(type_, STRING).verdict == "maybe"
    assert of_schema({"type": "string", "default": "x"}) is STRING


def chain(length: int) -> dict[str, Any]:
    links = {f"n{i}": {"$ref": f"#/$defs/n{i + 1}"} for i in range(length)}
    return {"$ref": "#/$defs/n0", "$defs": {**links, f"n{length}": {"type": "string"}}}


def doubling(depth: int) -> dict[str, Any]:
    """Each level mentions the next one twice: 2 to the power of `depth` ways through it."""
    levels = {
        f"n{i}": {
            "type": "object",
            "properties": {side: {"$ref": f"#/$defs/n{i + 1}"} for side in "lr"},
            "required": ["l", "r"],
        }
        for i in range(depth)
    }
    return {"$ref": "#/$defs/n0", "$defs": {**levels, f"n{depth}": {"type": "string"}}}


def crossed(width: int) -> dict[str, Any]:
    field = {"type": "object", "properties": {"next": {"$ref": "#"}}}
    parts = [{**field, "required": [f"f{i}"]} for i in range(width)]
    return {"allOf": [{"anyOf": parts} for _ in range(width)]}


def nested(word: str, depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        schema = {word: schema if word == "not" else [schema]}
    return schema


HOSTILE: list[tuple[str, dict[str, Any]]] = [
    ("itself", {"$ref": "#"}),
    ("each other", {"anyOf": [{"$ref": "#"}, {"allOf": [{"$ref": "#"}]}]}),
    ("a long chain", chain(5_000)),
    ("a doubling", doubling(30)),
    ("a product", crossed(20)),
    ("many values", {"oneOf": [{"const": f"v{i}"} for i in range(5_000)]}),
    ("many maps", {"anyOf": [{"required": [f"v{i}"], "type": "object"} for i in range(5_000)]}),
    ("many exclusive maps", {"oneOf": [doubling(12) for _ in range(40)]}),
    ("many fields", {"properties": {f"f{i}": {"type": "string"} for i in range(20_000)}}),
    ("deep not", nested("not", 200)),
    ("deep allOf", nested("allOf", 200)),
    ("deeper than can be written", nested("anyOf", 50_000)),
]


@pytest.mark.parametrize(("schema"), [pytest.param(schema, id=name) for name, schema in HOSTILE])
def test_hostile_schemas_are_read_and_compared_in_bounded_time(schema: dict[str, Any]) -> None:
    start = time.process_time()
    type_ = of_schema(schema)
    again = of_schema({**schema, "title": "again"})
    assert fits(type_, again).verdict in ("yes", "maybe")
    assert described(union(type_, again, STRING))
    assert part(type_, "l").verdict in ("yes", "maybe", "no")
    assert time.process_time() - start < 2.0  # most take some milliseconds
