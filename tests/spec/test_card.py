"""Cards: the safe reading of silence, and what a run is pinned to."""

from typing import Any

import msgspec
import pytest

from batuta.spec.card import Card, serving


def test_silence_is_read_as_a_write_that_goes_far_and_is_asked_about() -> None:
    card = Card("pay")
    assert (card.effect, card.reach, card.in_doubt) == ("write", "egress", "ask")
    assert card.intent_first


@pytest.mark.parametrize(
    ("card", "first"),
    [
        (Card("a", effect="pure", reach="local"), False),
        (Card("a", effect="read", reach="local"), False),
        (Card("a", effect="idempotent", reach="local"), True),
        (Card("a", effect="write", reach="local"), True),
        (Card("a", effect="pure", reach="egress"), True),
        (Card("a", effect="read", reach="irreversible"), True),
        (Card("a", effect="pure", reach="local", price_nusd=1), True),
    ],
)
def test_only_free_local_reading_leaves_before_its_intent_is_durable(
    card: Card, first: bool
) -> None:
    assert card.intent_first is first


@pytest.mark.parametrize(
    ("said", "unsaid"),
    [
        ({}, "'a' does not say what it does to the world, so it counts as a write that leaves this machine"),
        ({"effect": "read"}, "'a' does not say how far it reaches, so it counts as leaving this machine"),
        ({"reach": "local"}, "'a' does not say what it does to the world, so it counts as a write"),
        ({"declared": True}, ""),
    ],
)  # fmt: skip
def test_what_a_card_leaves_unsaid_is_said(said: dict[str, Any], unsaid: str) -> None:
    assert Card(**{"name": "a", "declared": False} | said).undeclared == unsaid


def test_a_call_that_costs_is_metered() -> None:
    assert not Card("a").metered
    assert Card("a", price_nusd=1).metered


@pytest.mark.parametrize(
    "change",
    [
        {"name": "b"}, {"input": {"type": "object"}}, {"output": {}}, {"effect": "read"},
        {"reach": "local"}, {"price_nusd": 1}, {"scopes": ("x",)}, {"in_doubt": "fail"},
        {"timeout_s": 1.0}, {"kind": "http"}, {"waits": True},
    ],
)  # fmt: skip
def test_the_digest_changes_with_everything_but_the_description(change: dict[str, Any]) -> None:
    card = Card("a", description="words")
    assert msgspec.structs.replace(card, missing="a key").digest() == card.digest()
    assert msgspec.structs.replace(card, description="other words").digest() == card.digest()
    assert msgspec.structs.replace(card, **change).digest() != card.digest()


@pytest.mark.parametrize(
    ("missing", "start", "serves"),
    [("", 0, 0), ("a", 0, 1), ("ab", 0, 2), ("abc", 0, 0), ("a", 1, 1), ("c", 2, 2), ("b", 1, 2)],
)
def test_what_misses_something_is_passed_over_unless_all_do(
    missing: str, start: int, serves: int
) -> None:
    cards = {name: Card(name, missing="a key" if name in missing else "") for name in "abc"}
    assert serving(("a", "b", "c"), cards, start) == serves


def test_the_digest_does_not_depend_on_the_order_of_schema_keys() -> None:
    one = Card("a", input={"type": "object", "properties": {}})
    other = Card("a", input={"properties": {}, "type": "object"})
    assert one.digest() == other.digest()
