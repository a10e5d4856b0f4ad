"""Of thousands of capabilities, those that speak of the same as the words; of few, all."""

from typing import Any

from batuta.planning.compose.nearby import Nearby
from batuta.spec.card import Card


def card(name: str, description: str = "", kind: str = "mcp", **arguments: str) -> Card:
    properties: dict[str, Any] = {one: {"type": type_} for one, type_ in arguments.items()}
    schema = {"type": "object", "properties": properties, "required": [*properties]}
    return Card(name=name, description=description, input=schema, kind=kind)


def cards(count: int) -> dict[str, Card]:
    every = [
        *(card(f"crm.tool_{at}", f"Counts the pebbles on beach {at}.") for at in range(count)),
        card("crm.refund_parcel", "Pays the money for a parcel back.", parcel_number="string"),
        card("crm.latest", "The parcel number of what was sent last."),
        card("crm.weekly", "Writes the week up."),
        card("mine", "Something of this workspace.", kind="function"),
    ]
    return {one.name: one for one in every}


def test_of_few_all_are_looked_at() -> None:
    known = cards(20)
    among, rare = Nearby().among(known, "refund the parcel", ())
    assert ([*among], rare) == ([*known.values()], None)


def test_of_many_those_that_speak_of_it_what_gives_their_arguments_and_the_workspaces_own() -> None:
    known = cards(1_000)
    among, rare = Nearby().among(known, "refund the parcel", ["crm.weekly", "gone"])
    names = {one.name for one in among}
    assert {"crm.refund_parcel", "crm.latest", "crm.weekly", "mine"} <= names
    assert len(names) < 60
    assert rare is not None
    assert rare("beach") < rare("parcel")


def test_other_cards_are_taken_in_anew() -> None:
    nearby = Nearby()
    nearby.among(cards(400), "refund the parcel", ())
    others = {f"b.{name}": one for name, one in cards(400).items()} | {
        "b.ship": card("b.ship", "Ships a piano.")
    }
    among, _ = nearby.among({one.name: one for one in others.values()}, "ship the piano", ())
    assert "b.ship" in {one.name for one in among}
