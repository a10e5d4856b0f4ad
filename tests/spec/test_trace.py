"""Ids that follow from the run, and W3C Trace Context."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.spec.trace import place_of, read_traceparent, span_id, traceparent

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f"00-{TRACE}-{SPAN}-01", (TRACE, SPAN, True)),
        (f" 00-{TRACE}-{SPAN}-00 ", (TRACE, SPAN, False)),
        (f"00-{TRACE}-{SPAN}-03", (TRACE, SPAN, True)),
        (f"cc-{TRACE}-{SPAN}-01-what-comes-later", (TRACE, SPAN, True)),
        (f"00-{TRACE}-{SPAN}-01-more", None),
        (f"ff-{TRACE}-{SPAN}-01", None),
        (f"00-{'0' * 32}-{SPAN}-01", None),
        (f"00-{TRACE}-{'0' * 16}-01", None),
        (f"00-{TRACE.upper()}-{SPAN}-01", None),
        (f"00-{TRACE}-{SPAN}", None),
        ("", None),
    ],
)
def test_a_traceparent_is_read_as_the_recommendation_says(text: str, place: object) -> None:
    assert read_traceparent(text) == place


@given(st.text())
def test_whatever_comes_as_a_traceparent_is_read_or_is_none(text: str) -> None:
    found = read_traceparent(text)
    assert found is None or read_traceparent(traceparent(found)) == found


def test_a_run_has_the_same_ids_wherever_it_is_told() -> None:
    trace, outer, sampled = place_of("r-1", "")
    assert (trace, outer, sampled) == (place_of("r-1", "")[0], "", True)
    assert read_traceparent(traceparent((trace, span_id("r-1", "run"), True))) is not None
    assert span_id("r-1", "attempt", "pay", 1) != span_id("r-1", "attempt", "pay", 2)
    assert span_id("r-1", "step", "pay") != span_id("r-2", "step", "pay")


def test_what_is_no_traceparent_begins_a_trace_of_its_own() -> None:
    assert place_of("r-1", "nonsense") == place_of("r-1", "")
