"""Words, numbers and times as people read them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.doors.cli.terminal.text import (
    ago,
    cells,
    clock,
    escaped,
    fit,
    json_text,
    one_line,
    size,
)
from batuta.spec.value import VALUE_BYTES_MAX


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "now"),
        (0.9, "now"),
        (59.9, "59 s ago"),
        (3_599, "59 min ago"),
        (86_399, "23 h ago"),
        (1_000 * 86_400, "1,000 d ago"),
    ],
)
def test_how_long_ago_has_one_part(seconds: float, text: str) -> None:
    assert ago(seconds) == text


@pytest.mark.parametrize(
    ("bytes_", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1_000, "1.0 kB"),
        (9_949, "9.9 kB"),
        (9_960, "10 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (82_000_000_000, "82 GB"),
        (10**18, "1,000 PB"),
    ],
)
def test_a_size_has_two_digits_at_least(bytes_: int, text: str) -> None:
    assert size(bytes_) == text


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain ünïcödé 日本 🎉", "plain ünïcödé 日本 🎉"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\r", "\\r"),
        ("\x9b", "\\x9b"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("family: 👨\u200d👩\u200d👧", "family: 👨\u200d👩\u200d👧"),
    ],
)
def test_what_a_terminal_obeys_or_nobody_sees_is_written_out(text: str, safe: str) -> None:
    assert escaped(text) == safe


@given(st.text(st.characters(codec=None)))
def test_no_text_leaves_anything_that_steers_a_terminal(text: str) -> None:
    line = one_line(text)
    assert [char for char in line if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")] == []
    assert line.encode("utf-8").decode("utf-8") == line


@given(st.text(max_size=50), st.integers(0, 60), st.booleans())
def test_what_is_fitted_takes_exactly_its_cells(text: str, width: int, right: bool) -> None:
    assert cells(fit(one_line(text), width, right=right)) == width


def test_wide_characters_take_two_cells() -> None:
    assert [cells("abc"), cells("日本"), cells("e\u0301")] == [3, 4, 1]
    assert fit("日本語", 5) == "日本…"
    assert fit("日本語", 4) == "日… "


def test_a_time_nobody_can_have_is_still_printed() -> None:
    assert clock(1e18) == "@1000000000000000000"
    assert len(clock(0.0)) == len("1970-01-01 05:30:00")


def test_a_document_may_be_larger_than_any_value_in_it() -> None:
    data = ["x" * (VALUE_BYTES_MAX - 2)] * 2
    assert len(json_text(data)) == 2 * VALUE_BYTES_MAX + 3


def test_a_document_says_what_is_half_a_character() -> None:
    assert json_text({"a": "\ud800"}) == '{"a":"?"}'
