"""How settings of capabilities are read."""

from typing import Any

import pytest

from batuta.capabilities.http import HttpSettings
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
    ("data", "message", "remedy"),
    [
        ({"efect": "read"}, "unknown key efect", "it takes concurrency, description, effect, "),
        ({"effect": "reads"}, "effect: invalid enum value 'reads'", "`batuta schema workspace`"),
        ({"scopes": [1]}, "scopes[0]: expected a text, got a whole number", "write a text"),
        (
            {"price_usd": -1},
            "price_usd: expected a number of at least 0",
            "write a number of at least 0",
        ),
        ({"timeout": []}, "timeout: expected a number or a text, got a list", "write a number or"),
        (3, "expected a map, got a whole number", "write a map"),
    ],
)
def test_wrong_settings_name_the_key_and_what_to_write(
    data: Any, message: str, remedy: str
) -> None:
    with pytest.raises(WorkspaceError) as caught:
        read_settings(data, CardSettings)
    assert caught.value.message == message
    assert caught.value.remedy.startswith(remedy)


def test_settings_inside_of_settings_name_their_keys() -> None:
    def told(**more: Any) -> tuple[str, str]:
        with pytest.raises(WorkspaceError) as caught:
            read_settings({"url": "x", "reconcile": {"url": "x"}} | more, HttpSettings)
        return caught.value.message, caught.value.remedy

    assert told(reconcile={"url": "x", "feld": "y"}) == (
        "reconcile: unknown key feld",
        "`batuta schema workspace` has all keys, and what they take",
    )
    assert told(reconcile={}) == ("reconcile: the key url is missing", "add url: …")
    assert told(headers=dict.fromkeys(map(str, range(51)), "x")) == (
        "headers: expected a map that is at most 50 long",
        "write a map that is at most 50 long",
    )
