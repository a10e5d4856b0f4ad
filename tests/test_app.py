"""The application: what every door calls, over a folder of its own."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from batuta import App, Plan, Question, Step, Waiting, capability, plan_from_yaml
from batuta.app import JOURNAL_FILE
from batuta.engine.ids import new_run_id
from batuta.engine.past.fork import Wish
from batuta.errors import (
    AnswerError,
    Conflict,
    Denied,
    InputError,
    NotFound,
    PlanError,
    RunCancelled,
    RunFailed,
    RunWaiting,
    WorkspaceError,
)
from batuta.spec.call import Call
from batuta.spec.facts import Accepted, Answered


@capability(effect="pure", reach="local")
def double(n: int) -> int:
    return 2 * n


@capability(effect="write", reach="local")
def pay(amount: int) -> dict[str, int]:
    return {"paid": amount}


@capability(effect="write", reach="local")
def broken() -> None:
    raise ValueError("no such account")


@capability(effect="read", reach="local", waits=True)
def form(call: Call) -> Any:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    return call.answer["n"] if call.answered else Waiting(Question("How many?", schema))


FUNCTIONS = [double, pay, broken, form]


class Standstill:
    """All runs begin in one millisecond."""

    def now(self) -> float:
        return 1_700_000_000.0


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    async with await App.open(tmp_path, functions=FUNCTIONS) as opened:
        yield opened


def plan(text: str) -> Plan:
    return plan_from_yaml(f"name: test\n{text}").plan


DOUBLE = plan(
    "inputs: {n: integer}\nsteps: {a: {use: double, with: {n: '${inputs.n}'}}}\nresult: ${steps.a}"
)
FORM = plan("steps: {a: {use: form}}\nresult: ${steps.a}")
BROKEN = plan("steps: {a: {use: broken}}")


class TestRun:
    async def test_gives_the_document_with_the_result(self, app: App) -> None:
        shown = await app.run(DOUBLE, {"n": 21})
        assert (shown["status"], shown["result"], shown["error"]) == ("succeeded", 42, None)
        assert [(one["path"], one["state"], one["output"]) for one in shown["steps"]] == [
            ("a", "done", 42)
        ]
        assert await app.show(shown["run"]) == shown

    async def test_refuses_inputs_that_do_not_fit_before_there_is_a_run(self, app: App) -> None:
        with pytest.raises(InputError):
            await app.run(DOUBLE, {"n": "many"})
        assert await app.runs() == []

    async def test_refuses_an_unsound_plan_before_there_is_a_run(self, app: App) -> None:
        with pytest.raises(PlanError) as caught:
            await app.run(plan("steps: {a: {use: dubble}}"), {})
        assert [finding.code for finding in caught.value.findings] == ["B101"]
        assert "double" in str(caught.value)
        assert await app.runs() == []

    async def test_a_plan_made_in_python_is_the_same_as_its_yaml(self, app: App) -> None:
        made = Plan(
            "test",
            inputs={"n": {"type": "integer"}},
            steps={"a": Step("double", {"n": "${inputs.n}"})},
            result="${steps.a}",
        )
        assert (await app.run(made, {"n": 1}))["result"] == 2


class TestStartAndResume:
    async def test_start_is_durable_and_drives_nothing(self, tmp_path: Path) -> None:
        async with await App.open(tmp_path, functions=FUNCTIONS) as app:
            run = await app.start(DOUBLE, {"n": 1})
            assert (await app.show(run))["status"] == "running"
        async with await App.open(tmp_path, functions=FUNCTIONS) as app:
            assert (await app.resume(run))["result"] == 2

    async def test_a_run_that_does_not_exist_is_not_found(self, app: App) -> None:
        for ask in (app.resume, app.show, app.result, app.cancel):
            with pytest.raises(NotFound):
                await ask("nope")
        with pytest.raises(NotFound):
            await app.answer("nope", "a", 1)

    async def test_changed_code_parks_and_accept_goes_on(self, tmp_path: Path) -> None:
        async with await App.open(tmp_path, functions=FUNCTIONS) as app:
            run = (
                await app.run(
                    plan("steps: {a: {use: form}, b: {use: pay, with: {amount: 1}, after: [a]}}"),
                    {},
                )
            )["run"]
            await app.answer(run, "a", {"n": 3})

        @capability("pay", effect="write", reach="egress")
        def dearer(amount: int, tip: int = 0) -> dict[str, int]:
            return {"paid": amount + tip}

        async with await App.open(tmp_path, functions=[double, form, dearer]) as app:
            shown = await app.resume(run)
            assert [one["kind"] for one in shown["waiting"]] == ["drift"]
            assert (await app.resume(run, accept=True))["status"] == "succeeded"

    async def test_what_is_not_there_any_more_cannot_be_accepted(self, tmp_path: Path) -> None:
        async with await App.open(tmp_path, functions=FUNCTIONS) as app:
            run = (await app.run(FORM, {}))["run"]
        async with await App.open(tmp_path) as app:
            with pytest.raises(InputError, match="form is not registered any more"):
                await app.resume(run, accept=True)

    async def test_due_lists_what_could_go_on_and_nothing_else(self, app: App) -> None:
        started = await app.start(DOUBLE, {"n": 1})
        await app.run(DOUBLE, {"n": 1})
        waiting = (await app.run(FORM, {}))["run"]
        assert await app.due() == [started]
        await app.answer(waiting, "a", {"n": 1})
        assert await app.due() == [started, waiting]


class TestResult:
    async def test_is_the_value_of_a_run_that_succeeds(self, app: App) -> None:
        assert await app.result(await app.start(DOUBLE, {"n": 3})) == 6

    async def test_of_a_failed_run_says_where_and_why(self, app: App) -> None:
        with pytest.raises(RunFailed, match="no such account") as caught:
            await app.result(await app.start(BROKEN, {}))
        assert (caught.value.path, caught.value.code) == ("a", "raised")

    async def test_of_a_cancelled_run_says_so(self, app: App) -> None:
        run = (await app.run(FORM, {}))["run"]
        await app.cancel(run, who="ann", why="too late")
        with pytest.raises(RunCancelled, match="too late"):
            await app.result(run)

    async def test_of_a_waiting_run_is_not_there_yet(self, app: App) -> None:
        with pytest.raises(RunWaiting):
            await app.result(await app.start(FORM, {}))

    async def test_of_a_run_that_somebody_rejected_is_a_no(self, tmp_path: Path) -> None:
        (tmp_path / "batuta.yaml").write_text("policy: [{capability: pay, verdict: ask}]")
        async with await App.open(tmp_path, functions=FUNCTIONS) as app:
            run = (await app.run(plan("steps: {a: {use: pay, with: {amount: 1}}}"), {}))["run"]
            await app.answer(run, "a", {"approved": False}, kind="approval", who="ann")
            with pytest.raises(Denied, match="ann rejected pay"):
                await app.result(run)


class TestAnswer:
    async def test_goes_on_where_the_question_was_asked(self, app: App) -> None:
        run = (await app.run(FORM, {}))["run"]
        await app.answer(run, "a", {"n": 7}, who="ann")
        assert (await app.resume(run))["result"] == 7
        rows = await app.engine.journal.read(run)
        assert [row.fact.who for row in rows if isinstance(row.fact, Answered)] == ["ann"]

    async def test_must_fit_the_schema_of_the_question(self, app: App) -> None:
        run = (await app.run(FORM, {}))["run"]
        with pytest.raises(AnswerError, match="does not fit"):
            await app.answer(run, "a", {"n": "seven"})
        assert (await app.show(run))["status"] == "waiting"

    async def test_must_be_of_the_kind_that_is_asked_for(self, app: App) -> None:
        run = (await app.run(FORM, {}))["run"]
        with pytest.raises(AnswerError, match="another kind"):
            await app.answer(run, "a", {"n": 1}, kind="approval")

    async def test_counts_once(self, app: App) -> None:
        run = (await app.run(FORM, {}))["run"]
        await app.answer(run, "a", {"n": 1})
        with pytest.raises(AnswerError):
            await app.answer(run, "a", {"n": 2})
        assert (await app.resume(run))["result"] == 1

    async def test_is_idempotent(self, app: App) -> None:
        run = (await app.run(FORM, {}))["run"]
        await app.answer(run, "a", {"n": 1})
        await app.answer(run, "a", {"n": 1})
        assert (await app.resume(run))["result"] == 1
        await app.answer(run, "a", {"n": 1})

    async def test_needs_a_step_that_is_there_and_asks(self, app: App) -> None:
        run = (await app.run(FORM, {}))["run"]
        with pytest.raises(NotFound, match="no step 'b'"):
            await app.answer(run, "b", {"n": 1})
        done = (await app.run(DOUBLE, {"n": 1}))["run"]
        with pytest.raises(AnswerError, match="no open question"):
            await app.answer(done, "a", {"n": 1})

    async def test_is_bounded(self, app: App) -> None:
        run = (await app.run(FORM, {}))["run"]
        with pytest.raises(AnswerError, match="larger than"):
            await app.answer(run, "a", {"n": 1, "x": "y" * 300_000})


class TestCancel:
    async def test_ends_a_run_that_waits_when_it_is_next_driven(self, app: App) -> None:
        run = (await app.run(FORM, {}))["run"]
        await app.cancel(run)
        await app.cancel(run)
        assert (await app.resume(run))["status"] == "cancelled"

    async def test_of_a_run_that_has_ended_is_refused(self, app: App) -> None:
        run = (await app.run(DOUBLE, {"n": 1}))["run"]
        with pytest.raises(AnswerError, match="already ended: succeeded"):
            await app.cancel(run)


class TestLooking:
    async def test_runs_are_listed_newest_first_and_by_status(self, app: App) -> None:
        one = (await app.run(DOUBLE, {"n": 1}))["run"]
        two = (await app.run(FORM, {}))["run"]
        assert [row.run for row in await app.runs()] == [two, one]
        assert [row.run for row in await app.runs(status="waiting")] == [two]
        assert len(await app.runs(limit=1)) == 1

    async def test_cards_are_what_can_be_called(self, app: App) -> None:
        assert {"double", "pay", "human", "vote", "merge", "value"} <= set(app.cards)

    def test_ids_sort_by_time_and_are_not_met_twice(self) -> None:
        ids = [new_run_id(1_700_000_000 + n) for n in range(100)]
        assert sorted(ids) == ids
        # Of a thousand in one millisecond, two would be the same in one of seventy times.
        assert len({new_run_id(1.0) for _ in range(10)}) == 10


class TestIdsThatMeet:
    async def test_begin_again_with_another(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        marks = iter([7, 7, 7, 8, 8, 9, 9, 10])
        monkeypatch.setattr(secrets, "randbits", lambda _: next(marks))
        async with await App.open(tmp_path, functions=FUNCTIONS, clock=Standstill()) as app:
            first = await app.start(DOUBLE, {"n": 1})
            second = await app.start(DOUBLE, {"n": 2})
            third = (await app.run(DOUBLE, {"n": 3}))["run"]
            forked = (await app.fork(third, Wish("a", inputs={"n": 4}))).run.id
            assert len({first, second, third, forked}) == 4
            assert [(await app.resume(one))["result"] for one in (first, second, forked)] == [
                2,
                4,
                8,
            ]

    async def test_for_ever_are_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(secrets, "randbits", lambda _: 7)
        async with await App.open(tmp_path, functions=FUNCTIONS, clock=Standstill()) as app:
            first = await app.start(DOUBLE, {"n": 1})
            with pytest.raises(Conflict, match="another writer was first"):
                await app.start(DOUBLE, {"n": 1})
            assert (await app.resume(first))["result"] == 2


class TestOpen:
    async def test_a_folder_without_a_file_is_an_empty_workspace(self, tmp_path: Path) -> None:
        async with await App.open(tmp_path) as app:
            assert (await app.run(plan("result: 1\nsteps: {}"), {}))["result"] == 1
        assert (tmp_path / JOURNAL_FILE).exists()

    async def test_a_wrong_file_is_told_with_its_place(self, tmp_path: Path) -> None:
        (tmp_path / "batuta.yaml").write_text("limits: {calls: many}")
        with pytest.raises(WorkspaceError, match=r"batuta\.yaml:1:17"):
            await App.open(tmp_path)

    async def test_the_budget_of_the_workspace_bounds_every_run(self, tmp_path: Path) -> None:
        (tmp_path / "batuta.yaml").write_text("budget: {calls: 1}")
        async with await App.open(tmp_path, functions=FUNCTIONS) as app:
            shown = await app.run(
                plan("steps: {a: {use: double, each: '[1, 2]', with: {n: '${item}'}}}"), {}
            )
        assert shown["error"]["code"] == "budget"


class TestFiles:
    FILES = plan(
        """
