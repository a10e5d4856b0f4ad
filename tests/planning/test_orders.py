"""What changes something runs unasked only for words that order it, by their form; plain requests do so."""

import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from batuta import capability
from batuta.app import App
from batuta.desk import Desk
from batuta.journal.memory import MemoryJournal
from batuta.planning.deeds import deed_of
from batuta.planning.orders import Said, unordered
from batuta.planning.understood import Understood
from batuta.spec.shape import PlanShape
from tests.planning.orders import (
    AGAINST,
    AGAINST_HELD_OUT,
    CAPABILITIES,
    PLAIN,
    PLAIN_HELD_OUT,
    PLANS,
)

# What runs although it is no order (docs/explanation/planning.md names the kinds).
RUNS_ANYWAY = ["refund order A-1 in your dreams"]
# Orders that are asked about, and were so before: no planner is sure what they mean, or something else stands beside.
ASKED_ABOUT = {
    "order A-1: refund",
    "cancel A-1, the customer has changed her mind",
    "would you mind deleting customer C-3?",
    "ich möchte Bestellung A-1 erstatten",
    "Bestellung A-1 stornieren",
    "Kunde C-3 löschen bitte",
    "please cancel order A-2 because the customer found it cheaper elsewhere",
    "storniere Bestellung A-2, der Kunde hat sich geirrt",
    "please pay back order A-7, it was never delivered",
    "könnten Sie den Kunden C-9 löschen?",
}
# Orders that are asked about because of their form.
ASKED_BY_FORM = {
    "cancel order A-2, we are out of stock",
    "give customer C-9 the money of order A-7 back: refund it",
    "you can refund order A-7 now",
    "lösche bitte alle Daten von Kunde C-9",
}
# No planner finds a plan for these, before and after.
NOT_FOUND = {
    "ich möchte meine Bestellung A-1 stornieren",
    "stornieren Sie bitte Bestellung A-1",
    "können Sie bitte Bestellung A-1 stornieren?",
    "bitte finde Bestellung A-1",
    "ich will Bestellung A-7 stornieren",
    "bitte stornieren Sie die Bestellung A-7",
    "Guten Tag, bitte Bestellung A-7 stornieren. Danke!",
}
EFFECTS = {name for name, effect, _, _ in CAPABILITIES if effect != "read"}
USED = {plan: one[0] for plan, one in zip(PLANS, CAPABILITIES, strict=True)}


def functions() -> Iterable[Any]:
    for name, effect, argument, told in CAPABILITIES:

        async def of_order(order: str) -> str:
            return f"{order} is done"

        async def of_customer(customer: str) -> str:
            return f"{customer} is done"

        one = of_order if argument == "order" else of_customer
        one.__doc__ = told
        yield capability(name, effect=effect, reach="local")(one)


@asynccontextmanager
async def opened(folder: Path, plans: bool, autonomy: str = "autonomous") -> AsyncIterator[App]:
    (folder / "batuta.yaml").write_text(f"planning: {{autonomy: {autonomy}}}", "utf-8")
    (folder / "plans").mkdir()
    for name, text in PLANS.items() if plans else ():
        (folder / "plans" / f"{name}.yaml").write_text(text, "utf-8")
    tools = [*functions()]
    async with await App.open(folder, functions=tools, journal=MemoryJournal()) as app:
        yield app


def used(understood: Understood) -> set[str]:
    """The capabilities of the plan that was understood; a registered one is called by its name."""
    if understood.sourced is None:
        return set()
    names = PlanShape(understood.sourced.plan).capabilities
    return {USED.get(name.removeprefix("plan."), name) for name in names}


def changes_unasked(understood: Understood) -> bool:
    return understood.free and bool(used(understood) & EFFECTS)


async def ran_before(app: App, desk: Desk) -> None:
    """Requests that were composed, were said yes to, and worked."""
    for words in (
        "refund order A-1",
        "cancel order A-1",
        "delete customer C-3",
        "send customer C-3 a message",
        "find order A-1",
    ):
        made = await desk.understand(words, planner="compose")
        yes = await desk.approval(made, made.inputs.values)
        run = await desk.accept(made, made.inputs.values, approved=yes)
        assert (await app.resume(run))["status"] == "succeeded"


