"""The types of shapes with expressions in them."""

from typing import Any

import pytest

from batuta.plans.types import (
    BOOLEAN,
    INTEGER,
    NULL,
    STRING,
    described,
    fits,
    map_of,
    of_schema,
    of_template,
)

ROOTS = {
    "inputs": map_of({"name": STRING, "count": INTEGER, "flag": BOOLEAN, "none": NULL}),
}


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ("plain", '"plain"'),
        ("${inputs.count}", "integer"),
        ("${ inputs.count + 1 }", "integer"),
        ("${ {'n': inputs.count} }", "{n: integer}"),
        ("Hi ${inputs.name}, you are ${inputs.count}", "string"),
        ("$${inputs.name}", '"${inputs.name}"'),
        ({"a": "${inputs.name}", "b": [1, "${inputs.flag}"]}, "{a: string, b: [1, boolean]}"),
        (None, "null"),
        ([], "empty list"),
        ({}, "empty map"),
    ],
)
def test_a_shape_has_the_type_of_what_it_becomes(shape: Any, words: str) -> None:
    templated = of_template(shape, ROOTS)
    assert (templated.problems, templated.doubts) == ((), ())
    assert described(templated.type) == words


@pytest.mark.parametrize(
    ("shape", "place", "offset", "message"),
    [
        ({"a": ["${inputs.nam}"]}, ("a", 0), 9, "inputs has no field 'nam'"),
        ("Hi ${inputs.nam}", (), 12, "inputs has no field 'nam'"),
        ({"a": "x${inputs.none}"}, ("a",), 3, "inputs.none is null inside a text"),
        ({"a": {"b": "${1 +}"}}, ("a", "b"), 5, "syntax error: mismatched input the end"),
        ("${inputs.name", (), 0, "`${` is not closed"),
    ],
)
def test_a_problem_says_in_which_text_and_where_in_it(
    shape: Any, place: tuple[str | int, ...], offset: int, message: str
) -> None:
    (located,) = of_template(shape, ROOTS).problems
    found = (located.path, located.problem.offset, located.problem.message)
    assert found == (place, offset, message)


def test_arguments_are_compared_with_what_a_capability_takes() -> None:
    wanted = of_schema(
        {
            "type": "object",
            "properties": {"to": {"type": "string"}, "times": {"type": "integer"}},
            "required": ["to"],
            "additionalProperties": False,
        }
    )
    right = of_template({"to": "${inputs.name}", "times": 3}, ROOTS)
    wrong = of_template({"to": "${inputs.count}"}, ROOTS)
    assert fits(right.type, wanted).verdict == "yes"
    assert str(fits(wrong.type, wanted)) == "to: integer where string is wanted"


def test_shapes_nested_beyond_measure_are_of_any_type_there() -> None:
    shape: Any = "${inputs.name}"
    for _ in range(500):
        shape = [shape]
    assert of_template(shape, ROOTS).problems == ()
