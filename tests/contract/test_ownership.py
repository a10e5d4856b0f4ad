"""One run has one driver, whatever happens to processes and their lock files; everybody else can still talk to it."""

import asyncio
import fcntl
import os
import signal
import time
from pathlib import Path

import pytest

from batuta.app import App
from batuta.journal.file.owners import owners_dir
from batuta.spec.facts import Claimed
from batuta.testing.ledger import Ledger
from tests.contract.test_cancel_table import noticed_promptly
from tests.contract.test_crash_table import plan_of
from tests.contract.world import PATIENCE_S, World, steps_of

HUMAN = '  human: {use: human, with: {question: "Go on?"}}\n'
CHAIN = (
    "steps:\n"
    '  first: {use: put, with: {reference: "${inputs.token}-first"}}\n'
    '  pay: {use: pay, with: {reference: "${inputs.token}-pay"}, after: first}\n'
    "result: ${steps.pay.reference}\n"
)


def lock_files(world: World) -> list[Path]:
    """The lock files of the owners of the journal."""
    return [path for path in owners_dir(world.journal).iterdir() if path.name != "gate"]


class TestTwoWhoResumeAtOnce:
    async def test_exactly_one_drives_and_the_other_says_so(self, world: World) -> None:
        world.plan(plan_of("idempotent", "write", more=HUMAN))
        async with await world.open() as app:
            run = (await app.run(world.read_plan(), {"token": world.token}))["run"]
            await app.answer(run, "human", {"approved": True})
        world.plan(CHAIN)
        async with await world.open() as app:
            runs = [await app.start(world.read_plan(), {"token": world.token}) for _ in range(4)]
        names = {"first": 4, "pay": 4}

        with world.resume(*runs) as one, world.resume(*runs) as other:
            documents = one.documents() + other.documents()

        done = {document["run"] for document in documents if document["status"] == "succeeded"}
        assert done == set(runs)
        assert {name: world.count(name) for name in names} == names
        assert len(world.keys("pay")) == 4

    async def test_a_look_at_a_dead_owner_by_somebody_else_does_not_keep_it_alive(
        self, world: World
    ) -> None:
        world.plan(plan_of("idempotent"))
        run = world.killed("stall_before", "idempotent")
        (file,) = lock_files(world)
        descriptor = os.open(file, os.O_RDWR)
        try:
            # What another process does for a moment when it asks whether the owner is alive.
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            document = await world.resumed(run)
        finally:
            os.close(descriptor)

        assert document["status"] == "succeeded"
        assert world.counts() == {"idempotent": 1}


class TestARunThatIsDriven:
    async def test_is_only_looked_at_by_another_process_that_resumes_it(self, world: World) -> None:
        world.plan(plan_of("write"))
        world.ledger.faults("stall_before", {"reference": world.ref("write")})
        with world.run() as driver:
            run = driver.says("run")
            world.wait_stalled("write")

            async with await world.open() as app:
                assert await app.due() == []
                document = await app.resume(run)
                shown = await app.show(run)
                (row,) = await app.runs()

            assert document["status"] == shown["status"] == row.status == "running"
            assert steps_of(shown)["write"]["state"] == "running"
            assert row.owner
            world.release("write")
            assert driver.says("document")["status"] == "succeeded"
        assert world.counts() == {"write": 1}

    async def test_an_answer_from_another_process_is_noticed_promptly(
        self, tmp_path: Path, ledger: Ledger
    ) -> None:
        async def once(world: World) -> float:
            world.plan(plan_of("write", more=HUMAN))
            world.ledger.faults("stall_before", {"reference": world.ref("write")})
            with world.run() as driver:
                run = driver.says("run")
                world.wait_stalled("write")
                async with await world.open() as app:
                    await until("waiting", app, run, "human")
                    answered_at = time.monotonic()
                    await app.answer(run, "human", {"approved": True})
                    await until("done", app, run, "human")
                    noticed_s = time.monotonic() - answered_at
                    print(f"answer noticed and acted on in {noticed_s:.3f} s")
                world.release("write")
                assert driver.says("document")["status"] == "succeeded"
            return noticed_s

        assert await noticed_promptly(once, tmp_path, ledger)

    async def test_answered_and_cancelled_by_many_at_once_it_stays_whole(
        self, world: World
    ) -> None:
        humans = "".join(
            f'  h{index}: {{use: human, with: {{question: "Go on?"}}}}\n' for index in range(8)
        )
        world.plan(plan_of("write", more=humans))
        world.ledger.faults("stall_before", {"reference": world.ref("write")})
        with world.run() as driver:
            run = driver.says("run")
            world.wait_stalled("write")
            async with await world.open() as one, await world.open() as other:
                await until("waiting", one, run, *(f"h{index}" for index in range(8)))
                for index in range(8):
                    app = one if index % 2 else other
                    await app.answer(run, f"h{index}", {"approved": True, "note": str(index)})
            world.release("write")
            document = driver.says("document")

        assert document["status"] == "succeeded"
        notes = {path: step["output"].get("note") for path, step in steps_of(document).items()}
        assert notes == {f"h{index}": str(index) for index in range(8)} | {"write": None}
        assert world.counts() == {"write": 1}


