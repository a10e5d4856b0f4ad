"""Figures are short, and never look like nothing."""

import pytest

from batuta.spec.figures import dollars, duration, money, plural, round_duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0 ms"),
        (0, "0 ms"),
        (0.0124, "12 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1.0 s"),
        (3.21, "3.2 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 00 s"),
        (125, "2 min 05 s"),
        (3_599.6, "1 h 00 min"),
        (11_520, "3 h 12 min"),
        (187_200, "2 d 4 h"),
        (8.64e7, "1,000 d 0 h"),
    ],
)
def test_a_duration_has_two_parts_at_most(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.5, "500 ms"),
        (1, "1 s"),
        (10, "10 s"),
        (300, "5 min"),
        (305, "5 min 05 s"),
        (3_600, "1 h"),
        (86_400, "1 d"),
        (36_000 + 600, "10 h 10 min"),
    ],
)
def test_a_round_duration_has_no_part_that_is_zero(seconds: float, text: str) -> None:
    assert round_duration(seconds) == text


@pytest.mark.parametrize(
    ("amount_usd", "text"),
    [
        (0, "$0.0000"),
        (0.0123, "$0.0123"),
        (0.00004, "$0.000040"),
        (0.000000015, "$0.000000015"),
        (12.5, "$12.5000"),
        (1_234.5, "$1,234.50"),
    ],
)
def test_money_never_looks_like_nothing(amount_usd: float, text: str) -> None:
    assert money(amount_usd) == text


@pytest.mark.parametrize(
    ("amount_nusd", "text"),
    [
        (0, "$0.00"),
        (2_100_000, "$0.0021"),
        (40_000_000, "$0.04"),
        (1_500_000_000, "$1.50"),
        (1_234_500_000_000, "$1,234.50"),
        (40_000, "$0.00004"),
    ],
)
def test_dollars_have_as_many_digits_as_they_need(amount_nusd: int, text: str) -> None:
    assert dollars(amount_nusd) == text


def test_numbers_have_their_nouns() -> None:
    assert (plural(1, "step"), plural(0, "step"), plural(12_000, "step")) == (
        "1 step",
        "0 steps",
        "12,000 steps",
    )
    assert (plural(1, "memory"), plural(2, "memory"), plural(2, "day")) == (
        "1 memory",
        "2 memories",
        "2 days",
    )
