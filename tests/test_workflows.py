# pyright: basic, reportCallIssue=false, reportArgumentType=false
"""Workflows run: in a script, awaited, as a stream of what happens, and by their name in a workspace."""

import asyncio
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydantic
import pytest

from batuta import App, Call, capability, each, size, use, when, workflow
from batuta.errors import (
    AnswerError,
    InputError,
    PlanError,
    RunFailed,
    RunWaiting,
    WorkspaceError,
)
from batuta.workflows import Workflow


@dataclass
class Draft:
    text: str
    length: int


class Order(pydantic.BaseModel):
    name: str
    count: int = 1


@capability(effect="pure", reach="local")
def draft(ticket: str) -> Draft:
    return Draft(ticket, len(ticket))


@capability(effect="read", reach="local")
async def double(n: int, call: Call) -> int:
    call.report({"half": n})
    return 2 * n


@capability(effect="pure", reach="local")
def broken(n: int) -> int:
    raise ValueError("no such number")


@workflow
def answer(ticket: str, numbers: list[int] = [1, 2]) -> Draft:  # noqa: B006
    """Answer a ticket."""
    made = draft(ticket=ticket)
    sums = each(numbers, lambda n: use("double")(n=n))
    return Draft(text=f"{made.text}!", length=sums[0])


@workflow
def asked(ticket: str) -> dict[str, Any]:
    review = use("human")(question=f"Send {ticket}?")
    with when(review.approved):
        sent = draft(ticket=ticket)
    return {"sent": sent}


@workflow
def failing(n: int) -> int:
    return broken(n=n)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tools.py").write_text(
        "from batuta import capability\n"
        "@capability(effect='pure', reach='local')\n"
        "def double(n: int) -> int:\n    return 20 * n\n"
    )
    (tmp_path / "batuta.yaml").write_text("python: tools.py\n")
    return tmp_path


# ── in a script ──────────────────────────────────────────────────────────────────────────────────


def test_run_gives_the_result_as_the_function_says_it_returns_it(folder: Path) -> None:
    assert answer.run("hello") == Draft("hello!", 20)
    assert answer.run(ticket="hello", numbers=[7]) == Draft("hello!", 140)
    assert (folder / ".batuta" / "journal.sqlite").exists()


def test_capabilities_of_the_workspace_come_before_those_a_script_brings_along() -> None:
    assert answer.run("x", [1]).length == 20


def test_the_workspace_is_the_nearest_one_or_the_one_that_is_named(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "below").mkdir()
    monkeypatch.chdir(folder / "below")
    assert answer.run("x").length == 20
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.chdir(elsewhere)
    assert answer.at(folder).run("x").length == 20
    assert answer.at("../" + folder.name if folder.parent == elsewhere.parent else folder).run("x")
    with pytest.raises(PlanError, match="there is no capability 'double'"):
        answer.run("x")


async def test_run_inside_of_an_event_loop_is_refused_and_says_what_to_write() -> None:
    with pytest.raises(InputError) as caught:
        answer.run("x")
    assert caught.value.remedy == "write `await answer.start(…)`"
    assert (await asyncio.to_thread(answer.run, "x")).length == 20


def test_runs_of_several_threads_do_not_meet(folder: Path) -> None:
    found: dict[int, Draft] = {}

    def go(number: int) -> None:
        found[number] = answer.run("x", [number])

    threads = [threading.Thread(target=go, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {number: one.length for number, one in found.items()} == {0: 0, 1: 20, 2: 40, 3: 60}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: answer.run(), "the input 'ticket' is missing"),
        (lambda: answer.run("x", numbers=["a"]), "input 'numbers'"),
        (lambda: answer.run("x", tickets=2), "the plan has no input 'tickets'"),
        (lambda: answer.run("x", [1], 2), "answer has 2 inputs, and 3 were given without a name"),
    ],
)
def test_inputs_that_do_not_fit_are_refused_before_there_is_a_run(call: Any, message: str) -> None:
    with pytest.raises(InputError) as caught:
        call()
    assert message in str(caught.value)


def test_a_run_without_a_result_raises_what_became_of_it() -> None:
    with pytest.raises(RunFailed, match="no such number") as failed:
        failing.run(3)
    assert failed.value.remedy.startswith("`batuta show r")
    with pytest.raises(RunWaiting) as waiting:
        asked.run("x")
    assert waiting.value.remedy.startswith("`batuta show r")


