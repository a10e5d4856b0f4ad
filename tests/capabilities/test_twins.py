"""Two sources that offer the same are noticed."""

from batuta.capabilities.twins import alike_cards
from batuta.spec.card import Card

TEXT = {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]}
NUMBER = {"type": "object", "properties": {"q": {"type": "integer"}}, "required": ["q"]}


def card(name: str, says: str, takes: dict = TEXT) -> Card:
    return Card(name, says, takes)


def test_what_takes_the_same_and_says_the_same_in_two_sources_is_a_pair() -> None:
    cards = [
        card("crm.find_notes", "Finds notes by their words."),
        card("crm.find_note", "Finds notes by their words."),
        card("wiki.find_notes", "Find notes by their words"),
        card("wiki.count", "Counts pages."),
        card("old.find_notes", "Finds notes by their words.", NUMBER),
        card("find_notes", "Finds notes by their words."),
    ]
    assert alike_cards(cards) == [("crm.find_notes", "wiki.find_notes")]


def test_of_very_many_the_first_are_told() -> None:
    cards = [card(f"s{at}.find", "Finds notes.") for at in range(500)]
    assert len(alike_cards(cards)) == 20
