"""Schemas that are small and take for ever are not let loose; honest ones are checked as ever."""

import time
from typing import Any

import pytest

from batuta.capabilities.answers import checker_of
from batuta.errors import InputError


def doubled(levels: int, keyword: str = "anyOf") -> dict[str, Any]:
    """Each level leads to the next one in two ways."""
    parts: dict[str, Any] = {
        f"a{at}": {keyword: [{"$ref": f"#/$defs/a{at + 1}"}, {"$ref": f"#/$defs/a{at + 1}"}]}
        for at in range(levels)
    }
    return {"$defs": {**parts, f"a{levels}": {"type": "object"}}, "$ref": "#/$defs/a0"}


def recursive(*inner: Any) -> dict[str, Any]:
    return {"$defs": {"n": {"type": "object", "properties": {"n": inner[0]}}}, "$ref": "#/$defs/n"}


NODE = {"$ref": "#/$defs/n"}
TWICE = recursive({"anyOf": [NODE, {"allOf": [NODE]}]})


def nested(levels: int, last: Any = None) -> Any:
    value = last
    for _ in range(levels):
        value = {"n": value}
    return value


@pytest.mark.parametrize("keyword", ["allOf", "anyOf", "oneOf"])
@pytest.mark.parametrize("levels", [30, 200, 1_000])
def test_what_doubles_again_and_again_is_no_schema(keyword: str, levels: int) -> None:
    began = time.process_time()
    with pytest.raises(InputError, match=r"again and again|too many|recursion"):
        checker_of(doubled(levels, keyword))
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "hidden",
    [
        {"x-parts": {"b": {"allOf": [{"$ref": "#/x-parts/c"}] * 2}}, "start": "#/x-parts/b"},
        {"$defs": {"b": {"$anchor": "b", "allOf": [{"$ref": "#c"}] * 2}}, "start": "#b"},
    ],
)
def test_wherever_the_parts_stand_and_whatever_they_are_called(hidden: dict[str, Any]) -> None:
    schema: dict[str, Any] = doubled(40)
    schema = {**schema, **{k: v for k, v in hidden.items() if k not in ("start", "$defs")}}
    schema["$defs"] |= hidden.get("$defs", {})
    place, name = ("x-parts", "c") if "x-parts" in hidden else ("$defs", "c")
    schema[place][name] = {"$anchor": "c", "$ref": "#/$defs/a0"}
    schema["$ref"] = hidden["start"]
    with pytest.raises(InputError, match="again and again"):
        checker_of(schema)


def test_what_doubles_with_each_level_of_a_value_is_checked_as_far_as_it_is_bearable() -> None:
    check = checker_of(TWICE)
    assert check(nested(3)) is not None
    assert check(nested(3, {})) is None
    began = time.process_time()
    assert "is not valid" in (check(nested(5, 1)) or "")
    assert "too entangled" in (check(nested(14, 1)) or "")
    assert check(nested(14, {})) is None
    assert "too many ways" in (check(nested(60, {})) or "")
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "schema",
    [
        recursive({"anyOf": [NODE, {"type": "null"}]}),
        recursive({"type": ["array", "object"], "items": NODE}),
        {"$defs": {"n": {"minimum": 0}}, "properties": {f"p{n}": NODE for n in range(500)}},
        doubled(5),
    ],
)
def test_an_honest_schema_says_what_is_wrong_as_ever(schema: dict[str, Any]) -> None:
    check = checker_of(schema)
    assert check({}) is None
    flaw = check([]) if "$ref" in schema else check({"p7": -1})
    assert flaw is not None
    assert "too" not in flaw


def test_a_long_answer_of_a_tree_is_checked_whole() -> None:
    tree = recursive({"type": "array", "items": NODE})
    value: dict[str, Any] = {"n": [{"n": [{} for _ in range(50)]} for _ in range(1_000)]}
    assert checker_of(tree)(value) is None
    value["n"][999]["n"].append(7)
    assert checker_of(tree)(value) == 'n.999.n.50: 7 is not of type "object"'
