"""The types of values, and unions of types."""

from typing import Any

import pytest

from batuta.plans.types import (
    ANY,
    INTEGER,
    NOTHING,
    NULL,
    STRING,
    described,
    fits,
    list_of,
    map_of,
    nullable,
    of_schema,
    of_value,
    union,
)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "null"),
        (True, "true"),
        (3, "3"),
        (1.5, "1.5"),
        ("a", '"a"'),
        ([1, "a"], '[1, "a"]'),
        ({"a": {"b": []}}, "{a: {b: empty list}}"),
        (list(range(20)), "list of integer"),
        ([{"a": str(i)} for i in range(20)], "list of {a: string}"),
        ([0] * 2_000, "list"),
        (float("nan"), "number"),
        (object(), "any"),
    ],
)
def test_a_value_has_the_type_of_itself(value: Any, words: str) -> None:
    assert described(of_value(value)) == words


def test_a_union_puts_together_what_belongs_together() -> None:
    assert union() is NOTHING
    assert union(STRING, NOTHING, STRING) is STRING
    assert described(union(of_value("a"), of_value("b"), NULL)) == '"a" or "b" or null'
    assert described(union(INTEGER, of_value(3), of_schema({"type": "number"}))) == "number"
    assert described(union(of_value(True), of_value(False))) == "boolean"
    assert union(STRING, ANY).is_any


def test_a_union_of_very_many_shapes_is_told_by_kind() -> None:
    type_ = union(*(map_of({f"f{i}": INTEGER}) for i in range(100)), STRING)
    assert described(type_) == "string or map"
    assert fits(of_value({"f7": 3}), type_).verdict == "maybe"
    assert fits(of_value(3), type_).verdict == "no"


def test_null_is_added_once() -> None:
    assert described(nullable(nullable(STRING))) == "string or null"
    assert described(list_of(nullable(INTEGER))) == "list of (integer or null)"
    assert nullable(NULL) is NULL


def test_a_map_names_its_fields_and_whether_there_are_others() -> None:
    type_ = map_of({"a": STRING, "b": INTEGER}, optional=["b"])
    assert described(type_) == "{a: string, b?: integer}"
    assert described(map_of({"a": STRING}, rest=ANY)) == "{a: string, …}"
    assert str(fits(of_value({"a": "x", "c": 1}), type_)) == "c: there is no such field"
