"""How settings of capabilities are read."""

from typing import Any

import pytest

from batuta.capabilities.settings import CardSettings, read_settings, seconds_of
from batuta.errors import WorkspaceError


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (3, 3.0),
        (0.5, 0.5),
        ("500ms", 0.5),
        ("30s", 30.0),
        ("1.5 m", 90.0),
        (" 2h ", 7_200.0),
        ("1d", 86_400.0),
    ],
)
def test_a_duration_is_a_number_or_a_number_with_a_unit(value: Any, seconds: float) -> None:
    assert seconds_of(value, "timeout") == seconds


@pytest.mark.parametrize(
    "value",
    [0, -1, True, None, "", "30", "s", "-3s", "1e3s", "400d", float("nan"), float("inf"), [3]],
)
def test_anything_else_is_no_duration(value: Any) -> None:
    with pytest.raises(WorkspaceError, match="is not a duration"):
        seconds_of(value, "timeout")


def test_settings_make_a_card() -> None:
    data = {
        "kind": "x",
        "description": "d",
        "effect": "idempotent",
        "reach": "irreversible",
        "price_usd": 0.5,
        "scopes": ["a"],
        "in_doubt": "fail",
        "timeout": "2s",
        "concurrency": 4,
    }
    card = read_settings(data, CardSettings).card(
        "n", effect="read", reach="local", input={"type": "object"}, output=None
    )
    assert (card.name, card.kind, card.description) == ("n", "x", "d")
    assert (card.effect, card.reach, card.in_doubt) == ("idempotent", "irreversible", "fail")
    assert (card.price_nusd, card.scopes) == (500_000_000, ("a",))
    assert (card.timeout_s, card.concurrency) == (2.0, 4)


def test_what_settings_do_not_state_is_given() -> None:
    card = read_settings({"kind": "x"}, CardSettings).card(
        "n", effect="read", reach="local", input={}, output={}, waits=True, in_doubt="retry"
    )
    assert (card.effect, card.reach, card.waits, card.in_doubt) == ("read", "local", True, "retry")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"efect": "read"}, "unknown key efect"),
        ({"effect": "reads"}, "effect: invalid enum value 'reads'"),
        ({"scopes": [1]}, "scopes[0]: expected str, got int"),
        ({"price_usd": -1}, "price_usd: expected float >= 0.0"),
        (3, "expected object, got int"),
    ],
)
def test_wrong_settings_name_the_key(data: Any, message: str) -> None:
    with pytest.raises(WorkspaceError) as caught:
        read_settings(data, CardSettings)
    assert caught.value.message == message
