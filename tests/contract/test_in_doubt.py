"""A write that was sent and not answered is resolved as its card says: reconcile, retry, ask or fail.

Each run is killed while its calls stand in the ledger, before or after they were applied there.
"""

from typing import Any

import pytest

from batuta.errors import AnswerError
from tests.contract.world import World, steps_of


def plan_of(**uses: str) -> str:
    steps = "".join(
        f'  {name}: {{use: {use}, with: {{reference: "${{inputs.token}}-{name}"}}}}\n'
        for name, use in uses.items()
    )
    result = "".join(f"  {name}: ${{steps.{name}.reference}}\n" for name in uses)
    return f"steps:\n{steps}result:\n{result}"


def killed(world: World, uses: dict[str, str], happened: tuple[str, ...]) -> str:
    """A run killed while all its calls are under way; those in `happened` were applied."""
    world.plan(plan_of(**uses))
    for name in uses:
        do = "stall_after" if name in happened else "stall_before"
        world.ledger.faults(do, {"reference": world.ref(name)})
    with world.run() as driver:
        run = driver.says("run")
        world.wait_stalled(*uses)
        driver.kill()
    return run


class TestReconcile:
    async def test_the_capability_is_asked_by_key_and_each_write_happens_once(
        self, world: World
    ) -> None:
        uses = {"was_paid": "pay_reconciled", "was_not": "pay_reconciled"}
        run = killed(world, uses, happened=("was_paid",))
        assert world.counts() == {"was_paid": 1}

        document = await world.resumed(run)

        assert document["status"] == "succeeded"
        assert document["result"] == {name: world.ref(name) for name in uses}
        assert world.counts() == {"was_paid": 1, "was_not": 1}
        assert steps_of(document)["was_paid"]["attempts"] == 1
        assert steps_of(document)["was_not"]["attempts"] == 2

    async def test_a_capability_that_cannot_say_has_a_person_asked(self, world: World) -> None:
        run = killed(world, {"pay": "pay_unknowable"}, happened=("pay",))

        document = await world.resumed(run)

        assert document["status"] == "waiting"
        assert [(one["step"], one["kind"]) for one in document["waiting"]] == [("pay", "resolve")]
        document = await world.answered(
            run, "pay", {"how": "done", "value": {"reference": "found"}}
        )
        assert (document["status"], document["result"]) == ("succeeded", {"pay": "found"})
        assert world.counts() == {"pay": 1}

    async def test_a_service_that_is_away_has_a_person_asked(self, world: World) -> None:
        run = killed(world, {"pay": "pay_reconciled"}, happened=("pay",))
        # The question "what became of this key?" gets no answer either.
        (world.folder / "ledger.port").write_text("1")

        document = await world.resumed(run)

        assert [(one["step"], one["kind"]) for one in document["waiting"]] == [("pay", "resolve")]
        assert world.counts() == {"pay": 1}

    async def test_killed_again_while_it_asks_it_asks_again(self, world: World) -> None:
        run = killed(world, {"pay": "pay_reconciled"}, happened=("pay",))
        world.ledger.release()
        (world.folder / "tools.py").write_text(
            (world.folder / "tools.py").read_text().replace("/book?key=", "/effects/write?key=")
        )
        world.ledger.faults("stall_before", {"method": "GET", "path": "/effects/write"})
        with world.resume(run) as driver:
            driver.says("resuming")
            world.ledger.wait_stalled(1)
            driver.kill()

        document = await world.resumed(run)

        assert document["status"] == "succeeded"
        assert world.counts() == {"pay": 1}


class TestRetry:
    async def test_it_is_sent_again_under_the_same_key(self, world: World) -> None:
        run = killed(world, {"pay": "pay_retried"}, happened=("pay",))

        document = await world.resumed(run)

        # The author of the card has said that this is well; the ledger says that it was done twice.
        assert document["status"] == "succeeded"
        assert world.counts() == {"pay": 2}
        assert len(world.keys("pay")) == 1


class TestFail:
    async def test_the_step_fails_and_is_not_sent_again(self, world: World) -> None:
        run = killed(world, {"pay": "pay_failed"}, happened=("pay",))

        document = await world.resumed(run)

        assert document["status"] == "failed"
        assert (document["error"]["code"], document["error"]["path"]) == ("in_doubt", "pay")
        assert world.counts() == {"pay": 1}


