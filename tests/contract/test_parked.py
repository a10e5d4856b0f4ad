"""A run that waits for a person: killed, answered by nobody's leave, answered twice, and out of time."""

import asyncio
import time

import pytest

from batuta.app import App
from batuta.errors import AnswerError
from tests.contract.fatal import fact
from tests.contract.world import World, steps_of

PLAN = (
    "steps:\n"
    '  first: {use: pay_reconciled, with: {reference: "${inputs.token}-first"}}\n'
    "  human:\n"
    "    use: human\n"
    "    after: first\n"
    '    with: {question: "Go on?"%s}\n'
    '  pay: {use: pay, with: {reference: "${inputs.token}-pay"}, when: steps.human.approved}\n'
    "result: ${steps.human}\n"
)
YES = {"approved": True}
NO = {"approved": False, "note": "no"}


class Later:
    """The clock of somebody who comes two hours later."""

    def now(self) -> float:
        return time.time() + 7_200.0


class TestAParkedRun:
    async def test_killed_while_it_waits_it_is_answered_and_goes_on(self, world: World) -> None:
        world.plan(PLAN % "")
        run = world.killed_at(fact("parked"), "after")
        async with await world.open() as app:
            # Nobody drives it, and nothing is due before the answer.
            assert [row.status for row in await app.runs()] == ["waiting"]
            assert await app.due() == []

            await app.answer(run, "human", YES)
            assert await app.due() == [run]
            document = await app.resume(run)

        assert (document["status"], document["result"]) == ("succeeded", YES)
        assert world.counts() == {"first": 1, "pay": 1}

    @pytest.mark.parametrize("tag", ["waited", "parked"])
    async def test_killed_before_the_question_is_durable_it_is_asked_again(
        self, world: World, tag: str
    ) -> None:
        world.plan(PLAN % "")
        run = world.killed_at(fact(tag), "before")

        document = await world.resumed(run)

        assert [one["step"] for one in document["waiting"]] == ["human"]
        assert (await world.answered(run, "human", YES))["status"] == "succeeded"
        assert world.counts() == {"first": 1, "pay": 1}

    async def test_resumed_without_an_answer_it_parks_again_and_calls_nobody(
        self, world: World
    ) -> None:
        world.plan(PLAN % "")
        with world.run() as driver:
            run = driver.says("document")["run"]
        for _ in range(3):
            document = await world.resumed(run)

        assert document["status"] == "waiting"
        assert steps_of(document)["human"]["attempts"] == 1
        assert world.counts() == {"first": 1}

    async def test_killed_between_the_answer_and_what_follows_the_answer_is_kept(
        self, world: World
    ) -> None:
        world.plan(PLAN % "")
        with world.run() as driver:
            run = driver.says("document")["run"]
        world.tell("answer", run, "human", YES)
        world.ledger.faults("stall_before", {"reference": world.ref("pay")})
        with world.resume() as driver:
            assert driver.says("resuming") == [run]
            world.wait_stalled("pay")
            driver.kill()

        document = await world.resumed(run)
        assert [(one["step"], one["kind"]) for one in document["waiting"]] == [("pay", "resolve")]
        document = await world.answered(run, "pay", "retry")

        assert (document["status"], document["result"]) == ("succeeded", YES)
        assert world.counts() == {"first": 1, "pay": 1}


class TestAnAnswer:
    async def test_counts_once_and_the_first_one_does(self, world: World) -> None:
        world.plan(PLAN % "")
        with world.run() as driver:
            run = driver.says("document")["run"]
        async with await world.open() as app:
            await app.answer(run, "human", NO)
            await app.answer(run, "human", NO)  # said twice, by somebody who got no reply
            with pytest.raises(AnswerError, match="no open question"):
                await app.answer(run, "human", YES)
        refused = world.refused("answer", run, "human", YES)

        document = await world.resumed(run)

        assert refused["refused"] == "AnswerError"
        assert document["result"] == NO
        assert world.counts() == {"first": 1}

    async def test_that_does_not_fit_the_question_changes_nothing(self, world: World) -> None:
        world.plan(PLAN % "")
        with world.run() as driver:
            run = driver.says("document")["run"]

        refused = world.refused("answer", run, "human", {"approved": "certainly"})

        assert "does not fit the question of human" in refused["message"]
        assert (await world.resumed(run))["status"] == "waiting"

    async def test_in_the_same_moment_from_many_processes_one_counts(self, world: World) -> None:
        world.plan(PLAN % "")
        with world.run() as driver:
            run = driver.says("document")["run"]
        apps = [await world.open() for _ in range(4)]
        try:
            # All of them have seen the question open before the first has answered it.
            told = await asyncio.gather(
                *(
                    app.answer(run, "human", {"approved": True, "note": str(index)})
                    for index, app in enumerate(apps)
                ),
                return_exceptions=True,
            )
        finally:
            for app in apps:
                await app.close()
        accepted = [str(index) for index, error in enumerate(told) if error is None]
        assert [type(error) for error in told if error is not None] == [AnswerError] * 3

        document = await world.resumed(run)

        assert [document["result"]["note"]] == accepted
        assert world.counts() == {"first": 1, "pay": 1}


class TestAQuestionThatRunsOutOfTime:
    async def test_with_a_default_takes_it_while_the_driver_waits(self, world: World) -> None:
        world.plan(PLAN % ', expires: "300ms", default: {approved: true, note: nobody}')
        with world.run() as driver:
            document = driver.says("document")

        assert document["status"] == "succeeded"
        assert document["result"] == {"approved": True, "note": "nobody"}
        assert world.counts() == {"first": 1, "pay": 1}

    async def test_without_a_default_fails_the_step(self, world: World) -> None:
        world.plan(PLAN % ', expires: "300ms"')
        with world.run() as driver:
            document = driver.says("document")

        assert document["status"] == "failed"
        assert (document["error"]["code"], document["error"]["path"]) == ("expired", "human")
        assert world.counts() == {"first": 1}

    @pytest.mark.parametrize("default", ["", ", default: {approved: true}"])
    async def test_it_runs_out_also_while_no_process_is_there(
        self, world: World, default: str
    ) -> None:
        world.plan(PLAN % f", expires: 3600{default}")
        with world.run() as driver:
            run = driver.says("document")["run"]
        async with await App.open(world.folder, clock=Later()) as app:
            assert await app.due() == [run]
            document = await app.resume(run)

        assert document["status"] == ("succeeded" if default else "failed")
        assert world.counts() == ({"first": 1, "pay": 1} if default else {"first": 1})

    async def test_killed_with_an_open_question_it_runs_out_as_well(self, world: World) -> None:
        world.plan(PLAN % ", expires: 10")
        run = world.killed_at(fact("waited"), "after")
        async with await App.open(world.folder, clock=Later()) as app:
            assert await app.due() == [run]
            document = await app.resume(run)

        assert (document["status"], document["error"]["code"]) == ("failed", "expired")
        assert world.counts() == {"first": 1}

    async def test_a_parked_run_is_due_when_its_question_has_run_out(self, world: World) -> None:
        world.plan(PLAN % ", expires: 3600, default: {approved: true}")
        with world.run() as driver:
            document = driver.says("document")
        assert document["status"] == "waiting"
        run = document["run"]
        async with await world.open() as app:
            (row,) = await app.runs()
            assert row.wake_at == document["waiting"][0]["expires_at"]
            assert await app.due() == []

            # An answer in time is what counts, however late the run is resumed.
            await app.answer(run, "human", NO)
            document = await app.resume(run)

        assert document["result"] == NO
