"""What is answered without CEL is what CEL answers."""

import operator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.errors import ExpressionError
from batuta.spec.expr import Expression, compile_expression, resolve
from batuta.spec.expr.kernel import Frame, run

ROOTS = frozenset({"a"})

texts = st.sampled_from(["", "b", "x", "EUR", "é", "x" * 1_001, "a\0b"])
numbers = st.sampled_from([0, 1, -1, 100, 2**63 - 1, -(2**63), 2**63, 1.0, 0.5])
scalars = st.none() | st.booleans() | numbers | texts
values = scalars | st.lists(scalars, max_size=2) | st.dictionaries(texts, scalars, max_size=2)
literals = st.sampled_from(
    ["null", "true", "false", "0", "-1", "100", "1.0", "'EUR'", "'x'", "'é'", "''"]
)
paths = st.sampled_from(["a.x", "a.y", "a.z"])
operators = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
compared = st.builds("{} {} {}".format, paths, operators, literals)
mirrored = st.builds("{} {} {}".format, literals, operators, paths)
asked = st.sampled_from(["has(a.x)", "has(a.z)", "size(a.x) > 1", "a.x", "a.z"])
conditions = st.recursive(
    compared | mirrored | asked,
    lambda inner: (
        st.builds("({}) {} ({})".format, inner, st.sampled_from(["&&", "||"]), inner)
        | st.builds("!({})".format, inner)
    ),
    max_leaves=4,
)

branches = paths | literals | st.just("[]")
choices = st.builds("({}) ? {} : {}".format, conditions, branches, branches)


def quick_of(expression: Expression) -> Any:
    kernel = expression._kernel
    return None if kernel is None else kernel.quick


def by_cel(expression: Expression, lookup: Any) -> Any:
    kernel = expression._kernel
    assert kernel is not None
    return run(msgspec.structs.replace(kernel, quick=None), Frame(lookup))


def _carried(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_carried, (*value, *value.values())))
    if isinstance(value, list):
        return all(map(_carried, value))
    if isinstance(value, str):
        return "\0" not in value
    return not isinstance(value, int) or -(2**63) <= value < 2**63


@given(conditions | choices, values, values)
def test_a_quick_answer_is_the_answer_of_cel(text: str, x: Any, y: Any) -> None:
    try:
        expression = compile_expression(text, ROOTS)
    except ExpressionError:
        return
    quick = quick_of(expression)
    found = {"x": x, "y": y}
    answer = quick and quick(Frame(lambda reference: resolve(found, reference.path)))
    if answer is None:
        return
    try:
        expected = by_cel(expression, lambda reference: resolve(found, reference.path))
    except ExpressionError:
        # CEL refuses some values whatever is asked of them: lists with a text it would cut, numbers beyond 64 bits.
        assert "null" in text or not (_carried(x) and _carried(y))
    else:
        assert answer == expected


@pytest.mark.parametrize(
    ("text", "args", "answer"),
    [
        ("a.amount > 100", {"amount": 101}, True),
        ("100 < a.amount", {"amount": 101}, True),
        ("100 >= a.amount", {"amount": 101}, False),
        ("a.amount > 100 && a.currency != 'EUR'", {"amount": 101, "currency": "EUR"}, False),
        ("a.x == 1 || a.y == 2", {"x": 1}, True),
        ("!(a.x == 1)", {"x": 2}, True),
        ("a.x == null", {}, True),
        ("a.x != null", {"x": {"deep": [1]}}, True),
        ("has(a.x) && a.x", {"x": True}, True),
        ("a.x == 'x'", {"x": ["x"]}, False),
        ("a.x != 1", {"x": None}, True),
        ("size(a.x) > 1", {"x": [1, 2]}, True),
        ("a.x == null ? 'none' : a.x.y", {"x": {"y": "one"}}, "one"),
        ("a.x == null ? 7 : a.x.y", {}, 7),
    ],
)
def test_the_plainest_conditions_are_quick(text: str, args: Any, answer: Any) -> None:
    quick = quick_of(compile_expression(text, ROOTS))
    found = quick(Frame(lambda reference: resolve(args, reference.path)))
    assert (type(found), found) == (type(answer), answer)


def test_a_choice_of_an_empty_list_is_quick() -> None:
    quick = quick_of(compile_expression("a.x == null ? [] : a.x", ROOTS))
    assert quick(Frame(lambda reference: resolve({}, reference.path))) == []


@pytest.mark.parametrize(
    ("text", "args"),
    [
        ("a.amount > 100", {"amount": 100.5}),
        ("a.amount > 100", {"amount": "101"}),
        ("a.amount > 100", {"amount": 2**63}),
        ("a.amount > 100", {}),
        ("a.name == 'x'", {"name": "é"}),
        ("a.name == 'x'", {"name": "a\0b"}),
        ("a.flag", {"flag": 1}),
        ("a.x == 1 && a.y == 2", {"y": 2}),
        ("a.x >= null", {"x": 1}),
        ("null <= a.x", {"x": None}),
        ("a.x == null ? [] : a.x", {"x": [1]}),
        ("a.x == 1 ? a.y : 'é'", {"x": 2}),
        ("a.x == 1 ? a.y : null", {"x": 2}),
    ],
)
def test_what_cel_may_see_otherwise_is_left_to_cel(text: str, args: Any) -> None:
    quick = quick_of(compile_expression(text, ROOTS))
    assert quick is None or quick(Frame(lambda ref: resolve(args, ref.path))) is None


def test_operators_are_those_of_cel() -> None:
    for sign, compare in {"<": operator.lt, "<=": operator.le, ">": operator.gt}.items():
        for x in (1, 2, 3):
            expression = compile_expression(f"a.x {sign} 2", ROOTS)
            assert expression.evaluate(lambda _, x=x: x) is compare(x, 2)
