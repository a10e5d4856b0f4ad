"""`--since`: a point in time, as people name one."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.doors.cli.since import since
from batuta.errors import InputError

# 2026-11-22 13:30:00 in Amsterdam, an hour ahead.
NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC).timestamp()


@pytest.fixture(autouse=True)
def amsterdam(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Amsterdam")
    if hasattr(time, "tzset"):
        time.tzset()
    yield
    monkeypatch.undo()
    if hasattr(time, "tzset"):
        time.tzset()


@pytest.mark.skipif(
    not hasattr(time, "tzset"), reason="the zone of a process cannot be chosen here"
)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2h", "2026-11-22T10:30:00"),
        ("90s", "2026-11-22T12:28:30"),
        ("1.5d", "2026-11-21T00:30:00"),
        ("30min", "2026-11-22T12:00:00"),
        ("30m", "2026-11-22T12:00:00"),
        ("1w", "2026-11-15T12:30:00"),
        ("today", "2026-11-21T23:00:00"),
        ("yesterday", "2026-11-20T23:00:00"),
        ("2026-11-01", "2026-10-31T23:00:00"),
        ("2026-07-01", "2026-06-30T22:00:00"),
        ("2026-11-01T14:30", "2026-11-01T13:30:00"),
        ("2026-11-01 14:30:15", "2026-11-01T13:30:15"),
        ("2026-11-01T14:30Z", "2026-11-01T14:30:00"),
        ("2026-11-01T14:30-05:00", "2026-11-01T19:30:00"),
        ("1000000000d", "1970-01-01T00:00:00"),
        ("0001-01-01T00:00Z", "1970-01-01T00:00:00"),
    ],
)
def test_a_time_is_read_in_the_zone_of_this_machine(text: str, expected: str) -> None:
    at = datetime.fromtimestamp(since(text, NOW), tz=UTC)
    assert at.replace(tzinfo=None).isoformat() == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "-2h", "2 fortnights", "2h30", "20261101", "2026-13-01", "2026-02-30"),
        *("١h", "1e9s", "2026-11-01T25:00", "9" * 500 + "h"),
    ],
)
def test_what_names_no_time_is_refused_with_a_remedy(text: str) -> None:
    with pytest.raises(InputError, match="is no time") as caught:
        since(text, NOW)
    assert caught.value.remedy


@given(
    st.text(max_size=30)
    | st.from_regex(r"[0-9]{1,14}(\.[0-9]+)? ?(s|min|m|h|d|w)", fullmatch=True)
    | st.from_regex(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?)?",
        fullmatch=True,
    )
)
def test_every_text_names_a_time_or_is_refused(text: str) -> None:
    remedy = ""
    try:
        at = since(text, NOW)
    except InputError as error:
        at, remedy = -1.0, error.remedy
    assert at >= 0.0 or remedy
