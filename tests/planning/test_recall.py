"""A plan that was made for a request and worked is recalled for one like it, with its own arguments."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from batuta import capability
from batuta.app import App
from batuta.capabilities.local.classify import Classified, classifying
from batuta.desk import Desk
from batuta.errors import InputError
from batuta.housekeeping import erase
from batuta.journal.memory import MemoryJournal
from batuta.opening import embedder_of_this_machine
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


async def make(app: App, words: str = WORDS, plan: str = MADE) -> str:
    """A run of `plan`, as somebody who composed it for `words` has it."""
    sourced = plan_from_yaml(plan)
    wish = Wish(words, date(2026, 11, 22))
    inputs = inputs_in(wish, sourced.plan)
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


async def test_the_file_that_a_recalled_plan_writes_need_not_be_there(app: App) -> None:
    desk = Desk(app)
    first = await desk.understand('write "good news" to the file out/a.txt')
    yes = await desk.approval(first, first.inputs.values)
    run = await desk.accept(first, first.inputs.values, who="ada", approved=yes)
    assert (await app.resume(run))["status"] == "succeeded"
    again = await desk.understand('write "bad news" to the file out/b.txt')
    assert again.planner == "recall"
    assert again.inputs.values == {"path": "out/b.txt", "text": "bad news"}


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


async def test_what_one_tenant_has_asked_and_confirmed_is_unknown_to_another(
    tmp_path: Path,
) -> None:
    folders = [tmp_path / name for name in ("acme", "rival")]
    for folder in folders:
        folder.mkdir()
        (folder / "batuta.yaml").write_text("{}", encoding="utf-8")
    # Both in one process, with the same capabilities, one after the other and at the same time.
    async with (
        await App.open(folders[0], functions=[tell]) as acme,
        await App.open(folders[1], functions=[tell]) as rival,
    ):
        before = await Desk(rival).understand(WORDS)
        run = await make(acme)
        desk = Desk(rival)
        assert (await Desk(acme).understand(WORDS)).planner == "recall"
        after = await desk.understand(WORDS)
        assert "recall" not in (before.planner, after.planner)
        assert after.route == before.route
        said = [one.route.why for one in (after.chosen, *after.others)]
        assert not any(run in why for why in said), said
        # Nor does the yes of one count in the other, though plan, inputs and cards are the same.
        sourced = plan_from_yaml(MADE)
        inputs = inputs_in(Wish(WORDS, date(2026, 11, 22)), sourced.plan)
        proposal = Proposal("compose", Route(sourced.plan.name, 0.7, "by type"), sourced, inputs)
        understood = Understood(WORDS, proposal)
        yes = await Desk(acme).approval(understood, inputs.values)
        with pytest.raises(InputError, match="nothing runs"):
            await desk.accept(understood, inputs.values, who="eve", approved=yes)


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


async def test_a_new_plan_is_recalled_before_all_are_learned_anew(app: App) -> None:
    desk = Desk(app)
    for number in range(25):
        await make(app, f"tell guest {number} that parcel A-{number + 20} has left")
    assert (await desk.understand("tell guest 40 that parcel A-99 has left")).planner == "recall"
    other = MADE.replace("tell-about-parcel", "inform-about-pallet")
    run = await make(app, "inform the warehouse about pallet B-7", other)
    understood = await desk.understand("inform the warehouse about pallet B-8", planner="recall")
    assert understood.route.why.startswith(f"recalled from run {run}: ")


async def test_with_a_request_that_is_forgotten_nothing_is_learned_anew(app: App) -> None:
    classify = classifying(embedder_of_this_machine)
    asked: list[Any] = []

    async def noted(**given: Any) -> Classified:
        asked.append(given["labels"])
        return await classify(**given)

    desk = Desk(app, classify=noted)
    for number in range(50):  # of a plan, no more are kept
        await make(app, f"tell guest {number} that parcel A-{number + 20} has left")
    await desk.understand("tell guest 90 that parcel A-99 has left", planner="recall")
    learned = asked[0]
    await make(app, "tell guest 60 that parcel A-80 has left")
    asked.clear()
    assert (await desk.understand("tell guest 91 that parcel A-99 has left")).planner == "recall"
    assert asked[0] is learned


async def test_a_plan_that_is_learned_and_forgotten_since_is_not_recalled(app: App) -> None:
    desk = Desk(app)
    for number in range(25):
        await make(app, f"tell guest {number} that parcel A-{number + 20} has left")
    words = "inform the warehouse about pallet B-7"
    await make(app, words, MADE.replace("tell-about-parcel", "inform-about-pallet"))
    assert (await desk.understand("inform the warehouse about pallet B-8")).planner == "recall"
    run = await make(app, words, MADE.replace("tell-about-parcel", "warn-about-pallet"))
    understood = await desk.understand("inform the warehouse about pallet B-9", planner="recall")
    assert understood.route.why.startswith(f"recalled from run {run}: ")


async def test_the_same_words_have_the_plan_that_they_had(app: App) -> None:
    await make(app, "tell Bert that his parcel A-18 has left")
    run = await make(app)
    understood = await Desk(app).understand(WORDS)
    assert understood.route.why == f"recalled from run {run}: the same words"


async def test_what_a_desk_knows_grows_with_the_log(app: App) -> None:
    desk = Desk(app)
    assert (await desk.understand(WORDS)).sourced is None
    await make(app)
    assert (await desk.understand(WORDS)).planner == "recall"
    assert msgspec.structs.asdict((await desk.understand(WORDS)).chosen)["cost_nusd"] == 0
