"""Odd numbers in tables."""

import pytest

from batuta.capabilities.local.anomaly import anomaly


def test_what_is_far_from_the_median_is_odd_however_much_else_is() -> None:
    rows = [{"n": value} for value in (10, 11, 9, 10, 12, 8, 10, 500, 700, 11)]
    found = anomaly(rows=rows)
    assert [(one["row"], one["column"], one["value"]) for one in found["anomalies"]] == [
        (8, "n", 700.0),
        (7, "n", 500.0),
    ]
    assert found["columns"]["n"]["median"] == 10.5


def test_a_column_that_is_nearly_always_the_same_has_odd_ones() -> None:
    assert [one["row"] for one in anomaly(rows=[{"n": 1}] * 20 + [{"n": 2}])["anomalies"]] == [20]
    assert anomaly(rows=[{"n": 1}] * 20)["anomalies"] == []


def test_what_is_no_number_is_passed_over_and_too_few_are_left_out() -> None:
    rows = [{"a": "1,000", "b": "x", "c": None, "d": True}, {"a": float("nan")}, {"a": 3}]
    assert anomaly(rows=rows) == {
        "anomalies": [],
        "columns": {},
        "skipped": {"a": "2 numbers; 5 are needed to say what is usual"},
    }


@pytest.mark.parametrize("big", [1e308, 10**400, -1e200])
def test_numbers_that_nobody_can_square_are_no_bug(big: float) -> None:
    assert anomaly(rows=[{"n": 1}] * 6 + [{"n": big}])["anomalies"] == []
