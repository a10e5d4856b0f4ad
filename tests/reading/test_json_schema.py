"""JSON Schema is made of the tables that readers read by."""

from typing import Any

import jsonschema_rs
import msgspec
import pytest

from batuta.reading.condition import read_condition
from batuta.reading.json_schema import Hover, schema_of
from batuta.reading.shapes import (
    Read,
    anything,
    boolean,
    choice,
    duration,
    formed,
    integer,
    mapping,
    matching,
    number,
    one_or_more,
    record,
    sequence,
    text,
)


class Inner(msgspec.Struct):
    size: int = 3


class Outer(msgspec.Struct):
    field: Any = None
    with_: Any = msgspec.field(default=None, name="with")


def schema(read: Read, *, required: tuple[str, ...] = ()) -> dict[str, Any]:
    """The schema of a record with `read` as `field`."""
    outer = record(Outer, {"field": read, "with": anything}, required=required)
    return schema_of(outer, id="urn:x", title="X", hovers={}, defs={})


def taken(read: Read, value: Any) -> bool:
    return jsonschema_rs.Draft202012Validator(schema(read)).is_valid({"field": value})


@pytest.mark.parametrize(
    ("read", "good", "bad"),
    [
        (anything, [1, "a", None, [], {}], []),
        (boolean, [True], ["true", 0]),
        (text(1, 3), ["a", "äöü"], ["", "abcd", 1]),
        (matching(r"\w[\w.-]{0,3}", "a name", "x"), ["a", "ñ.b", "名-"], ["", "a b", "abcde", "-a"]),
        (integer(0, 9), [0, 9], [-1, 10, "1", 1.5, True]),
        (number(0, 1.5), [0, 1.5], [-0.1, 2, "1"]),
        (duration(1, 60), [1, 60.0, "500ms", "2 h"], [0.5, 61, "soon", "1 s s"]),
        (choice("all", "first"), ["all"], ["ALL", "", 1]),
        (sequence(integer(0, 9), 2), [[], [1, 2]], [[1, 2, 3], ["a"], 1]),
        (one_or_more(choice("a", "b"), 2), ["a", ["a", "b"]], ["c", ["c"], {}]),
        (mapping(matching("[a-z]+", "a name", "x"), boolean, 2), [{"a": True}, {}], [{"A": True}, {"a": 1}, []]),
        (record(Inner, {"size": integer(0, 9)}), [{}, {"size": 1}, {"size": None}], [{"sise": 1}, {"size": "a"}]),
        (read_condition, ["a > 1", True], ["", 1]),
    ],
)  # fmt: skip
def test_the_schema_takes_what_the_reader_takes(
    read: Read, good: list[Any], bad: list[Any]
) -> None:
    assert [value for value in good if not taken(read, value)] == []
    assert [value for value in bad if taken(read, value)] == []


def test_null_is_as_good_as_absent_unless_the_key_is_required() -> None:
    validator = jsonschema_rs.Draft202012Validator
    assert validator(schema(boolean)).is_valid({"field": None})
    assert not validator(schema(boolean, required=("field",))).is_valid({"field": None})
    assert not validator(schema(boolean, required=("field",))).is_valid({})


def test_keys_are_those_of_the_encoded_form_and_records_are_definitions() -> None:
    made = schema(record(Inner, {"size": integer(0, 9)}))
    assert made["$ref"] == "#/$defs/Outer"
    assert list(made["$defs"]) == ["Inner", "Outer"]
    assert list(made["$defs"]["Outer"]["properties"]) == ["field", "with"]
    assert made["$defs"]["Inner"]["properties"]["size"] == {
        "type": ["integer", "null"],
        "minimum": 0,
        "maximum": 9,
        "default": 3,
    }


def test_a_key_says_what_an_editor_shows() -> None:
    outer = record(Outer, {"field": integer(0, 9)})
    hovers = {"Outer": Hover("A thing."), "Outer.field": Hover("A number.", (7,))}
    made = schema_of(outer, id="urn:x", title="X", hovers=hovers, defs={})["$defs"]["Outer"]
    assert made["description"] == "A thing."
    assert made["properties"]["field"]["description"] == "A number."
    assert made["properties"]["field"]["examples"] == [7]


def test_a_reader_without_a_form_is_a_mistake_of_ours() -> None:
    with pytest.raises(AssertionError, match="has no form"):
        schema(lambda node, report: None)
    with pytest.raises(AssertionError, match="nobody knows"):
        schema(formed(lambda node, report: None, "odd"))
