"""What speaks of the same as some words is found at once among thousands."""

import random
import time

import pytest

from batuta.language.lookup import Lookup

TEXTS = {
    "shop.createOrder": ("shop.createOrder", "Places an order for a customer."),
    "shop.refund_order": ("shop.refund_order", "Pays back what an order has cost."),
    "crm.find_note": ("crm.find_note", "Finds notes of customers by words."),
    "count": ("count", "Counts."),
}


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("create an order", "shop.createOrder"),
        ("pay orders back", "shop.refund_order"),
        ("refunds", "shop.refund_order"),
        ("notes of a customer", "crm.find_note"),
        ("custmer nots", "crm.find_note"),
        ("custo", "shop.createOrder"),
        ("crm", "crm.find_note"),
    ],
)
def test_the_nearest_comes_first(words: str, first: str) -> None:
    assert Lookup(TEXTS).nearest(words, 2)[0][0] == first


def test_what_nothing_speaks_of_is_not_found() -> None:
    lookup = Lookup(TEXTS)
    assert lookup.nearest("weather in Lisbon", 9) == []
    assert lookup.nearest("the of and", 9) == []
    assert [lookup.knows(words) for words in ("order", "ordr", "")] == [True, False, False]


def test_at_most_so_many_are_given_and_equals_keep_their_order() -> None:
    many = {f"n{at}": (f"n{at}", "the same") for at in range(50)}
    assert [name for name, _ in Lookup(many).nearest("same", 3)] == ["n0", "n1", "n2"]


def test_5000_are_searched_in_5_ms() -> None:
    dice = random.Random(7)
    verbs = "find list create update delete archive restore count export".split()
    nouns = "order customer invoice payment product ticket note shipment refund user".split()
    texts: dict[str, tuple[str, str]] = {}
    for at in range(5_000):
        verb, noun = dice.choice(verbs), dice.choice(nouns)
        name = f"shop.{verb}_{noun}_{at}"
        texts[name] = (name, f"Will {verb} the {noun} with all that belongs to it, for {at}.")
    lookup = Lookup(texts)
    best_s = 1.0
    for _ in range(5):
        began = time.process_time()
        found = lookup.nearest("find the orders of a custmer and refund the payments", 40)
        best_s = min(best_s, time.process_time() - began)
    assert len(found) == 40
    assert best_s < 0.005
