"""A plan that was made for a request and worked is recalled for one like it, with its own arguments."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import msgspec
import pytest

from batuta import capability
from batuta.app import App
from batuta.desk import Desk
from batuta.housekeeping import erase
from batuta.journal.memory import MemoryJournal
from batuta.planning.candidate import Route
from batuta.planning.proposal import Proposal, Wish
from batuta.planning.registered import inputs_in
from batuta.planning.understood import Understood
from batuta.plans.build import plan_from_yaml

WORDS = "tell Ada that her parcel A-17 has left"
MADE = """
name: tell-about-parcel
inputs: {order: {type: string, pattern: "^[A-Z]-[0-9]+$"}}
steps: {tell: {use: tell, with: {order: "${inputs.order}"}}}
result: ${steps.tell}
"""


@capability(effect="read", reach="local")
def tell(order: str) -> str:
    """Tell somebody."""
    if order == "A-13":
        raise ValueError("no such order")
    return f"told of {order}"


@capability("tell", effect="read", reach="local")
def told_otherwise(order: str, loudly: bool = False) -> str:
    """Tell somebody."""
    return order


@pytest.fixture
async def journal() -> MemoryJournal:
    return MemoryJournal()


@pytest.fixture
async def app(tmp_path: Path, journal: MemoryJournal) -> AsyncIterator[App]:
    (tmp_path / "batuta.yaml").write_text("{}", encoding="utf-8")
    async with await App.open(tmp_path, functions=[tell], journal=journal) as app:
        yield app


async def make(app: App, words: str = WORDS) -> str:
    """A run of the plan, as somebody who composed it for `words` has it."""
    sourced = plan_from_yaml(MADE)
    wish = Wish(words, date(2026, 11, 22))
    inputs = inputs_in(wish, sourced)
    proposal = Proposal("compose", Route(sourced.plan.name, 0.7, "by type"), sourced, inputs)
    desk, understood = Desk(app), Understood(words, proposal)
    yes = await desk.approval(understood, inputs.values)
    run = await desk.accept(understood, inputs.values, who="ada", approved=yes)
    return (await app.resume(run))["run"]


async def test_a_plan_that_worked_is_recalled_with_the_arguments_of_the_new_request(
    app: App,
) -> None:
    run = await make(app)
    understood = await Desk(app).understand("tell Ada that her parcel B-9 has left")
    assert (understood.planner, understood.plan, understood.made) == (
        "recall",
        "tell-about-parcel",
        True,
    )
    assert understood.inputs.values == {"order": "B-9"}
    assert understood.route.why.startswith(f"recalled from run {run}: ")
    again = await Desk(app).accept(understood, understood.inputs.values)
    assert (await app.resume(again))["result"] == "told of B-9"


async def test_for_something_else_nothing_is_recalled(app: App) -> None:
    await make(app)
    understood = await Desk(app).understand("how warm is it in Rome?")
    assert (understood.plan, understood.sourced) == ("", None)


async def test_however_few_requests_are_known_the_nearest_is_not_what_was_asked_for(
    app: App,
) -> None:
    await make(app)
    await make(app, "tell Bert that his parcel A-18 has left")
    desk = Desk(app)
    assert (await desk.understand("tell Cy that her parcel A-19 has left")).planner == "recall"
    for words in ("create marketing content", "answer customer questions", "pay the bill A-17"):
        understood = await desk.understand(words, planner="recall")
        assert understood.plan == "", understood.route


async def test_a_plan_that_failed_is_not_recalled(app: App) -> None:
    run = await make(app, WORDS.replace("A-17", "A-13"))
    understood = await Desk(app).understand(WORDS)
    assert understood.planner != "recall"
    assert any(
        f"run {run} is near, but it failed" in one.route.why
        for one in (*understood.others, understood.chosen)
    )


async def test_a_stranger_is_recalled_nothing(app: App) -> None:
    await make(app)
    assert (await Desk(app).understand(WORDS, trusted=False)).sourced is None


async def test_a_plan_of_which_a_card_has_changed_is_not_recalled(
    app: App, tmp_path: Path, journal: MemoryJournal
) -> None:
    await make(app)
    async with await App.open(tmp_path, functions=[told_otherwise], journal=journal) as later:
        understood = await Desk(later).understand(WORDS)
    assert understood.planner != "recall"


async def test_what_retention_has_erased_is_not_recalled(app: App) -> None:
    await make(app)
    assert (await Desk(app).understand(WORDS)).planner == "recall"
    await erase(app, older_than_days=0.0)
    assert (await Desk(app).understand(WORDS)).planner != "recall"


async def test_what_a_desk_knows_grows_with_the_log(app: App) -> None:
    desk = Desk(app)
    assert (await desk.understand(WORDS)).sourced is None
    await make(app)
    assert (await desk.understand(WORDS)).planner == "recall"
    assert msgspec.structs.asdict((await desk.understand(WORDS)).chosen)["cost_nusd"] == 0
