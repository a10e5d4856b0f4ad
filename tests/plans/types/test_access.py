"""Fields of maps and items of lists."""

from typing import Any

import pytest

from batuta.plans.types import ANY, NOTHING, described, items, of_schema, part

TEXT = {"type": "string"}
ORDER = {"type": "object", "properties": {"id": TEXT, "note": TEXT}, "required": ["id", "by"]}


@pytest.mark.parametrize(
    ("schema", "key", "verdict", "declared", "words"),
    [
        (ORDER, "id", "yes", True, "string"),
        (ORDER, "note", "maybe", True, "string"),
        (ORDER, "by", "yes", True, "any"),
        (ORDER, "nota", "maybe", False, "any"),
        ({**ORDER, "additionalProperties": True}, "nota", "maybe", True, "any"),
        ({**ORDER, "additionalProperties": TEXT}, "nota", "maybe", True, "string"),
        ({**ORDER, "patternProperties": {"^x": TEXT}}, "xy", "maybe", True, "any"),
        ({**ORDER, "additionalProperties": False}, "nota", "no", True, "nothing"),
        ({"type": "object"}, "nota", "maybe", True, "any"),
        ({**ORDER, "type": ["object", "null"]}, "id", "maybe", True, "string"),
        ({"anyOf": [ORDER, {"properties": {"nota": TEXT}}]}, "nota", "maybe", True, "any"),
        ({"properties": {"id": False}, "type": "object"}, "id", "no", True, "nothing"),
        (TEXT, "id", "no", True, "nothing"),
        ({}, "id", "maybe", True, "any"),
        ({"type": "array", "items": TEXT}, 0, "maybe", True, "string"),
        ({"type": "array", "items": TEXT, "minItems": 2}, 1, "yes", True, "string"),
        ({"type": "array", "items": TEXT, "maxItems": 2}, 2, "no", True, "nothing"),
        ({"type": "array", "prefixItems": [TEXT], "items": False}, 1, "no", True, "nothing"),
        ({"type": "array", "items": TEXT}, "id", "no", True, "nothing"),
        (ORDER, 0, "no", True, "nothing"),
    ],
)
def test_a_part_is_there_or_perhaps_or_not(
    schema: Any, key: str | int, verdict: str, declared: bool, words: str
) -> None:
    found = part(of_schema(schema), key)
    assert (found.verdict, found.declared, described(found.type)) == (verdict, declared, words)


def test_a_missing_field_comes_with_the_names_that_are_known() -> None:
    assert part(of_schema({**ORDER, "additionalProperties": False}), "x").names == ("id", "note")


def test_of_what_nothing_is_known_parts_are_of_any_type() -> None:
    assert part(ANY, "a").type is ANY
    assert part(of_schema({"type": "object", "description": "whatever"}), "a").type is ANY
    assert part(of_schema({"description": "whatever"}), 3).type is ANY


def test_items_are_what_a_loop_meets() -> None:
    listed = {"type": "array", "prefixItems": [{"type": "integer"}], "items": TEXT}
    assert described(items(of_schema(listed))) == "integer or string"
    assert items(of_schema(TEXT)) is NOTHING
