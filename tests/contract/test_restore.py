"""A backup is put back after the world has moved on: whatever it does not know of is asked, not run."""

from pathlib import Path

import pytest

from batuta.app import App
from batuta.errors import JournalError
from batuta.housekeeping import backup, restore
from tests.contract.world import World, steps_of

PLAN = (
    "steps:\n"
    '  human: {use: human, with: {question: "Go on?"}}\n'
    '  before: {use: pay, with: {reference: "${inputs.token}-before"}}\n'
    '  pay: {use: pay, with: {reference: "${inputs.token}-pay"}, after: human}\n'
    '  put: {use: put, with: {reference: "${inputs.token}-put"}, after: human}\n'
    '  look: {use: look, with: {reference: "${inputs.token}-look"}, after: human}\n'
    "result: ok\n"
)
YES = {"approved": True}


async def parked(world: World, app: App) -> str:
    """A run of the plan that has paid once and waits for a person."""
    document = await app.run(world.read_plan(), {"token": world.token})
    assert document["status"] == "waiting"
    return document["run"]


class TestEffectsAfterTheBackup:
    async def test_are_asked_about_and_not_run_again(self, world: World, tmp_path: Path) -> None:
        world.plan(PLAN)
        copy = tmp_path / "backup.sqlite"
        async with await world.open() as app:
            run = await parked(world, app)
            await backup(app, copy)
            await app.answer(run, "human", YES)
            assert (await app.resume(run))["status"] == "succeeded"
        assert world.counts() == {"before": 1, "pay": 1, "put": 1, "look": 1}
        restore(world.folder, copy)

        document = await world.answered(run, "human", YES)

        # Reading is free; what may have happened is for a person to say.
        assert document["status"] == "waiting"
        asked = {one["step"]: one for one in document["waiting"]}
        assert set(asked) == {"pay", "put"}
        assert "restored" in asked["pay"]["question"]
        assert world.counts() == {"before": 1, "pay": 1, "put": 1, "look": 2}

    async def test_run_only_when_a_person_says_so(self, world: World, tmp_path: Path) -> None:
        world.plan(PLAN)
        copy = tmp_path / "backup.sqlite"
        async with await world.open() as app:
            run = await parked(world, app)
            await backup(app, copy)
            await app.answer(run, "human", YES)
            await app.resume(run)
        restore(world.folder, copy)
        await world.answered(run, "human", YES)

        async with await world.open() as app:
            await app.answer(run, "put", YES)
            assert (await app.resume(run))["status"] == "waiting"
            await app.answer(run, "pay", {"approved": False})
            document = await app.resume(run)

        assert document["status"] == "failed"
        assert (document["error"]["code"], document["error"]["path"]) == ("rejected", "pay")
        assert world.counts() == {"before": 1, "pay": 1, "put": 2, "look": 2}
        assert len(world.keys("put")) == 1

    async def test_an_approval_from_before_the_restore_does_not_count_for_them(
        self, world: World, tmp_path: Path
    ) -> None:
        world.configure("policy: [{capability: pay, verdict: ask}]\n")
        world.plan(
            'steps:\n  pay: {use: pay, with: {reference: "${inputs.token}-pay"}}\nresult: ok\n'
        )
        copy = tmp_path / "backup.sqlite"
        async with await world.open() as app:
            run = await parked(world, app)
            await app.answer(run, "pay", YES)
            await backup(app, copy)
            assert (await app.resume(run))["status"] == "succeeded"
        restore(world.folder, copy)

        # Approved it was, and paid; the restored log knows only of the first.
        document = await world.resumed(run)
        assert document["status"] == "waiting"
        assert [(one["step"], one["kind"]) for one in document["waiting"]] == [("pay", "approval")]
        assert world.counts() == {"pay": 1}

        document = await world.answered(run, "pay", {"approved": False})
        assert (document["status"], document["error"]["code"]) == ("failed", "rejected")
        assert world.counts() == {"pay": 1}

    async def test_a_call_under_way_in_the_backup_is_in_doubt_or_asked_about(
        self, world: World, tmp_path: Path
    ) -> None:
        world.plan(
            "steps:\n"
            '  pay: {use: pay_retried, with: {reference: "${inputs.token}-pay"}}\n'
            '  put: {use: put, with: {reference: "${inputs.token}-put"}}\n'
            '  find: {use: pay_reconciled, with: {reference: "${inputs.token}-find"}}\n'
            "result: ok\n"
        )
        copy = tmp_path / "backup.sqlite"
        for name in ("pay", "put", "find"):
            world.ledger.faults("stall_before", {"reference": world.ref(name)})
        with world.run() as driver:
            run = driver.says("run")
            world.wait_stalled("pay", "put", "find")
            assert world.tell("backup", str(copy)) > 0
            world.ledger.release()
            assert driver.says("document")["status"] == "succeeded"
            driver.wait()
        restore(world.folder, copy)

        document = await world.resumed(run)

        # The card of the one says retry, and that is not enough now; the other could be asked by its key.
        assert document["status"] == "waiting"
        assert {one["step"] for one in document["waiting"]} == {"pay", "put"}
        assert steps_of(document)["find"]["state"] == "done"
        assert world.counts() == {"pay": 1, "put": 1, "find": 1}


