"""Rows in columns."""

from batuta.doors.cli.terminal.table import columns

ROWS = [
    ("run", "plan", "cost"),
    ("r1", "a rather long name of a plan", "$1"),
    ("r2", "short", "$10"),
]


def test_columns_are_as_wide_as_what_they_hold() -> None:
    assert columns(ROWS, right=(2,)) == [
        "run  plan                          cost",
        "r1   a rather long name of a plan    $1",
        "r2   short                          $10",
    ]


def test_one_column_gives_way_where_the_line_is_too_wide() -> None:
    assert columns(ROWS, width=24, shrink=1) == [
        "run  plan           cost",
        "r1   a rather lon…  $1",
        "r2   short          $10",
    ]


def test_the_column_that_gives_way_keeps_some_cells() -> None:
    assert columns(ROWS, width=3, shrink=1)[1] == "r1   a rathe…  $1"


def test_a_line_that_fits_is_left_alone() -> None:
    assert columns(ROWS, width=39, shrink=1) == columns(ROWS)


def test_nothing_has_no_columns() -> None:
    assert columns([], width=10, shrink=0) == []
