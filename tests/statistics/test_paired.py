"""Is one of two versions better: against known figures, and against versions of which it is known."""

import random

import pytest

from batuta.statistics.paired import compared, mcnemar, randomization


@pytest.mark.parametrize(
    ("better", "worse", "p"),
    # The sign test, two-sided: 2 * sum(C(n, k)) / 2 ** n.
    [(0, 0, 1.0), (1, 0, 1.0), (5, 0, 0.0625), (6, 0, 0.03125), (9, 1, 22 / 1024), (4, 4, 1.0)],
)
def test_mcnemar_is_exact(better: int, worse: int, p: float) -> None:
    assert mcnemar(better, worse) == mcnemar(worse, better) == pytest.approx(p)


def test_very_many_differences_are_no_trouble() -> None:
    assert mcnemar(3_000, 2_000) < 1e-9


def test_randomization_of_equal_differences_is_the_sign_test() -> None:
    assert randomization([0.25] * 8) == pytest.approx(2 / 2**8)
    assert randomization([0.25] * 7 + [-0.25]) == pytest.approx(18 / 2**8)


def test_drawn_signs_come_near_to_all_signs() -> None:
    chance = random.Random(3)
    differences = [chance.gauss(0.25, 0.5) for _ in range(12)]
    exact = randomization(differences)
    drawn = randomization([*differences, 2e-9])
    assert drawn == pytest.approx(exact, abs=0.03)


def test_too_few_cases_show_nothing_however_alike_the_differences_are() -> None:
    found = compared([0.1, 0.2, 0.3], [0.5, 0.6, 0.7])
    assert (found.word, found.p, found.test) == ("no difference shown", 0.25, "randomization")
    assert found.difference == pytest.approx(0.4)


def test_cases_on_which_both_are_alike_do_not_count() -> None:
    found = compared([0, 0, 0, 0, 0, 0, 1] + [1] * 50, [1, 1, 1, 1, 1, 1, 1] + [1] * 50)
    assert (found.better, found.worse, found.same, found.word) == (6, 0, 51, "better")
    assert (found.test, found.p) == ("mcnemar", 0.03125)


def test_a_loss_is_told_as_such() -> None:
    found = compared([1] * 20, [0] * 10 + [1] * 10)
    assert (found.word, found.difference) == ("worse", -0.5)
    assert found.low < -0.5 < found.high < 0


def test_without_a_pair_nothing_is_said() -> None:
    found = compared([], [])
    assert (found.cases, found.difference, found.low, found.high) == (0, 0.0, -1.0, 1.0)


def test_versions_that_are_alike_are_told_apart_about_as_often_as_it_says() -> None:
    chance = random.Random(5)
    told = 0
    for _ in range(60):
        first = [chance.random() for _ in range(20)]
        second = [min(1.0, max(0.0, one + chance.gauss(0, 0.2))) for one in first]
        told += randomization([b - a for a, b in zip(first, second, strict=True)]) < 0.05
    assert told / 60 < 0.12


def test_very_many_differences_are_told_as_a_few_less_of_them_are() -> None:
    chance = random.Random(4)
    differences = [chance.gauss(0.01, 0.2) for _ in range(1_001)]
    assert randomization(differences) == pytest.approx(randomization(differences[:1_000]), abs=0.02)
