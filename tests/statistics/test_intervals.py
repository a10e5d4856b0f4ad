"""Where the true mean may lie: against published figures, and against many samples whose mean is known."""

import random

import pytest

from batuta.statistics.intervals import interval_of, percentile, wilson


@pytest.mark.parametrize(
    ("share", "count", "low", "high"),
    [
        # Newcombe, R. G., Statistics in Medicine 17 (1998), table I, method 3.
        (81 / 263, 263, 0.2553, 0.3662),
        (15 / 148, 148, 0.0624, 0.1605),
        (0 / 20, 20, 0.0000, 0.1611),
        (1 / 29, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_figures(
    share: float, count: int, low: float, high: float
) -> None:
    assert wilson(share, count) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_shares_get_wilson_and_other_scores_a_bootstrap() -> None:
    assert interval_of([1, 0, 1, 1]).method == "wilson"
    assert interval_of([1, 0.5, 1, 0] * 5).method == "bootstrap"


def test_few_scores_get_no_bootstrap_which_would_say_more_than_it_knows() -> None:
    found = interval_of([0.7, 0.8, 0.75, 0.8])
    assert (found.method, found.high - found.low > 0.5) == ("wilson", True)


def test_scores_that_are_all_alike_do_not_say_that_they_cannot_vary() -> None:
    found = interval_of([0.8] * 5)
    assert (found.mean, found.method) == (pytest.approx(0.8), "wilson")
    assert found.low < 0.4


def test_of_nothing_nothing_is_known() -> None:
    assert interval_of([]) == (0.0, 0.0, 1.0, "none")


def test_the_same_scores_have_the_same_interval_each_time() -> None:
    scores = [random.Random(7).random() for _ in range(50)]
    assert interval_of(scores) == interval_of(scores)


@pytest.mark.parametrize("binary", [True, False])
def test_the_true_mean_lies_inside_about_as_often_as_it_says(binary: bool) -> None:
    chance = random.Random(1)
    inside = 0
    for _ in range(80):
        scores = [
            float(chance.random() < 0.8) if binary else 1 - chance.random() ** 3 for _ in range(40)
        ]
        found = interval_of(scores)
        inside += found.low <= (0.8 if binary else 0.75) <= found.high
    assert 0.87 <= inside / 80 <= 1


def test_a_percentile_lies_between_two_values_if_need_be() -> None:
    assert percentile([0.0, 10.0], 0.95) == pytest.approx(9.5)


def test_of_very_many_scores_the_mean_is_as_good_as_normal() -> None:
    chance = random.Random(2)
    scores = [chance.random() ** 2 for _ in range(1_001)]
    many, few = interval_of(scores), interval_of(scores[:1_000])
    assert (many.method, few.method) == ("normal", "bootstrap")
    assert (many.low, many.high) == (
        pytest.approx(few.low, abs=0.003),
        pytest.approx(few.high, abs=0.003),
    )
