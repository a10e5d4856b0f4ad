"""Texts in pictures fit, and nothing in them is markup."""

from hypothesis import given
from hypothesis import strategies as st

from batuta.plans.draw.paint.text import clean, fit, mono_width, safe, width_of, wrapped


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
