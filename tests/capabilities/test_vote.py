"""Votes."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.capabilities.vote import ballot, vote


@pytest.mark.parametrize(
    ("values", "options", "expected"),
    [
        (["a", "b", "a"], {}, ("a", 2, 2 / 3, False)),
        (["a", "b"], {}, (None, 1, 0.5, True)),
        (["a", "a", "b", "c"], {}, (None, 2, 0.5, False)),
        (["a", "a", "b", "c"], {"method": "plurality"}, ("a", 2, 0.5, False)),
        (["a", "b", "b", "a"], {"method": "plurality"}, (None, 2, 0.5, True)),
        (["a", "a", "b"], {"threshold": 0.66}, ("a", 2, 2 / 3, False)),
        (["a", "a", "b"], {"threshold": 0.67}, (None, 2, 2 / 3, False)),
        (["a", "b", "c"], {"threshold": 0.2}, (None, 1, 1 / 3, True)),
        (["a", "a", "b", "c"], {"threshold": 0.5}, ("a", 2, 0.5, False)),
        ([], {}, (None, 0, 0.0, False)),
        ([None, None], {}, (None, 0, 0.0, False)),
        ([None, "a", None], {}, ("a", 1, 1.0, False)),
        ([1, 1.0, True], {}, (1, 2, 2 / 3, False)),
        ([0, False, False], {}, (False, 2, 2 / 3, False)),
        (
            [[1], [1.0], {"a": [2.0], "b": 1}, {"b": 1, "a": [2]}],
            {"threshold": 0.5},
            (None, 2, 0.5, True),
        ),
        (
            [{"x": {"y": "a"}}, {"x": {"y": "a"}}, {"x": 1}, 3],
            {"field": "x.y"},
            ("a", 2, 1.0, False),
        ),
        (["1", 1, 1], {}, (1, 2, 2 / 3, False)),
    ],
)
async def test_equal_values_are_counted_and_one_may_win(
    values: list[Any], options: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    result = await vote(values, **options)
    assert (result["winner"], result["votes"], result["share"], result["tie"]) == expected
    assert type(result["winner"]) is type(expected[0])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-3, 3) | st.text(max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(JSON, JSON)
def test_two_values_have_the_same_ballot_exactly_if_json_calls_them_equal(
    one: Any, other: Any
) -> None:
    def marked(value: Any) -> Any:
        """Python says True == 1; JSON does not."""
        if isinstance(value, bool):
            return ("bool", value)
        if isinstance(value, list):
            return [marked(item) for item in value]
        if isinstance(value, dict):
            return {key: marked(item) for key, item in value.items()}
        return value

    assert (ballot(one) == ballot(other)) == (marked(one) == marked(other))


@given(st.lists(st.sampled_from(["a", "b", "c", None]), max_size=9), st.randoms())
async def test_the_order_of_the_votes_does_not_matter(values: list[Any], random: Any) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)
    assert await vote(values) == await vote(shuffled)


@given(
    st.lists(st.sampled_from(["a", "b", "c", None]), max_size=5),
    st.integers(0, 3),
    st.sampled_from(
        [{}, {"method": "plurality"}, {"threshold": 0.5}, {"threshold": 0.75}, {"threshold": 0.2}]
    ),
)
async def test_the_outcome_is_decided_exactly_if_no_votes_to_come_can_change_it(
    values: list[Any], missing: int, options: dict[str, Any]
) -> None:
    ends = [
        (await vote([*values, *rest], **options))["winner"]
        for rest in itertools.product(["a", "b", "c", "d", None], repeat=missing)
    ]
    now = await vote(values, of=len(values) + missing, **options)
    assert now["decided"] == all(end == now["winner"] for end in ends)
