"""Laws: what the judge says of values is what types say of all of them."""

from typing import Any

from hypothesis import HealthCheck, event, given, note, settings
from hypothesis import strategies as st

from batuta.plans.types import described, fits, of_schema, of_value, union
from batuta.plans.types.fit import apart
from batuta.plans.types.intersect import intersection
from tests.plans.types.schemas import is_full, schemas, validator, values, values_of

# Drawing a schema and its values takes longer than Hypothesis likes.
_SLOW = settings(
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
    ]
)


@_SLOW
@given(schemas, schemas, st.data())
def test_yes_means_that_every_value_is_accepted_and_no_that_none_is(
    source: Any, target: Any, data: st.DataObject
) -> None:
    here, there = validator(source), validator(target)
    fit = fits(of_schema(source), of_schema(target))
    note(f"{described(of_schema(source))} -> {described(of_schema(target))}: {fit.verdict} {fit}")
    event(fit.verdict)
    for full in (False, True):
        for _ in range(4):
            value = data.draw(values_of(source, full=full))
            if not here.is_valid(value):
                continue
            if fit.verdict == "yes":
                assert there.is_valid(value)
            elif fit.verdict == "no" and is_full(value):
                assert not there.is_valid(value)
            if apart(of_schema(source), of_schema(target)):
                assert not there.is_valid(value)


@_SLOW
@given(schemas, st.data())
def test_a_value_never_certainly_misfits_the_schema_that_accepts_it(
    schema: Any, data: st.DataObject
) -> None:
    judge = validator(schema)
    for value in (data.draw(values_of(schema)), data.draw(values)):
        fit = fits(of_value(value), of_schema(schema))
        note(f"{value!r}: {fit.verdict} {fit}")
        if judge.is_valid(value):
            assert fit.verdict != "no"
            assert not apart(of_schema(schema), of_value(value))
        else:
            assert fit.verdict != "yes"


@_SLOW
@given(schemas, schemas, values)
def test_a_union_holds_what_one_of_its_parts_holds_and_an_intersection_what_both_do(
    one: Any, other: Any, value: Any
) -> None:
    here, there = validator(one).is_valid(value), validator(other).is_valid(value)
    own = of_value(value)
    if here or there:
        assert fits(own, union(of_schema(one), of_schema(other))).verdict != "no"
    if here and there:
        assert fits(own, intersection(of_schema(one), of_schema(other))).verdict != "no"


@_SLOW
@given(schemas, values)
def test_a_type_that_has_a_value_may_stand_where_it_is_wanted_itself(
    schema: Any, value: Any
) -> None:
    if validator(schema).is_valid(value):
        assert fits(of_schema(schema), of_schema({**schema, "title": "again"})).verdict != "no"
