"""A condition on a number becomes part of a plan; what no plan asks is told, and nothing is done in any case."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any, TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta import capability
from batuta.app import App
from batuta.desk import Desk
from batuta.journal.memory import MemoryJournal
from batuta.planning.compose.planner import ComposePlanner
from batuta.planning.conditions import guard_in
from batuta.planning.proposal import Proposal, Wish


class Bill(TypedDict):
    """A bill."""

    vendor: str
    amount: float


@capability("orders.refund", effect="write", reach="local")
def refund(order: int, amount: float) -> str:
    """Refund the amount of an order."""
    return f"{amount} back for {order}"


@capability("bills.latest", effect="read", reach="local")
def latest() -> Bill:
    """Find the latest bill."""
    return {"vendor": "Acme", "amount": 152.5}


@capability("bills.pay", effect="write", reach="local")
def pay(vendor: str) -> str:
    """Pay the bill of a vendor."""
    return f"paid {vendor}"


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    (tmp_path / "batuta.yaml").write_text("planning: {autonomy: autonomous}", encoding="utf-8")
    tools = [refund, latest, pay]
    async with await App.open(tmp_path, functions=tools, journal=MemoryJournal()) as app:
        yield app


async def said(app: App, words: str) -> Proposal:
    planner = ComposePlanner(lambda: app.cards, lambda: None)
    return await planner.propose(Wish(words, date(2026, 11, 22)))


def whens(proposal: Proposal) -> dict[str, str | None]:
    assert proposal.sourced is not None, proposal.route.why
    return {name: step.when for name, step in proposal.sourced.plan.steps.items()}


@pytest.mark.parametrize(
    "words",
    [
        "refund order 17 with 20 euros, and if the amount is above 100 ask me",
        "refund order 17 with 20 euros, but ask me first if the amount exceeds 100 EUR",
        "refund order 17 with 20 euros; if the amount is more than $100, then please ask me",
    ],
)
async def test_a_person_is_asked_if_it_holds_and_otherwise_it_is_done(app: App, words: str) -> None:
    proposal = await said(app, words)
    assert whens(proposal) == {
        "ask": "inputs.amount > inputs.above",
        "orders_refund": "steps.ask == null || steps.ask.approved",
    }
    assert proposal.inputs.values == {"order": 17, "amount": 20, "above": 100}
    assert all(words[one.start : one.end] == one.words for one in proposal.inputs.slots)
    assert proposal.sourced is not None
    plan = proposal.sourced.plan
    done = await app.run(plan, proposal.inputs.values)
    assert done["result"] == "20.0 back for 17"
    asked = await app.run(plan, {**proposal.inputs.values, "amount": 120})
    assert asked["waiting"][0]["show"] == 120
    await app.answer(asked["run"], "ask", {"approved": False})
    assert (await app.resume(asked["run"]))["result"] is None


async def test_what_a_step_gives_decides_whether_the_next_one_is_done(app: App) -> None:
    proposal = await said(
        app, "find the latest bill and pay the bill of its vendor if the amount is at most 100"
    )
    assert whens(proposal) == {
        "bills_latest": None,
        "bills_pay": "steps.bills_latest.amount <= inputs.at_most",
    }
    proposal = await said(
        app, "find the latest bill and pay the bill of its vendor unless the amount is below 150.5"
    )
    assert whens(proposal)["bills_pay"] == "steps.bills_latest.amount >= inputs.below"
    assert proposal.sourced is not None
    document = await app.run(proposal.sourced.plan, proposal.inputs.values)
    assert document["result"] == "paid Acme"


@pytest.mark.parametrize(
    "words",
    [
        "refund order 17 with 20 euros if the weather is above 30",
        "refund order 17 with 20 euros if the parcel is late",
        "refund order 17 with 20 euros if the amount is above 10 and if the order is below 5",
    ],
)
async def test_what_nothing_decides_has_no_plan(app: App, words: str) -> None:
    proposal = await said(app, words)
    assert proposal.sourced is None
    assert "holds, no step here says" in proposal.route.why


async def test_no_plan_without_a_condition_is_recalled_for_words_with_one(app: App) -> None:
    desk = Desk(app)
    words = "refund order 17 with 20 euros"
    understood = await desk.understand(words)
    run = await desk.accept(understood, understood.inputs.values)
    assert (await app.resume(run))["status"] == "succeeded"
    assert (await desk.understand("refund order 18 with 30 euros")).planner == "recall"
    for condition in ("if the amount is above 10 ask me", "if it is late"):
        understood = await desk.understand(f"refund order 18 with 300 euros, {condition}")
        assert understood.planner != "recall" or understood.sourced is None


async def test_a_registered_plan_that_asks_nothing_does_not_run_unasked(tmp_path: Path) -> None:
    plan = """
name: refund-order
description: Refund an order.
examples: ["refund order {order}", "give the money for order {order} back"]
inputs: {order: integer}
steps: {note: {use: value, with: {value: "${inputs.order}"}}}
"""
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "refund.yaml").write_text(plan, encoding="utf-8")
    (tmp_path / "batuta.yaml").write_text("{}", encoding="utf-8")
    async with await App.open(tmp_path, journal=MemoryJournal()) as app:
        desk = Desk(app)
        assert (await desk.understand("refund order 17", planner="route")).free
        understood = await desk.understand("refund order 17 if it is late", planner="route")
        assert (understood.plan, understood.free) == ("refund-order", False)
        assert "it does not ask “if it is late”" in understood.route.why


@given(st.text(max_size=200), st.lists(st.sampled_from(
    "if unless the amount is above > 100 1,5 1.000.000 ask me ${inputs.x} , ; exceeds".split()
), max_size=20).map(" ".join))  # fmt: skip
def test_whatever_is_said_a_condition_stands_in_it(text: str, words: str) -> None:
    for one in (text, words, f"pay it {words}"):
        guard = guard_in(one)
        if guard is not None:
            value: Any = guard.value
            assert one[value.start : value.end] == value.words
            assert len(guard.without(one)) == len(one)
