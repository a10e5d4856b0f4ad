"""Headers that an operator wrote, and what servers say in theirs."""

import pytest

from batuta.errors import InputError, WorkspaceError
from batuta.outbound.headers import HeaderTemplates, removed, retry_after_s


def test_a_variable_of_the_environment_is_looked_up_when_headers_are_filled() -> None:
    templates = HeaderTemplates({"Authorization": "Bearer env:TOKEN", "X-Team": "desk"})
    filled = templates.fill({"TOKEN": "canary-31415"})
    assert filled == ({"Authorization": "Bearer canary-31415", "X-Team": "desk"}, ["canary-31415"])


@pytest.mark.parametrize("environment", [{}, {"TOKEN": ""}, {"TOKEN": "a\r\nb"}, {"TOKEN": "ü"}])
def test_what_is_missing_or_no_header_is_named_and_not_shown(environment: dict[str, str]) -> None:
    with pytest.raises(InputError, match="TOKEN") as caught:
        HeaderTemplates({"Authorization": "env:TOKEN"}).fill(environment)
    assert "\r" not in caught.value.message


@pytest.mark.parametrize("header", [{"a b": "x"}, {"Host": "x"}, {"X": "a\nb"}, {"X": "ü"}])
def test_a_header_that_cannot_be_sent_is_refused(header: dict[str, str]) -> None:
    with pytest.raises(WorkspaceError, match="headers"):
        HeaderTemplates(header)


def test_secrets_are_removed_wherever_they_are_echoed() -> None:
    assert removed(b"no canary-31415, canary-31415", ["canary-31415"]) == b"no [secret], [secret]"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("", None), ("2", 2.0), ("0.5", 0.5), ("-1", 0.0), ("nan", None), ("soon", None),
     ("1e99", 86_400.0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)],
)  # fmt: skip
def test_how_long_a_server_wants_to_be_left_alone(text: str, seconds: float | None) -> None:
    assert retry_after_s(text) == seconds
