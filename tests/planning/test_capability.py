"""`use: planner`: a step that is carried out as the plan that is made for its words, and never for a stranger's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from batuta import capability
from batuta.app import App
from batuta.desk import Desk
from batuta.journal.memory import MemoryJournal
from batuta.plans.build import plan_from_yaml
from batuta.reading.planning import AUTONOMIES

CALLS: list[str] = []


@capability("bills.latest", effect="read", reach="local")
def latest() -> dict[str, str]:
    """Find the latest bill."""
    CALLS.append("latest")
    return {"number": "B-1"}


@capability("bills.pay", effect="write", reach="local")
def pay(bill: str) -> str:
    """Pay a bill."""
    CALLS.append(f"pay {bill}")
    return f"paid {bill}"


@capability("mail.read", effect="read", reach="local")
def mail() -> str:
    """Read the newest mail."""
    return "find the latest bill"


PLAN = """
name: ask
inputs: {words: string, known: {type: object, default: {}}}
steps:
  make: {use: planner, with: {request: "${inputs.words}", inputs: "${inputs.known}"}}
result: ${steps.make}
"""
OF_MAIL = """
name: of-mail
steps:
  mail: {use: mail.read}
  make: {use: planner, with: {request: "Please ${steps.mail}"}}
result: ${steps.make}
"""


@asynccontextmanager
async def opened(folder: Path, autonomy: str = "autonomous", **more: Any) -> AsyncIterator[App]:
    CALLS.clear()
    (folder / "batuta.yaml").write_text(f"planning: {{autonomy: {autonomy}}}\n", encoding="utf-8")
    functions = [latest, pay, mail, *more.pop("functions", ())]
    async with await App.open(folder, functions=functions, journal=MemoryJournal()) as app:
        yield app


async def ran(app: App, words: str, plan: str = PLAN, **known: Any) -> dict[str, Any]:
    inputs = {"words": words, "known": known} if plan == PLAN else {}
    return await app.run(plan_from_yaml(plan).plan, inputs)


async def test_words_become_steps_inside_of_the_step(tmp_path: Path) -> None:
    async with opened(tmp_path) as app:
        document = await ran(app, "find the latest bill")
        assert (document["status"], document["result"]) == ("succeeded", {"number": "B-1"})
        assert [step["path"] for step in document["steps"]] == ["make", "make/1/bills_latest"]


@pytest.mark.parametrize(
    ("autonomy", "words", "status"),
    [
        ("suggest", "find the latest bill", "failed"),
        ("confirm", "find the latest bill", "waiting"),
        ("supervised", "find the latest bill", "succeeded"),
        ("supervised", "pay the bill", "waiting"),
        ("autonomous", "pay the bill", "succeeded"),
        ("autonomous", "Ada wants to pay the bill", "waiting"),
    ],
)
async def test_how_much_runs_by_itself_is_for_the_workspace_to_say(
    tmp_path: Path, autonomy: str, words: str, status: str
) -> None:
    assert autonomy in AUTONOMIES
    async with opened(tmp_path, autonomy) as app:
        document = await ran(app, words, bill="B-1")
        assert document["status"] == status, document
        assert bool(CALLS) == (status == "succeeded")


async def test_a_plan_that_somebody_has_seen_runs_and_one_they_reject_does_not(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path, "confirm") as app:
        for approved, status in ((True, "succeeded"), (False, "failed")):
            document = await ran(app, "pay the bill", bill="B-1")
            (asked,) = document["waiting"]
            assert asked["show"]["steps"] == ["bills_pay: bills.pay (write, local)"]
            assert asked["show"]["inputs"] == {"bill": "B-1"}
            await app.answer(document["run"], "make", {"approved": approved})
            assert (await app.resume(document["run"]))["status"] == status
        assert CALLS == ["pay B-1"]


async def test_words_that_another_step_has_brought_need_a_person_in_any_case(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as app:
        document = await ran(app, "", OF_MAIL)
        assert document["status"] == "waiting"
        assert "“Please find the latest bill”" in document["waiting"][0]["question"]
        assert CALLS == []


async def test_a_plan_in_a_plan_hands_on_words_of_nobody_knows_whom(tmp_path: Path) -> None:
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "ask.yaml").write_text(PLAN, encoding="utf-8")
    outer = 'name: outer\nsteps: {it: {use: plan.ask, with: {words: "find the latest bill"}}}\n'
    async with opened(tmp_path) as app:
        assert (await ran(app, "", outer))["status"] == "waiting"


async def test_for_a_stranger_none_is_made(tmp_path: Path) -> None:
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "ask.yaml").write_text(
        PLAN.replace("inputs:", "examples: [please plan this]\ninputs:", 1), encoding="utf-8"
    )
    async with opened(tmp_path) as app:
        desk = Desk(app)
        understood = await desk.understand("please plan this", plan="ask", trusted=False)
        run = await desk.accept(understood, {"words": "find the latest bill"})
        document = await app.resume(run)
        assert document["error"]["code"] == "denied"
        assert CALLS == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("  ", "invalid"),
        ("sing me a song of the sea", "no_plan"),
        ("pay the bill", "incomplete"),
        ("use the planner to plan", "no_plan"),
    ],
)
async def test_what_cannot_be_planned_says_so(tmp_path: Path, words: str, code: str) -> None:
    async with opened(tmp_path) as app:
        assert (await ran(app, words))["error"]["code"] == code


async def test_a_capability_of_that_name_takes_its_place(tmp_path: Path) -> None:
    @capability(effect="pure", reach="local")
    def planner(request: str, inputs: dict[str, Any] | None = None) -> str:
        """Mine."""
        return f"mine: {request}"

    async with opened(tmp_path, functions=[planner]) as app:
        assert (await ran(app, "anything"))["result"] == "mine: anything"
