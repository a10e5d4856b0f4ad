"""What Python would have calculated with values, the expression calculates when the plan runs."""

import operator
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from hypothesis import assume, given
from hypothesis import strategies as st

from batuta import cel, choose, coalesce, contains, one_of, size
from batuta.plans.record.recording import Recording
from batuta.plans.record.text import quoted
from batuta.spec.expr import compile_template, resolve

ROOTS = frozenset({"inputs", "steps"})
INTEGER_MAX = 2**63


class Input(NamedTuple):
    name: str


class Call(NamedTuple):
    """One operation: on values, as a workflow says it, and its operands."""

    plain: Callable[..., Any]
    recorded: Callable[..., Any]
    parts: tuple[Any, ...]


def evaluated(tree: Any, inputs: Any, *, recorded: bool) -> Any:
    if isinstance(tree, Input):
        return inputs[tree.name]
    if not isinstance(tree, Call):
        return tree
    parts = [evaluated(part, inputs, recorded=recorded) for part in tree.parts]
    value = (tree.recorded if recorded else tree.plain)(*parts)
    if not recorded and isinstance(value, int):
        assume(abs(value) < INTEGER_MAX)
    return value


def unless_constant(say: Callable[..., Any], plain: Callable[..., Any]) -> Callable[..., Any]:
    """What a workflow says of references; of constants alone Python says it itself."""
    constants = (bool, int, str, type(None))
    return lambda *parts: (
        plain(*parts) if all(isinstance(one, constants) for one in parts) else say(*parts)
    )


def negated(value: Any) -> Any:
    return not value


def first_of(one: Any, other: Any) -> Any:
    return other if one is None else one


def chosen(condition: Any, yes: Any, no: Any) -> Any:
    return yes if condition else no


def listed(value: Any, *values: Any) -> Any:
    return value in values


def said(text: Any) -> Any:
    """A text whose methods take references, which those of Python's own texts do not."""
    return cel(quoted(text).replace("${", "$${")) if isinstance(text, str) else text


def calls(*ways: tuple[Any, Any, *tuple[Any, ...]]) -> st.SearchStrategy[Any]:
    """Operations, each with what Python does, what a workflow says, and strategies for its operands."""
    return st.one_of(
        [st.builds(Call, st.just(do), st.just(say), st.tuples(*parts)) for do, say, *parts in ways]
    )


@cache
def numbers(depth: int) -> st.SearchStrategy[Any]:
    leaves = st.sampled_from([Input("a"), Input("b")]) | st.integers(-9, 9)
    if not depth:
        return leaves
    number, text, truth = numbers(depth - 1), texts(depth - 1), truths(depth - 1)
    return leaves | calls(
        (operator.add, operator.add, number, number),
        (operator.sub, operator.sub, number, number),
        (operator.mul, operator.mul, number, number),
        (operator.neg, operator.neg, number),
        (len, size, text),
        (chosen, choose, truth, number, number),
        (first_of, coalesce, st.just(Input("nothing")) | number, number),
        (lambda x: x, lambda x: cel(f"{x} + 0"), number),
    )


@cache
def texts(depth: int) -> st.SearchStrategy[Any]:
    leaves = st.sampled_from(
        [Input("s"), Input("t"), "'", '"', "\\", "${", "\n", "\0", "é€😀", "x"]
    )
    return (
        leaves | calls((operator.add, operator.add, leaves, texts(depth - 1))) if depth else leaves
    )


@cache
def truths(depth: int) -> st.SearchStrategy[Any]:
    leaves = st.sampled_from([Input("p"), Input("q")])
    if not depth:
        return leaves
    number, text, truth = numbers(depth - 1), texts(depth - 1), truths(depth - 1)
    return leaves | calls(
        (operator.eq, operator.eq, number, number),
        (operator.eq, operator.eq, truth, truth),
        (operator.ne, operator.ne, text, text),
        (operator.lt, operator.lt, number, number),
        (operator.ge, operator.ge, number, number),
        (operator.and_, operator.and_, truth, truth),
        (operator.or_, operator.or_, truth, truth),
        (negated, unless_constant(operator.invert, negated), truth),
        (str.startswith, lambda of, part: said(of).startswith(part), text, text),
        (str.endswith, lambda of, part: said(of).endswith(part), text, text),
        (operator.contains, contains, text, text),
        (listed, lambda value, *rest: one_of(value, rest), number, number),
    )


values = st.fixed_dictionaries(
    {
        "a": st.integers(-9, 9),
        "b": st.integers(-9, 9),
        "s": st.text("x'\"\\", max_size=3),
        "t": st.text("x'\"\\", max_size=3),
        "p": st.booleans(),
        "q": st.booleans(),
        "nothing": st.none(),
    }
)


@given(numbers(4) | truths(4) | texts(4), values)
def test_an_expression_has_the_value_that_python_gives(tree: Any, inputs: dict[str, Any]) -> None:
    expected = evaluated(tree, inputs, recorded=False)

    def plan(a: int, b: int, s: str, t: str, p: bool, q: bool, nothing: None) -> Any:
        given = {"a": a, "b": b, "s": s, "t": t, "p": p, "q": q, "nothing": nothing}
        value = evaluated(tree, given, recorded=True)
        # In a text of a plan `${` begins an expression.
        return [value.replace("${", "$${") if isinstance(value, str) else value]

    result = compile_template(Recording(plan).plan.result, ROOTS)
    assert result.render(lambda ref: resolve({"inputs": inputs}[ref.root], ref.path)) == [expected]
