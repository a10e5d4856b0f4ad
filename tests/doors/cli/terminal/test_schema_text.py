"""JSON Schemas in few words, and examples of what fits them."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.doors.cli.terminal.schema_text import argument_rows, described, example
from batuta.reading.schema import problems
from batuta.spec.file import FILE_SCHEMA

TREE: dict[str, Any] = {
    "$ref": "#/$defs/Tree",
    "$defs": {
        "Tree": {
            "type": "object",
            "title": "Tree",
            "properties": {
                "name": {"type": "string"},
                "parts": {"type": "array", "items": {"$ref": "#/$defs/Tree"}},
            },
            "required": ["name"],
        }
    },
}

SHAPES: list[tuple[Any, str]] = [
    ({}, "any"),
    (True, "any"),
    (False, "nothing"),
    ({"type": "string"}, "string"),
    ({"type": "string", "format": "date"}, "string (date)"),
    ({"type": "integer", "minimum": 1}, "integer 1.."),
    ({"type": "number", "minimum": 0, "maximum": 1}, "number 0..1"),
    ({"type": ["string", "null"]}, "string or null"),
    ({"enum": ["a", "b", 3, None]}, "a | b | 3 | null"),
    ({"enum": list(range(20))}, "0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | … 12 more"),
    ({"const": {"a": 1}}, '{"a":1}'),
    ({"type": "array"}, "list"),
    ({"type": "array", "items": {"type": "integer"}}, "list of integer"),
    ({"items": {}}, "list of any"),
    ({"type": "object"}, "map"),
    ({"type": "object", "additionalProperties": {"type": "number"}}, "map of number"),
    ({"properties": {"a": {}, "b": {"type": "string"}}, "required": ["a"]}, "{a: any, b?: string}"),
    ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "string or null"),
    ({"oneOf": [{"type": "string"}, {"type": "string"}]}, "string"),
    ({"allOf": [{"type": "object"}, {"type": "object", "properties": {"a": {}}}]}, "map and {a?: any}"),
    (TREE, "{name: string, parts?: list of {name: string, parts?: list of Tree}}"),
    ({"$ref": "#"}, "any"),
    ({"$ref": "#/nowhere"}, "any"),
    ({"$ref": "https://elsewhere.example/x"}, "any"),
    ({"type": 3, "enum": "no", "properties": []}, "map"),
    ({"type": "string\x1b[31m"}, "string\\x1b[31m"),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "words"), SHAPES)
def test_a_shape_is_described_in_one_line(schema: Any, words: str) -> None:
    assert described(schema) == words


def test_arguments_come_with_type_default_and_description_required_ones_first() -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {
            "limit": {"type": "integer", "default": 10, "description": "at\nmost"},
            "who": {"$ref": "#/$defs/Who"},
            "note": {"type": "string"},
        },
        "required": ["who", "ghost"],
        "$defs": {"Who": {"enum": ["ada", "bo"]}},
    }
    assert argument_rows(schema) == [
        ("who", "ada | bo", "required", ""),
        ("limit", "integer", "= 10", "at most"),
        ("note", "string", "", ""),
    ]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, "…"),
        ({"type": "string", "default": "x"}, "x"),
        ({"enum": ["express", "slow"]}, "express"),
        ({"type": ["null", "integer"], "minimum": 3}, 3),
        ({"anyOf": [{"type": "boolean"}, {"type": "null"}]}, True),
        ({"type": "array", "items": {"type": "number"}}, [0]),
        ({"type": "object", "properties": {"a": {"type": "string"}, "b": {}}, "required": ["a"]}, {"a": "…"}),
        (TREE, {"name": "…"}),
    ],
)  # fmt: skip
def test_an_example_fits_its_schema(schema: Any, expected: Any) -> None:
    assert example(schema) == expected
    assert problems(schema, expected) == []


def test_an_example_of_a_shape_without_end_ends() -> None:
    endless = {"$ref": "#", "type": "object"}
    assert example(endless) is None
    nested = {
        "type": "object",
        "properties": {"next": {"$ref": "#"}},
        "required": ["next"],
    }
    assert str(example(nested)).count("next") <= 6


KEYS = (
    "type properties required items enum const default anyOf oneOf allOf $ref $defs format minimum title description"
    " additionalProperties a"
).split()
WORDS = st.sampled_from(["string", "object", "array", "null", "#", "#/$defs/a", "a", "\x1b[2J"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(ANYTHING)
def test_whatever_is_called_a_schema_gets_words_and_an_example(schema: Any) -> None:
    words = described(schema)
    assert words
    assert words.isprintable()
    example(schema)
    if isinstance(schema, dict):
        argument_rows(schema)


def test_a_wide_shape_that_holds_itself_takes_no_time() -> None:
    wide = {
        "type": "object",
        "properties": {f"p{n}": {"$ref": "#"} for n in range(2_000)},
        "required": [f"p{n}" for n in range(2_000)],
    }
    began = time.process_time()
    assert described(wide).count("…") >= 1
    assert len(str(example(wide["properties"], wide))) > 0
    assert len(example({"anyOf": [wide]}, wide)) == 12
    assert time.process_time() - began < 5


def test_a_file_is_called_one() -> None:
    assert described({"anyOf": [{"type": "string"}, FILE_SCHEMA]}) == "string or file"