class TestAsk:
    async def test_a_person_says_what_became_of_each_and_their_word_is_done(
        self, world: World
    ) -> None:
        uses = {"paid": "pay", "unpaid": "pay"}
        run = killed(world, uses, happened=("paid",))

        document = await world.resumed(run)
        assert document["status"] == "waiting"
        assert {one["step"] for one in document["waiting"]} == {"paid", "unpaid"}
        assert all(one["options"] == ["done", "retry", "fail"] for one in document["waiting"])
        key = world.entries("paid")[0]["key"]
        assert next(one for one in document["waiting"] if one["step"] == "paid")["show"] == {
            "capability": "pay",
            "key": key,
            "attempt": 1,
        }

        async with await world.open() as app:
            await app.answer(run, "paid", {"how": "done", "value": {"reference": "as told"}})
            await app.answer(run, "unpaid", "retry")
            document = await app.resume(run)

        assert document["status"] == "succeeded"
        assert document["result"] == {"paid": "as told", "unpaid": world.ref("unpaid")}
        assert world.counts() == {"paid": 1, "unpaid": 1}

    async def test_fail_ends_the_run_and_nothing_is_sent(self, world: World) -> None:
        run = killed(world, {"pay": "pay"}, happened=())
        await world.resumed(run)

        document = await world.answered(run, "pay", "fail")

        assert (document["status"], document["error"]["code"]) == ("failed", "in_doubt")
        assert world.counts() == {}

    @pytest.mark.parametrize("answer", ["perhaps", {"how": "redo"}, None, {"approved": True}])
    async def test_any_other_word_is_refused_and_the_question_stays_open(
        self, world: World, answer: Any
    ) -> None:
        world.plan(plan_of(pay="pay"))
        world.ledger.faults("drop_after", {"reference": world.ref("pay")})
        async with await world.open() as app:
            document = await app.run(world.read_plan(), {"token": world.token})
            run = document["run"]
            assert document["status"] == "waiting"

            with pytest.raises(AnswerError, match="done, retry or fail"):
                await app.answer(run, "pay", answer)

            assert (await app.resume(run))["status"] == "waiting"
        assert world.counts() == {"pay": 1}

    async def test_killed_after_the_answer_was_given_the_answer_still_counts(
        self, world: World
    ) -> None:
        run = killed(world, {"pay": "pay"}, happened=())
        await world.resumed(run)
        async with await world.open() as app:
            await app.answer(run, "pay", "retry")
        world.ledger.faults("stall_before", {"reference": world.ref("pay")})
        with world.resume(run) as driver:
            world.wait_stalled("pay", "pay")
            driver.kill()

        document = await world.resumed(run)

        # It was sent again, and not answered again: a new doubt, and a new question.
        assert document["status"] == "waiting"
        assert steps_of(document)["pay"]["attempts"] == 2
        assert (await world.answered(run, "pay", "retry"))["status"] == "succeeded"
        assert world.counts() == {"pay": 1}

    @pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
    async def test_a_lost_connection_is_a_doubt_like_a_crash(
        self, world: World, fault: Any
    ) -> None:
        world.plan(plan_of(pay="pay_reconciled", also="pay"))
        for name in ("pay", "also"):
            world.ledger.faults(fault, {"reference": world.ref(name)})
        async with await world.open() as app:
            document = await app.run(world.read_plan(), {"token": world.token})

        assert document["status"] == "waiting"
        assert [one["step"] for one in document["waiting"]] == ["also"]
        assert world.count("pay") == 1
        assert world.count("also") == (1 if fault == "drop_after" else 0)


class TestUntilItIsResolved:
    async def test_nothing_that_needs_the_write_starts_and_all_else_goes_on(
        self, world: World
    ) -> None:
        world.plan(
            "steps:\n"
            '  pay: {use: pay, with: {reference: "${inputs.token}-pay"}}\n'
            '  receipt: {use: put, with: {reference: "${steps.pay.reference}-receipt"}}\n'
            '  other: {use: put, with: {reference: "${inputs.token}-other"}}\n'
            "result: ${steps.receipt.reference}\n"
        )
        run = world.killed("stall_after", "pay")

        document = await world.resumed(run)

        states = {path: step["state"] for path, step in steps_of(document).items()}
        assert states == {"pay": "waiting", "receipt": "pending", "other": "done"}
        answer = {"how": "done", "value": {"reference": world.ref("pay")}}
        document = await world.answered(run, "pay", answer)
        assert document["result"] == world.ref("pay-receipt")
        assert world.count("pay") == world.count("pay-receipt") == 1

    async def test_a_join_that_has_its_winner_waits_with_the_end_of_the_run(
        self, world: World
    ) -> None:
        world.plan(
            "steps:\n"
            '  slow: {use: pay, with: {reference: "${inputs.token}-slow"}}\n'
            '  fast: {use: put, with: {reference: "${inputs.token}-fast"}}\n'
            "  won:\n"
            "    use: join\n"
            "    join: first\n"
            '    with: {parts: ["${steps.slow.reference}", "${steps.fast.reference}"]}\n'
            "result: ${steps.won}\n"
        )
        run = world.killed("stall_after", "slow")

        document = await world.resumed(run)

        assert document["status"] == "waiting"
        assert [one["step"] for one in document["waiting"]] == ["slow"]
        document = await world.answered(
            run, "slow", {"how": "done", "value": {"reference": "late"}}
        )
        assert (document["status"], document["result"]) == (
            "succeeded",
            [None, world.ref("fast")],
        )
        assert world.count("slow") == 1
