"""Recovery has no code of its own, so it may be killed like anything else, at any fact it records."""

import pytest

from tests.contract.fatal import fact
from tests.contract.test_cancel_table import outcome_of
from tests.contract.test_crash_table import REPEATABLE, plan_of
from tests.contract.world import World, steps_of

RECONCILED = '  find: {use: pay_reconciled, with: {reference: "${inputs.token}-find"}}\n'
RETRIED = '  again: {use: pay_reconciled, with: {reference: "${inputs.token}-again"}}\n'


class TestKilledWhileItResumes:
    @pytest.mark.parametrize(
        ("tag", "path", "when"),
        [
            ("claimed", None, "before"),
            ("claimed", None, "after"),
            ("lost", "idempotent", "torn"),
            ("doubted", "write", "before"),
            ("waited", "write", "after"),
            ("resolved", "find", "before"),
            ("resolved", "again", "after"),
            ("started", "again", "after"),
            ("finished", "again", "before"),
            ("parked", None, "before"),
            ("parked", None, "after"),
        ],
    )
    async def test_nothing_is_lost_or_doubled(
        self, world: World, tag: str, path: str | None, when: str
    ) -> None:
        world.plan(plan_of(*REPEATABLE, "write", more=RECONCILED + RETRIED))
        world.ledger.faults("stall_before", {"reference": world.ref("again")})
        run = world.killed("stall_after", *REPEATABLE, "write", "find")
        with world.resume(run, "--disk", fact(tag, path).decode(), when, "0") as driver:
            driver.says("resuming")
            driver.died()

        document = await world.resumed(run)

        assert document["status"] == "waiting"
        assert [(one["step"], one["kind"]) for one in document["waiting"]] == [("write", "resolve")]
        states = {path: step["state"] for path, step in steps_of(document).items()}
        assert states == dict.fromkeys((*REPEATABLE, "find", "again"), "done") | {
            "write": "waiting"
        }
        assert [world.count(name) for name in ("find", "again", "write")] == [1, 1, 1]
        assert len(world.keys("idempotent")) == 1


class TestKilledWhileItIsCancelled:
    @pytest.mark.parametrize(
        ("tag", "path", "when"),
        [
            ("dropped", "idempotent", "torn"),
            ("doubted", "write", "before"),
            ("failed", "write", "after"),
            ("ended", None, "before"),
        ],
    )
    async def test_it_is_cancelled_all_the_same_and_nothing_is_sent_again(
        self, world: World, tag: str, path: str | None, when: str
    ) -> None:
        world.plan(plan_of(*REPEATABLE, "write", more=RECONCILED))
        names = (*REPEATABLE, "write", "find")
        for name in names:
            world.ledger.faults("stall_after", {"reference": world.ref(name)})
        with world.run("--disk", fact(tag, path).decode(), when, "0") as driver:
            run = driver.says("run")
            world.wait_stalled(*names)
            world.tell("cancel", run)
            driver.died()

        document = await world.resumed(run)

        assert document["status"] == "cancelled"
        assert outcome_of(document)["write"] == ("failed", "in_doubt")
        assert outcome_of(document)["find"] == ("done", "")
        assert world.counts() == dict.fromkeys(names, 1)
