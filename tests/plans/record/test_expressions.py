"""What Python would have calculated with values, the expression calculates when the plan runs."""

import operator
from collections.abc import Callable
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


def call(
    plain: Callable[..., Any], recorded: Callable[..., Any] | None = None
) -> Callable[..., Call]:
    return lambda *parts: Call(plain, recorded or plain, parts)


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


numbers = st.deferred(
    lambda: (
        st.sampled_from([Input("a"), Input("b")])
        | st.integers(-9, 9)
        | st.builds(call(operator.add), numbers, numbers)
        | st.builds(call(operator.sub), numbers, numbers)
        | st.builds(call(operator.mul), numbers, numbers)
        | st.builds(call(operator.neg), numbers)
        | st.builds(call(len, size), texts)
        | st.builds(call(chosen, choose), truths, numbers, numbers)
        | st.builds(call(first_of, coalesce), st.just(Input("nothing")) | numbers, numbers)
        | st.builds(call(lambda x: x, lambda x: cel(f"{x} + 0")), numbers)
    )
)
texts = st.deferred(
    lambda: (
        st.sampled_from([Input("s"), Input("t")])
        | st.sampled_from(["'", '"', "\\", "${", "\n", "\0", "é€😀", "x"])
        | st.builds(call(operator.add), texts, texts)
    )
)
truths = st.deferred(
    lambda: (
        st.sampled_from([Input("p"), Input("q")])
        | st.builds(call(operator.eq), numbers, numbers)
        | st.builds(call(operator.eq), truths, truths)
        | st.builds(call(operator.ne), texts, texts)
        | st.builds(call(operator.lt), numbers, numbers)
        | st.builds(call(operator.ge), numbers, numbers)
        | st.builds(call(operator.and_), truths, truths)
        | st.builds(call(operator.or_), truths, truths)
        | st.builds(call(negated, unless_constant(operator.invert, negated)), truths)
        | st.builds(call(str.startswith, lambda of, part: said(of).startswith(part)), texts, texts)
        | st.builds(call(str.endswith, lambda of, part: said(of).endswith(part)), texts, texts)
        | st.builds(call(operator.contains, contains), texts, texts)
        | st.builds(call(listed, lambda value, *rest: one_of(value, rest)), numbers, numbers)
    )
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


@given(numbers | truths | texts, values)
def test_an_expression_has_the_value_that_python_gives(tree: Any, inputs: dict[str, Any]) -> None:
    expected = evaluated(tree, inputs, recorded=False)

    def plan(a: int, b: int, s: str, t: str, p: bool, q: bool, nothing: None) -> Any:
        given = {"a": a, "b": b, "s": s, "t": t, "p": p, "q": q, "nothing": nothing}
        value = evaluated(tree, given, recorded=True)
        # In a text of a plan `${` begins an expression.
        return [value.replace("${", "$${") if isinstance(value, str) else value]

    result = compile_template(Recording(plan).plan.result, ROOTS)
    assert result.render(lambda ref: resolve({"inputs": inputs}[ref.root], ref.path)) == [expected]
