"""Requests in plain words: understood, accepted as a run that says why, and learned from where a person said so."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from batuta.app import App
from batuta.desk import Desk
from batuta.errors import InputError, NotFound
from batuta.housekeeping import erase
from batuta.journal.memory import MemoryJournal
from batuta.planning.understood import Understood
from batuta.plans.build import plan_from_file
from batuta.ports import WORKSPACE
from batuta.spec.facts import Confirmed, Routed
from batuta.spec.value import decode

REFUND = """
name: refund-order
description: Refund an order to the customer.
inputs: {order: string, amount: number}
steps: {pay: {use: value, with: {value: ["${inputs.order}", "${inputs.amount}"]}}}
result: ${steps.pay}
"""
REPORT = """
name: weekly-report
description: Write a report of this week's tickets with figures by topic.
inputs: {until: {type: string, format: date, default: ""}}
steps: {write: {use: value, with: {value: "${inputs.until}"}}}
result: ${steps.write}
"""
FLOW = '''
from batuta import use, workflow

@workflow(examples=["plan the shifts of {week}", "who works when"])
def shifts(week: str = ""):
    """Plan who works when."""
    return use("value")(value=week)

@workflow
def broken(week: str):
    """Fails while it is recorded."""
    raise ValueError("no")
'''
WORDS = "refund order A-1 with 5 euros"


class Noon:
    """A Sunday."""

    def now(self) -> float:
        return 1_795_348_800.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plans").mkdir()
    (tmp_path / "batuta.yaml").write_text("python: [flow.py]\n", encoding="utf-8")
    (tmp_path / "flow.py").write_text(FLOW, encoding="utf-8")
    (tmp_path / "plans" / "refund.yaml").write_text(REFUND, encoding="utf-8")
    (tmp_path / "plans" / "report.yaml").write_text(REPORT, encoding="utf-8")
    return tmp_path


async def confirmed(app: App) -> list[tuple[str, str, str]]:
    rows = await app.engine.journal.read(WORKSPACE)
    return [
        (str(decode(fact.words.data)) if not fact.words.erased else "", fact.plan, fact.who)
        for row in rows
        if isinstance(fact := row.fact, Confirmed)
    ]


async def test_a_request_becomes_a_run_that_says_why(folder: Path) -> None:
    async with await App.open(folder, clock=Noon()) as app:
        desk = Desk(app)
        understood = await desk.understand(WORDS)
        assert (understood.plan, understood.complete) == ("refund-order", True)
        run = await desk.accept(understood, understood.inputs.values, author="ada")
        document = await app.resume(run)
        assert (document["words"], document["result"]) == (WORDS, ["A-1", 5])
        log = [row.fact for row in await app.engine.journal.read(run)]
        assert isinstance(log[1], Routed)
        assert (log[1].plan, log[1].planner, log[1].who) == ("refund-order", "route", "")
        assert document["routed"]["inputs"]["amount"]["words"] == "5 euros"
        assert await confirmed(app) == []


async def test_files_and_workflows_can_be_asked_for_and_flaws_are_told(folder: Path) -> None:
    (folder / "plans" / "half.yaml").write_text("name: [", encoding="utf-8")
    async with await App.open(folder) as app:
        desk = Desk(app)
        assert list(desk.registered) == ["refund-order", "weekly-report", "shifts"]
        assert list(desk.troubles) == ["half.yaml", "broken"]
        understood = await desk.understand("who works when on monday, please?")
        assert understood.plan == "shifts"


async def test_a_name_that_two_plans_have_cannot_be_asked_for(folder: Path) -> None:
    first = next((folder / "plans").glob("*.yaml"))
    (folder / "plans" / "twin.yaml").write_text(first.read_text(encoding="utf-8"), encoding="utf-8")
    async with await App.open(folder) as app:
        desk = Desk(app)
        name = plan_from_file(first).plan.name
        assert name not in desk.registered
        assert desk.troubles[name] == "2 registered plans have this name"


async def test_what_a_person_confirmed_is_known_at_once_here_and_elsewhere(folder: Path) -> None:
    odd = "das geld für die lampe bitte wiederhaben, A-9, 7 EUR"
    async with await App.open(folder) as app, await App.open(folder) as elsewhere:
        desk, other = Desk(app), Desk(elsewhere)
        assert (await desk.understand(odd)).plan == ""
        assert (await other.understand(odd)).plan == ""
        named = await desk.understand(odd, plan="refund-order")
        assert named.inputs.values == {"order": "A-9", "amount": 7}
        await desk.accept(named, named.inputs.values, who="ada")
        assert await confirmed(app) == [(odd, "refund-order", "ada")]
        again = "bitte das geld für die lampe wiederhaben"
        assert (await desk.understand(again)).plan == "refund-order"
        assert (await other.understand(again)).plan == "refund-order"


async def test_of_the_same_words_what_was_said_last_counts(folder: Path) -> None:
    async with await App.open(folder) as app:
        desk = Desk(app)
        for plan in ("weekly-report", "refund-order"):
            understood = await desk.understand("xyzzy plugh!", plan=plan)
            await desk.accept(
                understood, {"order": "A", "amount": 1} if "ref" in plan else {}, who="ada"
            )
        assert (await desk.understand("Xyzzy, plugh")).plan == "refund-order"


async def test_a_stranger_is_routed_and_teaches_nothing(folder: Path) -> None:
    async with await App.open(folder) as app:
        desk = Desk(app)
        understood = await desk.understand(WORDS, trusted=False)
        assert understood.plan == "refund-order"
        run = await desk.accept(understood, understood.inputs.values, author="mail", who="mail")
        assert (await app.resume(run))["status"] == "succeeded"
        assert await confirmed(app) == []


async def test_retention_erases_words_and_what_was_learned_from_them(folder: Path) -> None:
    async with await App.open(folder, clock=Noon()) as app:
        desk = Desk(app)
        understood = await desk.understand(WORDS)
        run = await desk.accept(understood, understood.inputs.values, who="ada")
        await app.resume(run)
        await erase(app, older_than_days=-1)
        assert await confirmed(app) == [("", "refund-order", "ada")]
        document = await app.show(run)
        assert "words" not in document
        assert "why" not in document["routed"]
        assert await Desk(app)._confirmations.by_plan() == {}


async def test_nothing_is_accepted_of_what_was_not_understood(folder: Path) -> None:
    async with await App.open(folder) as app:
        desk = Desk(app)
        nothing = await desk.understand("play some jazz in the kitchen")
        assert (nothing.plan, nothing.complete) == ("", False)
        with pytest.raises(NotFound):
            await desk.accept(nothing, {})
        with pytest.raises(InputError):
            await desk.accept(await desk.understand(WORDS), {"order": "A-1"})
        with pytest.raises(NotFound, match="refund-ordr"):
            await desk.understand(WORDS, plan="refund-ordr")
        assert await app.runs() == []


async def test_a_text_is_no_request(folder: Path) -> None:
    async with await App.open(folder) as app:
        with pytest.raises(InputError, match="no request"):
            await Desk(app).understand("word " * 200_000)
        empty = await Desk(app).understand("")
        assert empty.plan == ""


async def test_what_is_kept_can_be_asked_for_at_once(folder: Path) -> None:
    async with await App.open(folder) as app:
        desk = Desk(app)
        made = await desk.understand('write "good news" to the file out/a.txt', planner="compose")
        assert "tell-the-news" not in desk.offered
        desk.save(made, "tell-the-news")
        assert "tell-the-news" in desk.offered
        assert (await desk.understand('write "x" to the file out/b.txt')).plan == "tell-the-news"


async def test_an_empty_workspace_has_nothing_to_ask_for(tmp_path: Path) -> None:
    async with await App.open(tmp_path, journal=MemoryJournal()) as app:
        understood = await Desk(app).understand("anything")
        assert understood.route.why == "nothing is registered that could be asked for"


async def test_a_path_that_leads_out_of_the_workspace_is_no_file(folder: Path) -> None:
    (folder.parent / "secret.txt").write_text("s", encoding="utf-8")
    (folder / ".hidden.txt").write_text("s", encoding="utf-8")
    (folder / "offer.txt").write_text("s", encoding="utf-8")
    (folder / "plans" / "sum.yaml").write_text(
        "name: summarise\ninputs: {document: file}\nsteps: {a: {use: value, with: {value: 1}}}\n",
        encoding="utf-8",
    )
    async with await App.open(folder) as app:
        desk = Desk(app)

        async def found(words: str) -> Mapping[str, Any]:
            return (await desk.understand(words, plan="summarise")).inputs.values

        assert await found("summarise offer.txt") == {"document": "offer.txt"}
        for path in (
            "../secret.txt",
            '"../secret.txt"',
            ".hidden.txt",
            str(folder.parent / "secret.txt"),
        ):
            assert await found(f"summarise {path}") == {}, path


async def test_its_document_has_all_that_was_understood(folder: Path) -> None:
    async with await App.open(folder) as app:
        understood: Understood = await Desk(app).understand("refund order A-1")
        data = understood.data()
        assert (data["plan"], data["missing"], data["planner"]) == (
            "refund-order",
            ["amount"],
            "route",
        )
        assert data["inputs"] == {"order": {"value": "A-1", "words": "A-1", "start": 13, "end": 16}}
