"""What cells are: types by how they are written, and what does not fit is said."""

import pytest

from batuta.capabilities.files.cells import Guess, check_json, kinds_of_json, read_cell


def guessed(*cells: str) -> str:
    guess = Guess()
    for line, cell in enumerate(cells, 2):
        guess.see(line, cell)
    return guess.kind


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (("1", "-2", ""), "integer"),
        (("1", "2.5"), "number"),
        (("1e3", "0.5"), "number"),
        (("true", "False"), "boolean"),
        (("2026-11-22", ""), "date"),
        (("2026-11-22T16:30:00Z", "2026-11-22 16:30"), "datetime"),
        (("007", "1"), "string"),
        (("1_000",), "string"),
        (("1,5",), "string"),
        (("+5",), "string"),
        (("2026-13-01",), "string"),
        (("9223372036854775807",), "integer"),
        (("9223372036854775808",), "string"),
        (("0.1234567890123456789",), "string"),
        (("1e999",), "string"),
        (("nan", "inf"), "string"),
        (("", " "), "string"),
        (("1", "true"), "string"),
        (("٣",), "string"),
    ],
)
def test_a_type_is_found_only_where_it_loses_nothing(cells: tuple[str, ...], kind: str) -> None:
    assert guessed(*cells) == kind


def test_what_makes_a_column_of_numbers_a_text_is_remembered_with_its_line() -> None:
    guess = Guess()
    for line in range(2, 42):
        guess.see(line, "n/a" if line == 17 else "5")
    assert (guess.kind, guess.mostly, guess.odd) == ("string", "integer", [(17, "n/a")])


@pytest.mark.parametrize(
    ("cell", "kind", "value"),
    [
        (" 5 ", "integer", 5),
        ("+5", "integer", 5),
        ("007", "integer", 7),
        ("5", "number", 5.0),
        ("TRUE", "boolean", True),
        ("2026-11-22", "date", "2026-11-22"),
        ("", "integer", None),
        ("", "string", ""),
        (" a ", "string", " a "),
    ],
)
def test_a_cell_is_read_as_the_type_that_is_declared(cell: str, kind: str, value: object) -> None:
    assert read_cell(cell, kind) == value


@pytest.mark.parametrize(
    ("cell", "kind", "why"),
    [
        ("5.5", "integer", "is no whole number"),
        ("99999999999999999999", "integer", "has more than 64 bits"),
        ("9" * 100_000, "integer", "is no whole number"),
        ("1e999", "number", "is larger than any number"),
        ("nan", "number", "is no number"),
        ("yes", "boolean", "is neither true nor false"),
        ("22.11.2026", "date", "is no date like 2026-11-22"),
        ("2026-02-30", "date", "day is out of range for month"),
        ("2026-11-22T25:00", "datetime", "hour must be in 0..23"),
    ],
)
def test_a_cell_that_is_something_else_says_why(cell: str, kind: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_cell(cell, kind)


def test_columns_of_json_have_the_types_of_all_their_values() -> None:
    rows = [{"a": 1, "b": None, "c": [1]}, {"a": 2.5, "b": "x", "d": {}}, {"d": 1}]
    assert kinds_of_json(rows) == {"a": "number", "b": "string", "c": "list", "d": "any"}


def test_values_of_json_are_held_against_the_declared_type() -> None:
    assert [check_json(3.0, "integer"), check_json(None, "date"), check_json(1, "number")] == [
        3,
        None,
        1,
    ]
    with pytest.raises(ValueError, match="is string, not integer"):
        check_json("3", "integer")
