"""The crash table with cancellation in place of crash: another process cancels while the ledger holds the calls.

A cancelled run does not go on, so what may run again is dropped, and only a write leaves a question: did it happen?
"""

import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from batuta.testing.ledger import Ledger
from tests.contract.test_crash_table import COLUMNS, PRICE_USD, REPEATABLE, plan_of
from tests.contract.world import PATIENCE_S, World, steps_of

# The promise is 100 ms from the fact to the driver; the rest is for a busy machine and a process that must start.
NOTICED_S_MAX = 1.0
# A machine may be busy with something else for a second, and it is not so each time.
TRIES = 5


async def noticed_promptly(
    once: Callable[[World], Awaitable[float]], folder: Path, ledger: Ledger
) -> bool:
    """True if `once`, which says how long it took, took no longer than is promised in one of a few worlds."""
    for number in range(TRIES):
        if await once(World(folder / str(number), ledger)) < NOTICED_S_MAX:
            return True
    return False


def outcome_of(document: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """State and error code of each step."""
    return {
        path: (step["state"], (step["error"] or {"code": ""})["code"])
        for path, step in steps_of(document).items()
    }


class TestWhileTheCallsAreOut:
    @pytest.mark.parametrize(("do", "happened"), [("stall_before", False), ("stall_after", True)])
    async def test_what_may_run_again_is_dropped_and_the_write_is_recorded_as_in_doubt(
        self, world: World, do: Any, happened: bool
    ) -> None:
        world.plan(plan_of(*COLUMNS))

        document = world.cancelled(do, *COLUMNS)

        assert document["status"] == "cancelled"
        assert outcome_of(document) == {
            **dict.fromkeys(REPEATABLE, ("cancelled", "")),
            "write": ("failed", "in_doubt"),
        }
        assert world.counts() == (dict.fromkeys(COLUMNS, 1) if happened else {})
        # The metered call was sent; what it cost is not known.
        assert document["cost_usd"] == PRICE_USD
        # Cancelling reached the calls: nobody listens at the other end any more.
        assert [stall["connected"] for stall in world.wait_stalled(*COLUMNS)] == [False] * 5

    async def test_it_is_noticed_promptly(self, tmp_path: Path, ledger: Ledger) -> None:
        async def once(world: World) -> float:
            world.plan(plan_of("write"))
            world.ledger.faults("stall_before", {"reference": world.ref("write")})
            with world.run() as driver:
                run = driver.says("run")
                world.wait_stalled("write")
                async with await world.open() as app:
                    told_at = time.monotonic()
                    await app.cancel(run, why="enough")
                    document = driver.says("document")
                    noticed_s = time.monotonic() - told_at
            assert (document["status"], document["error"]["message"]) == ("cancelled", "enough")
            print(f"cancellation noticed, carried out and shown in {noticed_s * 1_000:.0f} ms")
            return noticed_s

        assert await noticed_promptly(once, tmp_path, ledger)

    async def test_a_write_that_can_be_asked_about_is_asked_about(self, world: World) -> None:
        world.plan(
            "steps:\n"
            '  was_paid: {use: pay_reconciled, with: {reference: "${inputs.token}-was_paid"}}\n'
            '  was_not: {use: pay_reconciled, with: {reference: "${inputs.token}-was_not"}}\n'
            "result: ok\n"
        )
        world.ledger.faults("stall_after", {"reference": world.ref("was_paid")})
        world.ledger.faults("stall_before", {"reference": world.ref("was_not")})
        with world.run() as driver:
            run = driver.says("run")
            world.wait_stalled("was_paid", "was_not")
            world.tell("cancel", run)
            document = driver.says("document")

        assert document["status"] == "cancelled"
        assert outcome_of(document) == {"was_paid": ("done", ""), "was_not": ("cancelled", "")}
        assert world.counts() == {"was_paid": 1}

    @pytest.mark.parametrize("use", ["pay_retried", "pay_failed"])
    async def test_a_card_that_says_retry_or_fail_sends_nothing_again(
        self, world: World, use: str
    ) -> None:
        world.plan(
            f'steps:\n  pay: {{use: {use}, with: {{reference: "${{inputs.token}}-pay"}}}}\n'
            "result: ok\n"
        )
        world.ledger.faults("stall_after", {"reference": world.ref("pay")})
        with world.run() as driver:
            run = driver.says("run")
            world.wait_stalled("pay")
            world.tell("cancel", run)
            document = driver.says("document")

        assert document["status"] == "cancelled"
        assert world.counts() == {"pay": 1}


class TestBeforeTheCallsLeft:
    async def test_nothing_is_sent_and_nothing_is_in_doubt(self, world: World) -> None:
        world.plan(
            "steps:\n"
            '  human: {use: human, with: {question: "Go on?"}}\n'
            '  pay: {use: pay, with: {reference: "${inputs.token}-pay"}, after: human}\n'
            "result: ok\n"
        )
        with world.run() as driver:
            document = driver.says("document")
        assert document["status"] == "waiting"

        async with await world.open() as app:
            await app.cancel(document["run"])
            assert await app.due() == [document["run"]]
            document = await app.resume(document["run"])

        assert document["status"] == "cancelled"
        assert outcome_of(document) == {"human": ("cancelled", ""), "pay": ("cancelled", "")}
        assert world.counts() == {}

    async def test_a_run_that_was_never_driven_sends_nothing(self, world: World) -> None:
        world.plan(plan_of(*COLUMNS))
        async with await world.open() as app:
            run = await app.start(world.read_plan(), {"token": world.token})
            await app.cancel(run)

            document = await app.resume(run)

        assert document["status"] == "cancelled"
        assert world.counts() == {}
        assert (document["calls"], document["cost_usd"]) == (0, 0)

    async def test_an_intent_that_comes_behind_the_cancellation_in_the_log_is_refused(
        self, world: World
    ) -> None:
        world.plan(
            "steps:\n"
            '  first: {use: put, with: {reference: "${inputs.token}-first"}}\n'
            '  pay: {use: pay, with: {reference: "${inputs.token}-pay"}, after: first}\n'
            "result: ok\n"
        )
        world.ledger.faults("stall_after", {"reference": world.ref("first")})
        with world.run() as driver:
            run = driver.says("run")
            world.wait_stalled("first")
            driver.signal(signal.SIGSTOP)
            world.tell("cancel", run)
            # On waking, the driver finds the answer of the first step and may go on to pay at once.
            world.release("first")
            driver.signal(signal.SIGCONT)
            document = driver.says("document")

        assert document["status"] == "cancelled"
        assert world.counts() == {"first": 1}
        assert steps_of(document)["pay"]["attempts"] == 0


class TestAfterTheOutcome:
    async def test_what_was_done_stays_done(self, world: World) -> None:
        world.plan(
            "steps:\n"
            '  pay: {use: pay, with: {reference: "${inputs.token}-pay"}}\n'
            '  last: {use: put, with: {reference: "${inputs.token}-last"}, after: pay}\n'
            "result: ok\n"
        )
        world.ledger.faults("stall_before", {"reference": world.ref("last")})
        with world.run() as driver:
            run = driver.says("run")
            world.wait_stalled("last")
            world.tell("cancel", run)
            document = driver.says("document")

        assert document["status"] == "cancelled"
        assert outcome_of(document) == {"pay": ("done", ""), "last": ("cancelled", "")}
        assert world.counts() == {"pay": 1}

    async def test_a_run_that_ended_cannot_be_cancelled(self, world: World) -> None:
        world.plan(plan_of("write"))
        with world.run() as driver:
            document = driver.says("document")

        refused = world.refused("cancel", document["run"])

        assert "has already ended: succeeded" in refused["message"]
        assert world.counts() == {"write": 1}


class TestWithACrash:
    async def test_killed_after_it_was_cancelled_the_run_is_cancelled_all_the_same(
        self, world: World
    ) -> None:
        world.plan(plan_of(*COLUMNS))
        run = world.killed("stall_after", *COLUMNS)
        assert world.tell("cancel", run) is None

        document = await world.resumed(run)

        assert document["status"] == "cancelled"
        assert world.counts() == dict.fromkeys(COLUMNS, 1)
        assert outcome_of(document)["write"] == ("failed", "in_doubt")

    async def test_a_driver_that_is_stopped_meanwhile_sees_it_when_it_goes_on(
        self, world: World
    ) -> None:
        world.plan(plan_of("write"))
        world.ledger.faults("stall_after", {"reference": world.ref("write")})
        with world.run() as driver:
            run = driver.says("run")
            world.wait_stalled("write")
            driver.signal(signal.SIGSTOP)
            world.tell("cancel", run)
            # The answer and the cancellation wait for the process together; either may come first.
            world.release("write")
            driver.signal(signal.SIGCONT)
            document = driver.says("document")

        assert document["status"] == "cancelled"
        assert outcome_of(document)["write"] in (("done", ""), ("failed", "in_doubt"))
        assert world.counts() == {"write": 1}


class TestCtrlC:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    async def test_cancels_the_run_and_says_what_became_of_it(
        self, world: World, number: int
    ) -> None:
        world.plan(plan_of(*COLUMNS))
        for name in COLUMNS:
            world.ledger.faults("stall_after", {"reference": world.ref(name)})
        with world.cli("run") as batuta:
            world.wait_stalled(*COLUMNS)
            batuta.signal(number)
            document = batuta.line()
            assert batuta.wait() == 5

        assert document is not None and document["status"] == "cancelled"
        assert outcome_of(document) == {
            **dict.fromkeys(REPEATABLE, ("cancelled", "")),
            "write": ("failed", "in_doubt"),
        }
        assert world.counts() == dict.fromkeys(COLUMNS, 1)

    async def test_a_second_time_it_ends_the_process_and_the_run_goes_on_from_its_log(
        self, world: World
    ) -> None:
        world.plan(
            'steps:\n  pay: {use: pay_stubborn, with: {reference: "${inputs.token}-pay"}}\nresult: ok\n'
        )
        world.ledger.faults("stall_after", {"reference": world.ref("pay")})
        with world.cli("run") as batuta:
            world.wait_stalled("pay")
            async with await world.open() as app:
                (row,) = await app.runs()
                batuta.signal(signal.SIGINT)
                # It holds on to its call, so the wish for an end stays one, and stands in the log.
                await app.engine.journal.wait(row.run, after=row.head, timeout_s=PATIENCE_S)
            batuta.signal(signal.SIGINT)
            assert batuta.wait() == 130
        assert world.counts() == {"pay": 1}

        document = await world.resumed(row.run)

        assert document["status"] == "cancelled"
        assert outcome_of(document) == {"pay": ("failed", "in_doubt")}
        assert world.counts() == {"pay": 1}