def test_a_result_that_is_not_what_the_function_promises_is_told() -> None:
    @workflow
    def wrong(ticket: str) -> int:
        made: Any = draft(ticket=ticket)
        return made.text

    with pytest.raises(
        InputError, match=r"the result of run r.* is not what wrong says it returns"
    ):
        wrong.run("x")


def test_models_and_dataclasses_are_inputs_and_results() -> None:
    @workflow
    def order(one: Order, note: Draft) -> Order:
        return Order.model_construct(name=note.text, count=one.count)

    found = order.run(Order(name="a", count=3), Draft("b", 1))
    assert found == Order(name="b", count=3)


# ── with an event loop ───────────────────────────────────────────────────────────────────────────


async def test_a_started_run_is_awaited_for_its_result() -> None:
    assert await answer.start("hello") == Draft("hello!", 20)


async def test_runs_of_one_app_go_on_at_the_same_time(folder: Path) -> None:
    async with await App.open(folder, functions=[draft]) as app:
        bound = answer.at(app)
        both = await asyncio.gather(bound.start("a", [1]), bound.start("b", [2]))
        assert both == [Draft("a!", 20), Draft("b!", 40)]
        assert [row.plan for row in await app.runs()] == ["answer", "answer"]


async def test_an_app_runs_a_workflow_like_a_plan(folder: Path) -> None:
    async with await App.open(folder, functions=[draft]) as app:
        document = await app.run(answer, {"ticket": "x"})
        assert (document["plan"], document["result"]) == ("answer", {"text": "x!", "length": 20})
        run_id = await app.start(answer, {"ticket": "y"})
        assert await app.result(run_id) == {"text": "y!", "length": 20}


async def test_an_app_explains_a_workflow_like_a_plan_with_its_places(folder: Path) -> None:
    async with await App.open(folder, functions=[draft]) as app:
        line = answer.function.__code__.co_firstlineno
        explained = await app.explain(answer, {"ticket": "x"})
        assert [step.name for step in explained.steps] == ["made", "sums"]
        assert [step.line - line for step in explained.steps] == [3, 4]
        with pytest.raises(PlanError) as caught:
            await app.explain(answer, {"ticket": 3})
        assert caught.value.findings[0].code == "B108"


async def test_what_happens_is_told_as_it_happens() -> None:
    told = [
        (event.kind, event.step, event.value) async for event in answer.start("hello", numbers=[3])
    ]
    assert told[-1] == ("succeeded", "", {"text": "hello!", "length": 60})
    assert sorted(one for one in told if one[1] == "made") == [
        ("finished", "made", {"text": "hello", "length": 5}),
        ("started", "made", None),
    ]
    assert ("finished", "sums.0", 60) in told


async def test_reports_of_calls_are_part_of_it(folder: Path) -> None:
    (folder / "batuta.yaml").write_text("")

    @workflow
    def reporting(n: int) -> int:
        return use(double)(n=n)  # type: ignore[call-arg]

    told = [(event.kind, event.step, event.value) async for event in reporting.start(4)]
    assert ("progress", "double", {"half": 4}) in told
    assert told[-1] == ("succeeded", "", 8)


async def test_a_question_may_be_answered_while_one_looks_on() -> None:
    kinds: list[str] = []
    async with asked.start("news") as running:
        async for event in running:
            kinds.append(event.kind)
            if event.kind == "question":
                assert (event.step, event.message) == ("review", "Send news?")
                await running.answer(event.step, {"approved": True})
        assert await running == {"sent": {"text": "news", "length": 4}}
    assert kinds == [
        "started",
        "question",
        "answered",
        "started",
        "finished",
        "started",
        "finished",
        "succeeded",
    ]


async def test_without_an_answer_the_stream_ends_waiting_and_somebody_may_go_on_later(
    folder: Path,
) -> None:
    events = [event async for event in asked.start("news")]
    assert [event.kind for event in events] == ["started", "question", "waiting"]
    async with await App.open(folder, functions=[draft]) as app:
        (row,) = await app.runs()
        await app.answer(row.run, "review", {"approved": False})
        document = await app.resume(row.run)
    assert (document["status"], document["result"]) == ("succeeded", {"sent": None})


async def test_the_stream_of_a_failing_run_ends_with_the_failure_and_raises_nothing() -> None:
    events = [event async for event in failing.start(1)]
    assert [(event.kind, event.step) for event in events] == [
        ("started", "broken"),
        ("failed", "broken"),
        ("failed", ""),
    ]
    assert events[-1].message == events[1].message != ""


