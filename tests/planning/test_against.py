"""Words that say not to do it, ask for more, or are no order: whatever is near, it does not run unasked."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from batuta import capability
from batuta.app import App
from batuta.desk import Desk
from batuta.journal.memory import MemoryJournal
from batuta.planning.denials import denials, without
from batuta.planning.orders import doings

PLANS = """
name: refund-order
description: Refund an order to the customer.
examples: ["refund order {order} with {amount}", "give the customer the money back for {order}"]
inputs:
  order: {type: string, pattern: "^[A-Z]-[0-9]+$"}
  amount: {type: number, minimum: 0}
steps: {back: {use: pay_back, with: {order: "${inputs.order}", amount: "${inputs.amount}"}}}
result: ${steps.back}
"""


@capability(effect="write", reach="local")
def pay_back(order: str, amount: float) -> str:
    """Pays the amount of an order back."""
    return f"{amount} back for {order}"


@capability("parcels.find", effect="read", reach="local")
def find(order: str) -> str:
    """Finds the parcel of an order."""
    return f"the parcel of {order} is here"


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    (tmp_path / "batuta.yaml").write_text("planning: {autonomy: autonomous}", "utf-8")
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "refund.yaml").write_text(PLANS, "utf-8")
    tools = [pay_back, find]
    async with await App.open(tmp_path, functions=tools, journal=MemoryJournal()) as app:
        yield app


@pytest.fixture
async def desk(app: App) -> Desk:
    return Desk(app)


@pytest.mark.parametrize(
    ("words", "denied"),
    [
        ("do not refund order A-1", ["do not refund order A-1"]),
        ("please don't write a report", ["don't write a report"]),
        ("never enter x.txt into the books, thanks", ["never enter x.txt into the books"]),
        ("refund A-1, and do not touch sales.csv. Now.", ["do not touch sales.csv"]),
        ("read it and enter nothing into the books", ["enter nothing into the books"]),
        ("refund order A-1 but not order A-2", ["not order A-2"]),
        ("erstatte die Bestellung A-1 nicht", ["erstatte die Bestellung A-1 nicht"]),
        ("no reembolses el pedido", ["no reembolses el pedido"]),
        ("don't forget to refund A-1", []),
        ("no, refund order A-1", []),
        ("refund A-1 and nothing else", []),
        ("remind customers who do not pay", []),
        ("mahne Kunden, die nicht zahlen", []),
        ("answer tickets that were not answered", []),
        ("summarise this: do not pay them", []),
    ],
)
def test_what_is_not_to_be_done_is_found(words: str, denied: list[str]) -> None:
    found = denials(words)
    assert [one.text for one in found] == denied
    assert len(without(words, found)) == len(words)
    assert not any(one.text in without(words, found) for one in found)


def test_what_is_to_be_done_to_something_is_told_from_a_thing_of_that_name() -> None:
    found = doings("refund the order and the parcel, email Bob and please delete the customer")
    said = ["refund the order", "email Bob", "please delete the customer"]
    assert [one.text for one in found] == said
    assert [one.text for one in doings("order the parts")] == ["order the parts"]
    assert doings("show the orders by region and product line") == []


def test_long_words_take_no_time() -> None:
    for text in ("do not ", "and ", "nicht ", "nothing ", "tell me when ", ",;", "a "):
        words, began = text * (100_000 // len(text)), time.process_time()
        assert denials(words) is not None and doings(words) is not None
        assert time.process_time() - began < 2


# ── what is registered, and what was made ────────────────────────────────────────────────────────────────────

UNASKED = [
    "refund order A-1 with 20 euros",
    "please refund order A-1 with 20 euros and nothing else",
    "Hello Ada,\n\nrefund order A-1 with 20 euros.\n\nMany thanks,\nBob",
]
ASKED = [
    ("do not refund order A-1 with 20 euros", "the words say “do not refund order A-1"),
    ("refund order A-1 with 20 euros, and don't tell me", "the words say “don't tell me”"),
    ("refund order A-1 with 20 euros and delete the customer", "nothing for “delete the customer”"),
    ("when was order A-1 with 20 euros refunded?", "refunded” is no order for it"),
    ("the customer wants to refund order A-1 with 20 euros", "euros” is no order for it"),
]


async def test_a_registered_plan_runs_unasked_only_if_it_is_all_that_is_wanted(desk: Desk) -> None:
    for words in UNASKED:
        understood = await desk.understand(words, planner="route")
        assert (understood.free, understood.complete) == (True, True), words
    for words, why in ASKED:
        understood = await desk.understand(words, planner="route")
        assert (understood.plan, understood.free) == ("refund-order", False), words
        assert why in understood.route.why


async def test_of_two_things_where_one_is_wanted_none_is_taken(desk: Desk) -> None:
    for words in (
        "refund orders A-1 and A-2 with 20 euros",
        "refund order A-1 with 20 euros and order A-2 with 20 euros",
    ):
        understood = await desk.understand(words, planner="route")
        assert understood.inputs.missing == ("order",), words
        assert understood.inputs.unclear == {"order": ("A-1", "A-2")}


async def test_what_was_confirmed_with_such_words_is_meant_by_them(desk: Desk) -> None:
    words = "do not hold back the money of order A-1: refund 20 euros"
    understood = await desk.understand(words, plan="refund-order")
    await desk.accept(understood, {"order": "A-1", "amount": 20.0}, who="ada")
    again = await desk.understand(words.replace("A-1", "A-2"), planner="route")
    assert "the words say" not in again.route.why


async def test_what_was_made_is_recalled_only_for_all_that_is_wanted(app: App, desk: Desk) -> None:
    made = await desk.understand("find the parcel of order A-1", planner="compose")
    run = await desk.accept(made, made.inputs.values)
    assert (await app.resume(run))["status"] == "succeeded"
    recalled = await desk.understand("find the parcel of order A-2")
    assert (recalled.planner, recalled.inputs.values) == ("recall", {"order": "A-2"})
    for words, why in [
        ("find the parcel of order A-2 and delete it", "it does nothing for “delete it”"),
        ("find the parcel of order A-2 and praise the driver", "nothing for “praise the driver”"),
        ("do not find the parcel of order A-2", "the words say “do not find"),
    ]:
        other = await desk.understand(words, planner="recall")
        assert other.sourced is None, words
        assert why in other.route.why


async def test_what_no_step_is_for_is_told_and_nothing_runs_unasked(desk: Desk) -> None:
    for words, told in [
        ("find the parcel of order A-2 and delete it", "delete it"),
        ("find the parcel of order A-2 and do not pay it back", "do not pay it back"),
        ("find the parcel of order A-2\nThen water the plants.", "Then water the plants."),
    ]:
        understood = await desk.understand(words, planner="compose")
        assert understood.sourced is not None, (words, understood.route.why)
        assert [one.words for one in understood.route.also] == [told]
        assert [step.use for step in understood.sourced.plan.steps.values()] == ["parcels.find"]
        assert not understood.free


async def test_what_is_denied_has_no_plan(desk: Desk) -> None:
    for words, why in [
        ("do not find the parcel of order A-2", "says only what is not to be done"),
        ("find the parcel of A-2 but do not find it", "speaks against parcels.find"),
    ]:
        understood = await desk.understand(words, planner="compose")
        assert understood.sourced is None
        assert why in understood.route.why, words
