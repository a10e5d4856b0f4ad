"""What the answers of a judge come to."""

from typing import Any

import pytest

from batuta.capabilities.judge.question import order_of
from batuta.capabilities.judge.rubric import Criterion, place_key
from batuta.capabilities.judge.verdict import Verdict, verdict
from batuta.errors import CallFailed

RIGHT = [Criterion("right")]


def answers(*turns: dict[int, int]) -> list[Any]:
    """What a model answers that gives these points, by candidate, in each turn."""
    return [
        {
            "value": {
                place_key(place): {"reason": f"{index} in {turn}", "scores": {"right": of[index]}}
                for place, index in enumerate(order_of(len(of), turn))
            }
        }
        for turn, of in enumerate(turns)
    ]


async def judged(*turns: dict[int, int]) -> Verdict:
    return await verdict(answers(*turns), RIGHT, 10, [*range(len(turns))], len(turns))


async def test_the_mean_over_both_orders_decides() -> None:
    told = await judged({0: 8, 1: 4}, {0: 6, 1: 5})
    assert (told["winner"], told["scores"], told["agreed"], told["asked"]) == (
        0,
        [pytest.approx(0.7), pytest.approx(0.45)],
        True,
        2,
    )


async def test_who_prefers_what_stands_first_is_caught() -> None:
    told = await judged({0: 9, 1: 5}, {0: 5, 1: 9})
    assert (told["winner"], told["agreed"]) == (None, False)
    assert told["bias"] == pytest.approx(0.2)


async def test_a_winner_that_one_order_did_not_see_in_front_is_no_agreement() -> None:
    told = await judged({0: 9, 1: 2}, {0: 5, 1: 6})
    assert (told["winner"], told["agreed"]) == (0, False)


async def test_candidates_that_are_level_in_each_order_are_an_agreement_without_a_winner() -> None:
    told = await judged({0: 7, 1: 7, 2: 1}, {0: 6, 1: 6, 2: 2}, {0: 5, 1: 5, 2: 1})
    assert (told["winner"], told["agreed"], told["bias"]) == (None, True, pytest.approx(0.022222))


async def test_the_same_points_in_another_order_are_level() -> None:
    told = await judged({0: 1, 1: 2, 2: 3}, {0: 2, 1: 3, 2: 1}, {0: 3, 1: 1, 2: 2})
    assert (told["winner"], told["agreed"]) == (None, False)


async def test_one_candidate_is_scored() -> None:
    told = await judged({0: 7})
    assert told == {
        "winner": 0,
        "scores": [0.7],
        "reasons": ["0 in 0"],
        "criteria": [{"right": 0.7}],
        "agreed": True,
        "bias": 0.0,
        "asked": 1,
    }


async def test_what_was_left_out_has_no_score() -> None:
    told = await verdict(answers({0: 2, 1: 9}, {0: 2, 1: 9}), RIGHT, 10, [1, 3], 4)
    assert (told["winner"], told["scores"]) == (3, [None, 0.2, None, 0.9])
    assert told["reasons"] == ["", "0 in 0", "", "1 in 0"]


async def test_of_nothing_nothing_is_said() -> None:
    told = await verdict([], RIGHT, 10, [], 2)
    assert (told["winner"], told["scores"], told["agreed"], told["asked"]) == (
        None,
        [None, None],
        False,
        0,
    )


async def test_the_reason_is_that_of_the_turn_nearest_to_the_mean() -> None:
    told = await judged({0: 9, 1: 0, 2: 0}, {0: 1, 1: 0, 2: 0}, {0: 8, 1: 0, 2: 0})
    assert told["reasons"][0] == "0 in 2"


async def test_weights_count() -> None:
    rubric = [Criterion("right", weight=3), Criterion("Is kind.")]
    scores = {"right": 4, "criterion_2": 0}
    one = [{"value": {"candidate_1": {"reason": "", "scores": scores}}}]
    told = await verdict(one, rubric, 4, [0], 1)
    assert told["scores"] == [0.75]
    assert told["criteria"] == [{"right": 1.0, "Is kind.": 0.0}]


@pytest.mark.parametrize(
    "value",
    [
        None,
        "7 points",
        {},
        {"candidate_1": {"reason": "", "scores": {"right": 11}}},
        {"candidate_1": {"reason": "", "scores": {"right": 7.5}}},
        {"candidate_1": {"reason": "", "scores": {"right": 7, "kind": 3}}},
        {"candidate_1": {"scores": {"right": 7}}},
    ],
)
async def test_an_answer_to_something_else_fails(value: Any) -> None:
    with pytest.raises(CallFailed, match=r"answers\[0\]"):
        await verdict([{"value": value}], RIGHT, 10, [0], 1)


@pytest.mark.parametrize(("places", "count"), [([0, 1], 2), ([1], 1), ([-1], 1), ([], 0)])
async def test_places_that_do_not_fit_are_refused(places: list[int], count: int) -> None:
    with pytest.raises(CallFailed, match="one for each candidate"):
        await verdict(answers({0: 7}), RIGHT, 10, places, count)