async def test_a_run_can_be_cancelled_by_who_looks_on() -> None:
    async with asked.start("news") as running:
        async for event in running:
            if event.kind == "question":
                await running.cancel(why="too late")
        with pytest.raises(Exception, match=r"too late|cancelled"):
            await running


async def test_a_stream_that_is_left_leaves_the_run_to_be_resumed(folder: Path) -> None:
    async with answer.start("x") as running:
        async for _ in running:
            break
        run_id = running.id
    async with await App.open(folder, functions=[draft]) as app:
        assert await app.result(run_id) == {"text": "x!", "length": 20}


async def test_a_run_that_has_not_begun_cannot_be_answered() -> None:
    with pytest.raises(InputError, match="the run has not begun, or was left"):
        await asked.start("x").answer("review", True)
    async with asked.start("x") as running:
        with pytest.raises(AnswerError):
            await running.answer("review", {"approved": True})


# ── checks ───────────────────────────────────────────────────────────────────────────────────────


@workflow
def flawed(ticket: str) -> Any:
    made = draft(text=ticket)  # type: ignore[call-arg]
    use("nobody")(made=made.words)
    return made


async def test_findings_point_at_the_lines_of_the_function(folder: Path) -> None:
    line = flawed.function.__code__.co_firstlineno
    async with await App.open(folder) as app:
        found = [(one.code, one.place.line - line) for one in flawed.check(app) if not one.warning]
        assert found == [("B110", 2), ("B101", 3), ("B119", 3)]
        assert flawed.check(app, {"ticket": 3}) != flawed.check(app)
        with pytest.raises(PlanError) as caught:
            await app.start(flawed, {"ticket": "x"})
        assert {one.place.line - line for one in caught.value.findings} <= {2, 3}


@capability
def careless(n: int) -> int:
    return n


@workflow
def allowed(n: int) -> int:
    text = "# batuta: allow B190 this is no comment"
    careless(n=size(text))  # batuta: allow B190 it is only a test
    # batuta: allow B103 not a warning
    return careless(n=n)


async def test_warnings_are_silenced_by_comments_as_in_yaml(folder: Path) -> None:
    async with await App.open(folder) as app:
        line = allowed.function.__code__.co_firstlineno
        found = [(one.code, one.place.line - line) for one in allowed.check(app)]
        assert ("B190", 3) not in found
        assert ("B151", 4) in found
        (told,) = [one for one in allowed.check(app) if one.code == "B151"]
        assert (Path(told.place.file).name, told.place.column) == ("test_workflows.py", 5)


def test_calling_a_workflow_says_how_to_run_it() -> None:
    with pytest.raises(PlanError, match=r"write answer\.run\(…\)"):
        answer("x")


def test_a_workflow_keeps_name_and_documentation_of_its_function() -> None:
    assert isinstance(answer, Workflow)
    assert (answer.__name__, answer.__doc__, repr(answer)) == (
        "answer",
        "Answer a ticket.",
        "<workflow answer>",
    )


# ── in modules of a workspace ────────────────────────────────────────────────────────────────────

FLOWS = """
from batuta import workflow, use
from tools import double
@workflow
def twice(n: int) -> int:
    first = double(n=n)
    return double(n=first)
@workflow(name="times-four")
def four(n: int) -> int:
    return twice(n)
"""


async def test_workflows_of_the_modules_of_a_workspace_are_plans_by_name(folder: Path) -> None:
    (folder / "flows.py").write_text(FLOWS)
    (folder / "batuta.yaml").write_text("python: [tools.py, flows.py]\n")
    async with await App.open(folder) as app:
        assert sorted(app.plans) == ["times-four", "twice"]
        document = await app.run(app.plans["times-four"], {"n": 1})
        assert document["result"] == 400
        assert list(app.plans["times-four"].plan.steps) == ["first", "double"]


async def test_two_workflows_of_one_name_are_refused(folder: Path) -> None:
    (folder / "flows.py").write_text(FLOWS)
    (folder / "more.py").write_text(FLOWS)
    (folder / "batuta.yaml").write_text("python: [tools.py, flows.py, more.py]\n")
    with pytest.raises(WorkspaceError) as caught:
        await App.open(folder)
    assert [(one.code, one.message, str(one.place)) for one in caught.value.findings] == [
        ("B602", "there are two workflows called twice", "more.py:4:1"),
        ("B602", "there are two workflows called times-four", "more.py:8:1"),
    ]