class TestTheEpoch:
    async def test_new_runs_of_a_restored_journal_ask_nothing(
        self, world: World, tmp_path: Path
    ) -> None:
        world.plan(
            'steps:\n  pay: {use: pay, with: {reference: "${inputs.token}-pay"}}\nresult: ok\n'
        )
        copy = tmp_path / "backup.sqlite"
        async with await world.open() as app:
            assert app.engine.epoch == 0
            await backup(app, copy)
        for epoch in (1, 2):
            restore(world.folder, copy)
            async with await world.open() as app:
                assert app.engine.epoch == epoch
                document = await app.run(world.read_plan(), {"token": world.token})
            assert document["status"] == "succeeded"
        assert world.counts() == {"pay": 2}

    async def test_what_ended_before_the_backup_stays_as_it_was(
        self, world: World, tmp_path: Path
    ) -> None:
        world.plan(
            'steps:\n  pay: {use: pay, with: {reference: "${inputs.token}-pay"}}\nresult: ok\n'
        )
        copy = tmp_path / "backup.sqlite"
        async with await world.open() as app:
            run = (await app.run(world.read_plan(), {"token": world.token}))["run"]
            await backup(app, copy)
        restore(world.folder, copy)

        document = await world.resumed(run)

        assert (document["status"], document["result"]) == ("succeeded", "ok")
        assert world.counts() == {"pay": 1}

    async def test_a_journal_in_use_is_not_replaced(self, world: World, tmp_path: Path) -> None:
        world.plan(
            'steps:\n  pay: {use: pay, with: {reference: "${inputs.token}-pay"}}\nresult: ok\n'
        )
        copy = tmp_path / "backup.sqlite"
        async with await world.open() as app:
            await backup(app, copy)
        world.ledger.faults("stall_before", {"reference": world.ref("pay")})
        with world.run() as driver:
            driver.says("run")
            world.wait_stalled("pay")
            with pytest.raises(JournalError, match="in use by 1 process"):
                restore(world.folder, copy)
            world.release("pay")
            assert driver.says("document")["status"] == "succeeded"
        assert world.counts() == {"pay": 1}

    async def test_killed_while_it_is_driven_it_can_be_restored(
        self, world: World, tmp_path: Path
    ) -> None:
        world.plan(PLAN)
        copy = tmp_path / "backup.sqlite"
        async with await world.open() as app:
            run = await parked(world, app)
            await backup(app, copy)
            await app.answer(run, "human", YES)
        world.ledger.faults("stall_after", {"reference": world.ref("pay")})
        with world.resume(run) as driver:
            world.wait_stalled("pay")
            driver.kill()
        restore(world.folder, copy)

        document = await world.answered(run, "human", YES)

        assert document["status"] == "waiting"
        assert {one["step"] for one in document["waiting"]} == {"pay", "put"}
        assert world.count("pay") == 1
