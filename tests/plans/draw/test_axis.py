"""The axis of time, texts and units of pictures."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.plans.draw.axis import axis_of
from batuta.plans.draw.text import clean, fit, mono_width, safe, width_of, wrapped
from batuta.plans.draw.units import cost_text, number_text, plural, time_text


@given(
    st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e4)), max_size=20),
    st.floats(0, 2e6),
)
def test_places_follow_times_and_stay_on_the_axis(
    calls: list[tuple[float, float]], end: float
) -> None:
    axis = axis_of(0.0, end, [(begin, begin + length) for begin, length in calls], 600.0, 40.0)
    times = sorted([0.0, end, *(begin for begin, _ in calls), -5.0, 3e6])
    places = [axis.at(time) for time in times]
    assert all(later >= earlier - 1e-6 for earlier, later in pairwise(places))
    assert all(0.0 <= place <= 600.0001 for place in places)
    ticks = [tick.x for tick in axis.ticks(70.0)]
    assert ticks == sorted(ticks)
    assert len(ticks) <= 12


def test_a_wait_longer_than_all_work_is_cut_out() -> None:
    axis = axis_of(0.0, 7_202.0, [(0.0, 1.0), (7_201.0, 7_202.0)], 540.0, 40.0)
    assert [(round(piece.right - piece.left), piece.cut) for piece in axis.pieces] == [
        (250, False), (40, True), (250, False),
    ]  # fmt: skip
    labels = [tick.label for tick in axis.ticks(120.0)]
    assert labels == ["0", "500 ms", "2 h", "+500 ms", "+1.0 s"]


def test_a_run_that_only_waits_is_shown_as_long_as_it_is() -> None:
    assert [piece.cut for piece in axis_of(0.0, 3_600.0, [], 500.0, 40.0).pieces] == [False]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 ms"), (0.0124, "12 ms"), (0.9996, "1.0 s"), (3.24, "3.2 s"), (45.4, "45 s"), (59.6, "1 min"),
     (125, "2 min 5 s"), (3_600, "1 h"), (11_520, "3 h 12 min"), (187_200, "2 d 4 h"), (8.64e7, "1,000 d")],
)  # fmt: skip
def test_times_are_told_in_the_unit_that_fits(seconds: float, text: str) -> None:
    assert time_text(seconds) == text


@pytest.mark.parametrize(
    ("nusd", "text"),
    [(0, "$0"), (1, "$0.000000001"), (2_100_000, "$0.0021"), (150_000_000, "$0.15"), (999_999_999, "$1.00"),
     (1_500_000_000, "$1.50"), (1_234_500_000_000, "$1,234")],
)  # fmt: skip
def test_money_keeps_two_or_three_figures(nusd: int, text: str) -> None:
    assert cost_text(nusd) == text


def test_numbers_have_their_nouns() -> None:
    assert (plural(1, "step"), plural(12_000, "step"), number_text(1_230_000)) == (
        "1 step", "12,000 steps", "1.2 million",
    )  # fmt: skip


@given(st.text(max_size=60), st.floats(0, 300), st.sampled_from([10.0, 13.5]), st.booleans())
def test_what_is_cut_to_fit_fits(text: str, room: float, size: float, mono: bool) -> None:
    kept = fit(clean(text), room, size, mono=mono)
    width = mono_width(kept, size) if mono else width_of(kept, size)
    assert width <= room or kept == ""


@given(st.text(max_size=200), st.integers(1, 4))
def test_lines_that_are_wrapped_fit_and_are_no_more_than_allowed(text: str, most: int) -> None:
    lines = wrapped(clean(text), 120.0, 12.0, most)
    assert len(lines) <= most
    assert all(width_of(line, 12.0) <= 120.0 for line in lines)


def test_text_is_cleaned_and_escaped() -> None:
    assert clean(" a\x00b\u202e\n c\t") == "ab c"
    assert clean("x" * 1_000, 10) == "x" * 9 + "…"
    assert safe('<a href="x">\'&') == "&lt;a href=&quot;x&quot;&gt;&#39;&amp;"
