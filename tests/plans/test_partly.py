"""What of a plan can be computed before it runs."""

import pytest

from batuta.plans.build import plan_from_yaml
from batuta.plans.partly import EVALUATIONS_MAX, Known, known_inputs
from batuta.spec.foreseen import UNKNOWN

KNOWN = Known({"inputs": {"a": 1, "b": UNKNOWN, "rows": [1, 2]}})


def test_a_shape_is_worked_out_as_far_as_it_goes() -> None:
    shape = {
        "constant": "x",
        "whole": "${inputs.a}",
        "text": "a is ${inputs.a}, $${b}",
        "unknown": "${inputs.b}",
        "failed": "${errors.x.code}",
        "later": ["${steps.x}", "${inputs.a + 1}", {"deep": "${inputs.b}${inputs.a}"}],
        "wrong": "${inputs.rows + 1}",
        "either": "${true || steps.x.ok}",
        "map": "${{'k': inputs.a}}",
    }
    assert KNOWN.shape(shape) == {
        "constant": "x",
        "whole": 1,
        "text": "a is 1, ${b}",
        "unknown": UNKNOWN,
        "failed": UNKNOWN,
        "later": [UNKNOWN, 2, {"deep": UNKNOWN}],
        "wrong": UNKNOWN,
        "either": True,
        "map": {"k": 1},
    }


def test_only_the_arguments_that_are_wanted_are_looked_at() -> None:
    assert KNOWN.arguments({"x": 1, "y": 2}, frozenset("y")) == {"x": UNKNOWN, "y": 2}
    assert KNOWN.arguments({"x": 1}, None) == {"x": 1}
    assert KNOWN.arguments("${steps.all}", frozenset("y")) is UNKNOWN


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("inputs.a == 1", True),
        ("${inputs.a > 1}", False),
        ("inputs.b == 1", None),
        ("steps.x.ok", None),
        ("errors.x != null", None),
        ("inputs.a == 2 && steps.x.ok", False),
        ("inputs.a", None),
        ("inputs.a +", None),
        ("item == 1", None),
    ],
)
def test_a_condition_is_certain_or_not(text: str, truth: bool | None) -> None:
    assert KNOWN.condition(text) is truth


def test_lists_are_known_or_not() -> None:
    assert KNOWN.items("inputs.rows") == [1, 2]
    assert KNOWN.items("inputs.rows.map(x, x * 2)") == [2, 4]
    assert KNOWN.items("inputs.a") is None
    assert KNOWN.items("steps.x") is None


def test_inside_an_item_its_names_are_known_too() -> None:
    inside = KNOWN.inside(item={"n": 5}, index=0, previous=UNKNOWN)
    assert inside.shape("${item.n + index + inputs.a}") == 6
    assert inside.shape("${previous}") is UNKNOWN


def test_defaults_count_only_where_some_input_is_given() -> None:
    plan = plan_from_yaml(
        "name: p\ninputs: {a: {type: integer, default: 3}, b: string}\nsteps: {}\n"
    ).plan
    assert known_inputs(plan, None).shape("${inputs.a}") is UNKNOWN
    assert known_inputs(plan, {"b": "x"}).shape("${inputs.a}") == 3
    assert known_inputs(plan, {}).shape("${inputs.b}") is UNKNOWN


def test_after_very_many_expressions_nothing_more_is_known() -> None:
    known = Known({"inputs": {"a": 1}})
    assert [known.shape("${inputs.a}") for _ in range(EVALUATIONS_MAX)] == [1] * EVALUATIONS_MAX
    inside = known.inside(item=1, index=0)
    assert (inside.shape("${item}"), inside.condition("true"), inside.items("[1]")) == (
        UNKNOWN,
        None,
        None,
    )
