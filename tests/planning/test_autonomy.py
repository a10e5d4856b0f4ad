"""How much a request may do by itself: shown, confirmed by digest, supervised or autonomous; and never by a trick."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from batuta import capability
from batuta.app import App
from batuta.desk import Desk
from batuta.errors import BatutaError, Denied, InputError, NotFound, WorkspaceError
from batuta.journal.memory import MemoryJournal
from batuta.planning.autonomy import narrowed
from batuta.planning.candidate import Guess, Route
from batuta.planning.proposal import Proposal, Wish
from batuta.planning.registered import inputs_in
from batuta.planning.understood import Understood
from batuta.plans.build import plan_from_yaml
from batuta.reading.planning import AUTONOMIES
from batuta.spec.facts import Routed

WORDS = "tell Ada that her parcel A-17 has left"
MADE = """
name: tell-about-parcel
inputs: {order: {type: string, pattern: "^[A-Z]-[0-9]+$"}}
steps:
  look: {use: look, with: {order: "${inputs.order}"}}
  tell: {use: tell, with: {text: "${steps.look}"}}
result: ${steps.tell}
"""


@capability(effect="read", reach="local")
def look(order: str) -> str:
    """Look an order up."""
    return f"{order} has left"


@capability(effect="write", reach="local")
def tell(text: str) -> str:
    """Tell somebody."""
    return f"told: {text}"


@asynccontextmanager
async def opened(
    folder: Path, autonomy: str = "", *, kept: bool = False, policy: str = "[]"
) -> AsyncIterator[App]:
    """A workspace; `kept`: its journal is a file, so that it can be opened again."""
    word = f"planning: {{autonomy: {autonomy}}}\n" if autonomy else ""
    _written(folder, f"{word}policy: {policy}\n")
    async with await App.open(
        folder, functions=[look, tell], journal=None if kept else MemoryJournal()
    ) as app:
        yield app


def _written(folder: Path, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "batuta.yaml").write_text(text, encoding="utf-8")


async def composed(app: App, plan: str = MADE, words: str = WORDS) -> Understood:
    """What `words` come to where somebody composes this plan for them."""
    sourced = plan_from_yaml(plan)
    inputs = inputs_in(Wish(words, date(2026, 11, 22)), sourced.plan)
    proposal = Proposal("compose", Route(sourced.plan.name, 0.6, "by type"), sourced, inputs)
    autonomy = app.workspace.planning.autonomy
    return Understood(words, proposal, autonomy=autonomy)


async def ran(app: App, understood: Understood, **more: Any) -> Mapping[str, Any]:
    return await app.resume(await Desk(app).accept(understood, understood.inputs.values, **more))


@pytest.mark.parametrize(
    ("most", "asked", "word"),
    [
        ("confirm", "", "confirm"),
        ("autonomous", "supervised", "supervised"),
        ("supervised", "suggest", "suggest"),
        ("confirm", "confirm", "confirm"),
    ],
)
def test_a_request_may_ask_for_less(most: str, asked: str, word: str) -> None:
    assert narrowed(most, asked) == word


def test_a_request_may_not_ask_for_more_or_for_another_word() -> None:
    for at, most in enumerate(AUTONOMIES):
        for asked in AUTONOMIES[at + 1 :]:
            with pytest.raises(InputError, match=f"{asked} is more than this workspace allows"):
                narrowed(most, asked)
    with pytest.raises(InputError, match="no autonomy") as raised:
        narrowed("confirm", "confrim")
    assert raised.value.remedy == "did you mean 'confirm'?"


def test_a_stranger_has_no_more_than_confirm() -> None:
    assert [narrowed(word, trusted=False) for word in AUTONOMIES] == ["suggest", *["confirm"] * 3]


async def test_the_workspace_says_it_and_another_word_is_a_flaw(tmp_path: Path) -> None:
    async with opened(tmp_path, "supervised") as app:
        assert (await Desk(app).understand("hello")).autonomy == "supervised"
        assert (await Desk(app).understand("hello", autonomy="suggest")).autonomy == "suggest"
        with pytest.raises(InputError, match="more than this workspace"):
            await Desk(app).understand("hello", autonomy="autonomous")
    with pytest.raises(WorkspaceError):
        async with opened(tmp_path, "full"):
            pass


async def test_a_suggestion_does_not_run_whoever_says_yes(tmp_path: Path) -> None:
    async with opened(tmp_path, "suggest") as app:
        understood = await composed(app)
        yes = await Desk(app).approval(understood, understood.inputs.values)
        for more in ({}, {"approved": yes}, {"who": "ada", "approved": yes}):
            with pytest.raises(InputError, match="is a suggestion: nothing runs"):
                await ran(app, understood, **more)
        assert await app.runs() == []


async def test_what_was_made_runs_when_a_person_has_said_yes_to_its_digest(tmp_path: Path) -> None:
    async with opened(tmp_path) as app:
        understood = await composed(app)
        assert not understood.free
        yes = await Desk(app).approval(understood, understood.inputs.values)
        with pytest.raises(InputError, match="nobody has said yes to it") as raised:
            await ran(app, understood, who="ada")
        assert f"--approve {yes}" in (raised.value.remedy or "")
        document = await ran(app, understood, who="ada", approved=yes)
        assert document["result"] == "told: A-17 has left"
        said = {key: document["routed"][key] for key in ("autonomy", "who", "approved", "asks")}
        assert said == {"autonomy": "confirm", "who": "ada", "approved": yes, "asks": False}


async def test_a_yes_is_to_one_plan_with_one_set_of_inputs_and_cards(tmp_path: Path) -> None:
    async with opened(tmp_path / "a") as app:
        desk, understood = Desk(app), await composed(app)
        yes = await desk.approval(understood, understood.inputs.values)
        another = await composed(app, MADE.replace("steps.look}", "inputs.order}"))
        with pytest.raises(InputError, match="was said yes to, and what would run now is"):
            await ran(app, another, who="ada", approved=yes)
        with pytest.raises(InputError, match="was said yes to"):
            await desk.accept(understood, {"order": "B-9"}, who="ada", approved=yes)
        for wrong in ("", "x" * 32, yes[:31]):
            with pytest.raises(InputError, match="nothing runs"):
                await ran(app, understood, who="ada", approved=wrong)
        assert await app.runs() == []

    async with opened(tmp_path / "b") as elsewhere:
        with pytest.raises(InputError, match="was said yes to"):
            await ran(elsewhere, await composed(elsewhere), who="ada", approved=yes)


async def test_supervised_it_runs_and_asks_before_it_changes_anything(tmp_path: Path) -> None:
    async with opened(tmp_path, "supervised", kept=True) as app:
        understood = await composed(app)
        assert understood.free
        document = await ran(app, understood)
        assert document["status"] == "waiting"
        (question,) = document["waiting"]
        assert (question["step"], question["kind"]) == ("tell", "approval")
        assert "the plan was made for a request" in question["question"]
        routed = (await app.engine.journal.read(document["run"]))[1].fact
        assert isinstance(routed, Routed)
        assert (routed.autonomy, routed.asks, routed.approved) == ("supervised", True, "")
    # What was recorded counts: the workspace allows more by now, and this run still asks.
    async with opened(tmp_path, "autonomous", kept=True) as later:
        assert (await later.resume(document["run"]))["status"] == "waiting"
        await later.answer(document["run"], "tell", {"approved": True})
        done = await later.resume(document["run"])
        assert done["result"] == "told: A-17 has left"


async def test_autonomous_it_runs_inside_the_policy(tmp_path: Path) -> None:
    async with opened(tmp_path, "autonomous") as app:
        assert (await ran(app, await composed(app)))["result"] == "told: A-17 has left"
    deny = "[{capability: tell, verdict: deny, reason: not from here}]"
    async with opened(tmp_path, "autonomous", policy=deny) as app:
        denied = await ran(app, await composed(app))
        assert (denied["status"], denied["error"]["code"]) == ("failed", "denied")
    ask = "[{capability: tell, verdict: ask}]"
    async with opened(tmp_path, "autonomous", policy=ask) as app:
        assert (await ran(app, await composed(app)))["status"] == "waiting"


@pytest.mark.parametrize("autonomy", AUTONOMIES)
async def test_for_a_stranger_nothing_that_was_made_runs(tmp_path: Path, autonomy: str) -> None:
    async with opened(tmp_path, autonomy) as app:
        understood = msgspec.structs.replace(await composed(app), trusted=False)
        assert not understood.free
        yes = await Desk(app).approval(understood, understood.inputs.values)
        with pytest.raises(Denied):
            await ran(app, understood, who="mail", approved=yes)
        with pytest.raises(Denied):
            await Desk(app).understand(WORDS, trusted=False, planner="compose")
        assert await app.runs() == []


async def test_of_two_things_that_are_asked_for_none_runs_by_itself(tmp_path: Path) -> None:
    async with opened(tmp_path, "autonomous") as app:
        understood = await composed(app)
        also = (Guess("something-else", 0.5),)
        route = msgspec.structs.replace(understood.route, also=also)
        chosen = msgspec.structs.replace(understood.chosen, route=route)
        half = msgspec.structs.replace(understood, chosen=chosen)
        with pytest.raises(InputError, match="nobody has said yes"):
            await ran(app, half)


async def test_what_somebody_said_yes_to_is_recalled_without_another(tmp_path: Path) -> None:
    for autonomy, free in (("confirm", True), ("autonomous", False)):
        folder = tmp_path / autonomy
        async with opened(folder, autonomy, kept=True) as app:
            understood = await composed(app)
            desk = Desk(app)
            yes = await desk.approval(understood, understood.inputs.values)
            more = {"who": "ada", "approved": yes} if free else {}
            assert (await ran(app, understood, **more))["status"] == "succeeded"
        async with opened(folder, "confirm", kept=True) as app:
            for order in ("B-9", "C-3"):
                again = await Desk(app).understand(f"tell Ada that her parcel {order} has left")
                assert (again.planner, again.free) == ("recall", free)
                if free:
                    assert (await ran(app, again))["result"] == f"told: {order} has left"


async def test_one_planner_may_be_asked_alone(tmp_path: Path) -> None:
    async with opened(tmp_path) as app:
        desk = Desk(app)
        only = await desk.understand(WORDS, planner="recall")
        assert (only.planner, only.others) == ("recall", ())
        with pytest.raises(NotFound) as raised:
            await desk.understand(WORDS, planner="recal")
        assert raised.value.remedy == "did you mean 'recall'?"
        with pytest.raises(BatutaError, match="no planner"):
            await desk.understand(WORDS, planner="draft")