@pytest.mark.parametrize("words", [AGAINST, AGAINST_HELD_OUT], ids=["chosen on", "held out"])
@pytest.mark.parametrize("way", ["registered", "composed", "known"])
async def test_nothing_is_changed_unasked_by_words_that_do_not_order_it(
    tmp_path: Path, way: str, words: Sequence[str]
) -> None:
    async with opened(tmp_path, plans=way == "registered") as app:
        desk = Desk(app)
        if way == "known":
            await ran_before(app, desk)
        ran = [one for one in words if changes_unasked(await desk.understand(one))]
    assert [one for one in ran if one not in RUNS_ANYWAY] == []


@pytest.mark.parametrize("asked", [PLAIN, PLAIN_HELD_OUT], ids=["chosen on", "held out"])
async def test_plain_requests_are_not_asked_about(
    tmp_path: Path, asked: Sequence[tuple[str, str]]
) -> None:
    async with opened(tmp_path, plans=True) as app:
        desk = Desk(app)
        found = {words: (plan, await desk.understand(words)) for words, plan in asked}
    not_found = {words for words, (_, one) in found.items() if one.sourced is None}
    others = {
        words: one.plan
        for words, (plan, one) in found.items()
        if words not in not_found and used(one) != {USED[plan]}
    }
    about = {words for words, (_, one) in found.items() if not one.free} - not_found
    assert not_found <= NOT_FOUND
    assert others == {}
    assert about <= ASKED_ABOUT | ASKED_BY_FORM


@pytest.mark.parametrize("autonomy", ["supervised", "autonomous"])
async def test_what_was_made_waits_for_a_yes_if_nobody_ordered_it(
    tmp_path: Path, autonomy: str
) -> None:
    async with opened(tmp_path, plans=False, autonomy=autonomy) as app:
        desk = Desk(app)
        ordered = await desk.understand("please refund order A-1")
        told = await desk.understand("the customer wants us to refund order A-1")
    assert (used(ordered), ordered.free, ordered.route.doubt) == ({"orders.refund"}, True, "")
    assert (used(told), told.free) == ({"orders.refund"}, False)
    assert "is no order for it" in told.route.doubt
    assert told.route.doubt in told.route.why


async def test_what_never_served_a_request_together_is_not_done_together(tmp_path: Path) -> None:
    async with opened(tmp_path, plans=False) as app:
        desk = Desk(app)
        await ran_before(app, desk)
        for words, name in [
            ("cancel order A-2", "orders.cancel"),
            ("find order A-2", "orders.find"),
            ("please refund order A-2 now", "orders.refund"),
        ]:
            assert used(await desk.understand(words, planner="compose")) == {name}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("refund order 17", ""),
        ("refnd order 17", ""),
        ("refund 17", ""),
        ("refund order 17 and delete the customer", "it does nothing for “delete the customer”"),
        ("refund half of order 17", "“refund half of order 17” is no order for it"),
        ("deactivate refund 17", "it does nothing for “deactivate refund 17”"),
        ("the refund of order 17", "“the refund of order 17” is no order for it"),
        ("order 17", "the words do not order orders.refund"),
    ],
)
def test_why_words_are_no_order_is_said(words: str, why: str) -> None:
    deed = deed_of("orders.refund", "Refunds an order.", ["order"])
    assert unordered(words, Said([deed], known=frozenset({"order", "refund"}))) == why


def test_what_a_name_and_a_description_say_is_done() -> None:
    assert deed_of("orders.refund", "Refunds an order: pays it back.", ["order"]).words == {
        "refund",
        "pay",
    }
    assert "erstatten" in deed_of("bestellung_erstatten", "", ["bestellung"]).words


def test_long_words_take_no_time() -> None:
    said = Said([deed_of("orders.refund", "Refunds an order.")], known=frozenset({"order"}))
    for text in ("refund ", "please ", "refund, ", "can you ", "the order, ", "a-1's ", "'", "of "):
        words, began = (text * 4_000)[:4_000], time.process_time()
        assert isinstance(unordered(words, said), str)
        assert time.process_time() - began < 1
    assert unordered("refund it " * 1_000, said) == "so long a text is no order"
