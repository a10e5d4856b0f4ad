"""Whether an answer is what was asked for."""

import time

import pytest

from batuta.capabilities.answers import schema_flaw, validate_answer
from batuta.errors import InputError


def test_an_empty_schema_asks_for_approved_and_a_note() -> None:
    assert validate_answer({}, {"approved": True}) is None
    assert validate_answer({}, {"approved": False, "note": "no"}) is None
    assert validate_answer({}, {"note": "no"}) == '"approved" is a required property'


def test_all_flaws_are_told_with_their_place_up_to_five() -> None:
    schema = {
        "type": "array",
        "items": {"type": "object", "properties": {"n": {"type": "integer"}}},
    }
    assert validate_answer(schema, [{"n": 1}, {"n": "x"}, 3]) == (
        '1.n: "x" is not of type "integer"; 2: 3 is not of type "object"'
    )
    assert str(validate_answer(schema, [1] * 9)).endswith("; and more")


def test_long_values_are_cut_in_messages() -> None:
    assert len(str(validate_answer({"type": "integer"}, "x" * 9_000))) < 300


def test_formats_are_checked() -> None:
    assert validate_answer({"type": "string", "format": "date"}, "2026-13-01") is not None


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "objekt"},
        {"properties": 3},
        {"pattern": "("},
        {"pattern": "(?=a)"},
        {"$ref": "#/$defs/none"},
        {"$ref": "http://127.0.0.1:1/schema.json"},
        {"$ref": "file:///etc/hostname"},
        {"properties": {"a": {"$ref": "https://x.example/a"}}},
    ],
)
def test_a_schema_that_cannot_be_used_fits_nothing_and_says_so(schema: dict[str, object]) -> None:
    assert str(schema_flaw(schema)).startswith("the schema itself is wrong: ")
    assert validate_answer(schema, {}) == schema_flaw(schema)


def test_a_hostile_pattern_takes_linear_time() -> None:
    started = time.process_time()
    assert validate_answer({"pattern": "^(a+)+$"}, "a" * 5_000 + "b") is not None
    assert time.process_time() - started < 2


def test_a_circle_of_references_ends() -> None:
    circle = {
        "$ref": "#/$defs/a",
        "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}},
    }
    try:
        validate_answer(circle, 1)
    except InputError:
        pytest.fail("an answer never raises")
