"""The inputs of a run are what the plan declares."""

from typing import Any

import pytest

from batuta.errors import InputError
from batuta.plans.build import plan_from_yaml
from batuta.plans.inputs import validate_inputs
from batuta.spec.plan import Plan

SMALL = plan_from_yaml(
    "name: x\ninputs: {a: integer, b: {type: list, default: [1]}, c: {enum: [x, y], default: x}}"
).plan


def test_defaults_fill_what_is_not_given_in_the_order_of_the_plan() -> None:
    assert list(validate_inputs(SMALL, {"a": 1}).items()) == [("a", 1), ("b", [1]), ("c", "x")]
    validate_inputs(SMALL, {"a": 1})["b"].append(2)
    assert validate_inputs(SMALL, {"a": 1})["b"] == [1]


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({}, "the input 'a' is missing"),
        ({"a": "x"}, "input 'a': expected an integer, got a string"),
        ({"a": None}, "input 'a': expected an integer, got null"),
        ({"a": 1, "bb": 1}, "the plan has no input 'bb'"),
        ({"a": 1, "c": "z"}, "input 'c': "),
        (
            {"b": 1, "d": 2},
            "input 'b': expected a list, got an integer; the plan has no input 'd'; the input 'a' is missing",
        ),
        ({"a": float("nan")}, "a value cannot be written as JSON: it holds NaN or an infinity"),
    ],
)
def test_inputs_that_do_not_fit_are_told_all_at_once(inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        validate_inputs(SMALL, inputs)
    assert caught.value.message.startswith(message)


def test_a_plan_without_inputs_takes_none() -> None:
    with pytest.raises(InputError, match="there is no input at all"):
        validate_inputs(Plan(name="x"), {"a": 1})