class TestAStolenRun:
    def steal(self, world: World) -> None:
        """Delete the lock files: to everybody else the driver looks dead."""
        for file in lock_files(world):
            file.unlink()

    async def test_a_stopped_driver_wakes_up_and_leaves_the_run_to_its_new_one(
        self, world: World
    ) -> None:
        world.plan(CHAIN)
        world.ledger.faults("stall_after", {"reference": world.ref("first")})
        with world.run() as driver:
            run = driver.says("run")
            world.wait_stalled("first")
            driver.signal(signal.SIGSTOP)
            self.steal(world)

            document = await world.resumed(run)
            assert document["status"] == "succeeded"
            assert world.counts() == {"first": 2, "pay": 1}

            world.release("first")
            driver.signal(signal.SIGCONT)
            late = driver.says("document")
            assert driver.wait() == 0

        assert late["status"] == "succeeded"
        assert late["result"] == document["result"]
        assert world.counts() == {"first": 2, "pay": 1}
        assert len(world.keys("first")) == 1

    async def test_its_answer_still_counts_if_nobody_sent_the_call_again(
        self, world: World
    ) -> None:
        world.plan(CHAIN)
        world.ledger.faults("stall_after", {"reference": world.ref("pay")})
        with world.run() as driver:
            run = driver.says("run")
            world.wait_stalled("pay")
            driver.signal(signal.SIGSTOP)
            self.steal(world)
            document = await world.resumed(run)
            assert [one["step"] for one in document["waiting"]] == ["pay"]

            # The former owner gets its answer after all. Nobody has to be asked any more.
            world.release("pay")
            driver.signal(signal.SIGCONT)
            driver.says("document")
            assert driver.wait() == 0

        document = await world.resumed(run)
        assert (document["status"], document["result"]) == ("succeeded", world.ref("pay"))
        assert document["waiting"] == []
        assert world.counts() == {"first": 1, "pay": 1}

    async def test_a_late_answer_ends_the_question_while_the_new_driver_waits_with_another_step(
        self, world: World
    ) -> None:
        world.plan(
            "steps:\n"
            '  pay: {use: pay, with: {reference: "${inputs.token}-pay"}}\n'
            '  slow: {use: look, with: {reference: "${inputs.token}-slow"}}\n'
            'result: ["${steps.pay.reference}", "${steps.slow.reference}"]\n'
        )
        for name in ("pay", "slow", "slow"):
            world.ledger.faults("stall_after", {"reference": world.ref(name)})
        with world.run() as former:
            run = former.says("run")
            world.wait_stalled("pay", "slow")
            former.signal(signal.SIGSTOP)
            self.steal(world)
            with world.resume(run) as driver:
                world.wait_stalled("pay", "slow", "slow")
                world.ledger.release({"reference": world.ref("pay")})
                former.signal(signal.SIGCONT)
                async with await world.open() as app:
                    await until("done", app, run, "pay")
                world.ledger.release()
                document = driver.says("document")

        assert document["status"] == "succeeded"
        assert document["result"] == [world.ref("pay"), world.ref("slow")]
        assert world.counts() == {"pay": 1, "slow": 2}

    @pytest.mark.parametrize("use", ["pay_reconciled", "put_once"])
    async def test_a_driver_stopped_before_its_call_left_does_not_send_it_on_waking(
        self, world: World, use: str
    ) -> None:
        world.plan(
            f'steps:\n  pay: {{use: {use}, with: {{reference: "${{inputs.token}}-pay"}}}}\n'
            "result: ${steps.pay.reference}\n"
        )
        # Stopped with its intent on the disk and nothing sent; the next owner finds that out, and sends it.
        with world.run("--stop-at", "pay") as former:
            run = former.says("run")
            former.stopped()
            self.steal(world)
            document = await world.resumed(run)
            assert (document["status"], document["result"]) == ("succeeded", world.ref("pay"))

            former.signal(signal.SIGCONT)
            late = former.says("document")
            assert former.wait() == 0

        assert (late["status"], late["result"]) == ("succeeded", world.ref("pay"))
        assert world.counts() == {"pay": 1}

    async def test_a_driver_that_lost_the_run_starts_nothing_more(self, world: World) -> None:
        world.plan(CHAIN)
        world.ledger.faults("stall_after", {"reference": world.ref("first")}, times=2)
        with world.run() as former:
            run = former.says("run")
            world.wait_stalled("first")
            former.signal(signal.SIGSTOP)
            self.steal(world)
            with world.resume(run) as driver:
                world.wait_stalled("first", "first")
                # Both have their answer now, and both would go on to pay.
                former.signal(signal.SIGCONT)
                world.ledger.release()
                document = driver.says("document")
                former.says("document")
                assert (former.wait(), driver.wait()) == (0, 0)

        assert document["status"] == "succeeded"
        assert world.count("pay") == 1
        assert world.counts() == {"first": 2, "pay": 1}
        async with await world.open() as app:
            rows = await app.engine.journal.read(run)
        claims = [row.fact.term for row in rows if isinstance(row.fact, Claimed)]
        assert claims == [1, 2]


async def until(state: str, app: App, run: str, *steps: str) -> None:
    """Wait until the log says that these steps are in `state`.

    That a call has reached the ledger says nothing of facts that nobody waits for, as questions and outcomes are.
    """
    journal = app.engine.journal
    async with asyncio.timeout(PATIENCE_S):
        while True:
            head = len(
                await journal.read(run)
            )  # before the look at it: what comes in between is not waited for
            known = steps_of(await app.show(run))
            if {known[step]["state"] for step in steps} == {state}:
                return
            await journal.wait(run, after=head, timeout_s=PATIENCE_S)