inputs: {table: file}
steps:
  n: {use: form}
  rows: {use: file.rows, with: {file: "${inputs.table}", limit: "${steps.n}"}}
  copy: {use: file.write, with: {path: out/copy.csv, rows: "${steps.rows.rows}", columns: "${steps.rows.header}"}}
result: {rows: "${steps.rows.rows}", copy: "${steps.copy.path}"}
"""
    )

    async def waiting(self, app: App, tmp_path: Path) -> str:
        (tmp_path / "table.csv").write_text("b,a\n1,x\n2,y\n")
        shown = await app.run(self.FILES, {"table": "table.csv"})
        await app.answer(shown["run"], "n", {"n": 5})
        return shown["run"]

    async def test_a_run_is_given_what_was_in_a_file_and_never_its_content(
        self, app: App, tmp_path: Path
    ) -> None:
        run_id = await self.waiting(app, tmp_path)
        rows = await app.engine.journal.read(run_id)
        assert isinstance(rows[0].fact, Accepted)
        shown = await app.resume(run_id)
        assert shown["result"] == {
            "rows": [{"a": "x", "b": 1}, {"a": "y", "b": 2}],
            "copy": "out/copy.csv",
        }
        assert (tmp_path / "out/copy.csv").read_text() == "b,a\n1,x\n2,y\n"
        accepted = bytes(rows[0].fact.request.inputs.data).decode()
        assert '"path":"table.csv","bytes":12,"sha256":' in accepted
        assert "1,x" not in accepted

    async def test_a_file_that_changes_while_the_run_waits_is_not_read_as_if_it_had_not(
        self, app: App, tmp_path: Path
    ) -> None:
        run_id = await self.waiting(app, tmp_path)
        (tmp_path / "table.csv").write_text("b,a\n1,x\n2,z\n")
        assert (await app.resume(run_id))["error"]["code"] == "changed"
        forked = await app.fork(run_id, Wish("n", {"table": "table.csv"}, {}, True))
        shown = await app.show(forked.run.id)
        assert shown["status"] == "running"
        with pytest.raises(InputError, match="there is no file"):
            await app.fork(run_id, Wish("n", {"table": "gone.csv"}))

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ("gone.csv", "there is no file 'gone.csv' in the workspace"),
            ("../table.csv", "'../table.csv' leads out of the workspace"),
            (5, "expected a file, got an integer"),
        ],
    )
    async def test_what_is_no_file_of_the_workspace_starts_no_run(
        self, app: App, given: Any, message: str
    ) -> None:
        with pytest.raises(InputError, match=message):
            await app.start(self.FILES, {"table": given})
        with pytest.raises((InputError, PlanError), match=message):
            await app.explain(self.FILES, {"table": given})
        assert await app.runs() == []

    async def test_what_may_be_read_is_what_the_workspace_says(self, tmp_path: Path) -> None:
        (tmp_path / "batuta.yaml").write_text("files: {read: [data/**], write: [reports/*.md]}")
        (tmp_path / "table.csv").write_text("a\n1\n")
        async with await App.open(tmp_path, functions=FUNCTIONS) as app:
            with pytest.raises(InputError, match="is not to be read"):
                await app.start(self.FILES, {"table": "table.csv"})
            write = plan(
                "steps: {w: {use: report.write, with: {path: out/a.md, title: T, sections: []}}}"
            )
            assert (await app.run(write, {}))["error"]["code"] == "forbidden"
