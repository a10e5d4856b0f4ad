"""One capability for several things is several steps, where that is sure; a condition that nobody decides is told."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import pytest
from msgspec import Meta

from batuta import capability
from batuta.app import App
from batuta.opening import embedder_of_this_machine
from batuta.planning.compose.history import Past
from batuta.planning.compose.planner import ComposePlanner
from batuta.planning.proposal import Proposal, Wish
from batuta.plans.check import check

Code = Annotated[str, Meta(pattern="^[A-Z]-[0-9]+$")]


@capability("orders.refund", effect="write", reach="local")
def refund(order: int) -> str:
    """Refunds an order: its customer gets the money back."""
    return f"refunded {order}"


@capability("parcels.track", effect="read", reach="local")
def track(parcel: Code) -> str:
    """Tells where a parcel is."""
    return f"{parcel} is on its way"


@capability("tables.book", effect="write", reach="local")
def book_table(number: int, guests: int) -> str:
    """Books a table in a restaurant for some guests."""
    return f"{number}: {guests}"


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    (tmp_path / "batuta.yaml").write_text("capabilities: {}\n", "utf-8")
    async with await App.open(tmp_path, functions=[refund, track, book_table]) as opened:
        yield opened


async def said(app: App, words: str, pasts: tuple[Past, ...] = ()) -> Proposal:
    async def history() -> tuple[Past, ...]:
        return pasts

    planner = ComposePlanner(lambda: app.cards, embedder_of_this_machine, history)
    return await planner.propose(Wish(words, date(2026, 11, 22)))


def steps(proposal: Proposal) -> list[str]:
    return [step.use for step in proposal.sourced.plan.steps.values()] if proposal.sourced else []


@pytest.mark.parametrize(
    ("words", "use", "values"),
    [
        ("refund order 17 and order 18", "orders.refund", [17, 18]),
        ("please refund the orders 17, 18 and 19", "orders.refund", [17, 18, 19]),
        ("where is the parcel A-1 and the parcel B-22", "parcels.track", ["A-1", "B-22"]),
        ("track parcels A-1, A-2, and A-3", "parcels.track", ["A-1", "A-2", "A-3"]),
    ],
)
async def test_several_things_are_several_steps_each_with_its_own(
    app: App, words: str, use: str, values: list[Any]
) -> None:
    proposal = await said(app, words)
    assert steps(proposal) == [use] * len(values)
    assert list(proposal.inputs.values.values()) == values
    assert proposal.inputs.missing == ()
    assert all(words[one.start : one.end] == one.words for one in proposal.inputs.slots)
    assert proposal.sourced is not None
    assert check(proposal.sourced.plan, app.cards, warnings=False) == []
    document = await app.run(proposal.sourced.plan, proposal.inputs.values)
    assert document["status"] == "succeeded"
    assert len(document["result"]) == len(values)


async def test_what_changes_something_is_done_one_after_the_other(app: App) -> None:
    proposal = await said(app, "refund order 17 and order 18")
    assert proposal.sourced is not None
    first, second = proposal.sourced.plan.steps.values()
    assert (first.after, second.after) == ((), (next(iter(proposal.sourced.plan.steps)),))


async def test_what_earlier_requests_teach_is_done_for_each_thing_too(app: App) -> None:
    pasts = tuple(Past(f"money back for order {n}", ("orders.refund",)) for n in range(20, 26))
    proposal = await said(app, "money back for order 17 and order 18", pasts)
    assert steps(proposal) == ["orders.refund", "orders.refund"]
    assert list(proposal.inputs.values.values()) == [17, 18]


@pytest.mark.parametrize(
    "words",
    [
        "refund order 17 or order 18",
        "refund order 17 and order 17",
        "refund order 17 with 18 parcels",
        "book table 4 and 5 guests",
        "refund order 17",
    ],
)
async def test_where_that_is_not_sure_there_is_one_step(app: App, words: str) -> None:
    proposal = await said(app, words)
    assert len(steps(proposal)) <= 1


async def test_what_changes_something_has_no_plan_under_a_condition_that_nothing_decides(
    app: App,
) -> None:
    proposal = await said(app, "refund order 17 if the parcel is late")
    assert proposal.sourced is None
    assert "whether “if the parcel is late” holds, no step here says" in proposal.route.why
    assert steps(await said(app, "track parcel A-1 and tell me if it is late")) == ["parcels.track"]
