"""Laws: what runs has no problem, and its value has the type that was inferred."""

from typing import Any

from hypothesis import HealthCheck, event, given, note, settings
from hypothesis import strategies as st

from batuta.errors import ExpressionError
from batuta.plans.types import (
    Inferred,
    Type,
    described,
    fits,
    infer,
    map_of,
    of_schema,
    of_value,
)
from batuta.spec.expr import compile_expression, resolve
from tests.plans.types.expressions import expressions
from tests.plans.types.schemas import schemas, validator, values, values_of

_SLOW = settings(
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
    ]
)
ROOTS = frozenset({"inputs"})


@st.composite
def inputs(draw: st.DrawFn) -> tuple[dict[str, Type], dict[str, Any]]:
    """Types of the inputs, and values that have them; not every input is there."""
    types: dict[str, Type] = {}
    given_: dict[str, Any] = {}
    for name in ("x", "y", "z"):
        schema = draw(schemas)
        value = draw(values_of(schema) | values)
        types[name] = of_schema(schema)
        if validator(schema).is_valid(value):
            given_[name] = _whole(value)
        else:
            types[name] = of_value(value) if draw(st.booleans()) else of_schema(None)
            given_[name] = value
    missing = draw(st.sets(st.sampled_from(["x", "y", "z"]), max_size=1))
    root = map_of(types, missing)
    for name in missing if draw(st.booleans()) else ():
        del given_[name]
    return {"inputs": root}, {"inputs": given_}


def _whole(value: Any) -> Any:
    """`value` with 2 for 2.0: an integer by a schema is taken for an int, however JSON wrote it."""
    if isinstance(value, dict):
        return {key: _whole(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_whole(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def told(text: str, types: dict[str, Type]) -> Inferred:
    inferred = infer(text, types)
    note(f"{text}: {described(inferred.type)} {inferred}")
    return inferred


@_SLOW
@given(inputs(), st.data())
def test_what_can_be_evaluated_has_no_problem_and_a_value_of_the_inferred_type(
    world: tuple[dict[str, Type], dict[str, Any]], data: st.DataObject
) -> None:
    types, given_ = world
    for _ in range(4):
        text = data.draw(expressions)
        inferred = told(text, types)
        try:
            value = compile_expression(text, ROOTS).evaluate(
                lambda reference: resolve(given_[reference.root], reference.path)
            )
        except ExpressionError:
            event("fails")
            continue
        event("runs")
        assert inferred.problems == ()
        assert fits(of_value(value), inferred.type).verdict != "no"
        assert inferred.type.shapes
        if inferred.constant is not None:
            event("constant")
            assert value is inferred.constant
