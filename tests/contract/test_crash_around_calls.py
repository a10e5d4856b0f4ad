"""Killed between attempts, inside plans that calls answered with, around approvals, questions and budgets."""

import pytest

from batuta.spec.facts import Started
from tests.contract.fatal import fact
from tests.contract.world import World, steps_of

YES = {"approved": True}
PAY = 'with: {reference: "${inputs.token}-pay"}'


class TestBetweenAttempts:
    @pytest.mark.parametrize("when", ["before", "after"])
    async def test_a_failed_attempt_is_followed_by_the_next_and_faults_are_not_counted_twice(
        self, world: World, when: str
    ) -> None:
        world.plan(
            f"steps:\n  pay: {{use: put, {PAY}, retry: {{at_most: 1, backoff: 0.01}}}}\nresult: ok\n"
        )
        world.ledger.faults("fail_after", {"reference": world.ref("pay")})
        run = world.killed_at(fact("failed", "pay"), when)
        async with await world.open() as app:
            begun = [
                row for row in await app.engine.journal.read(run) if isinstance(row.fact, Started)
            ]

        document = await world.resumed(run)

        assert document["status"] == "succeeded"
        assert world.count("pay") == 2
        assert len(world.keys("pay")) == 1
        # Killed before its failure was durable, the first attempt was lost, which is no fault; nor is it one if the
        # intent of the second reached the disk together with that failure, and was lost with the process.
        assert (len(begun) == 1) if when == "before" else (1 <= len(begun) <= 2)
        assert steps_of(document)["pay"]["attempts"] == len(begun) + 1

    async def test_being_killed_does_not_use_up_a_retry(self, world: World) -> None:
        world.plan(
            f"steps:\n  pay: {{use: put, {PAY}, retry: {{at_most: 1, backoff: 0.01}}}}\nresult: ok\n"
        )
        run = world.killed("stall_before", "pay")
        world.ledger.faults("fail_before", {"reference": world.ref("pay")})

        document = await world.resumed(run)

        assert (document["status"], steps_of(document)["pay"]["attempts"]) == ("succeeded", 3)
        assert world.counts() == {"pay": 1}

    @pytest.mark.parametrize("when", ["before", "after"])
    async def test_the_fallback_is_taken_once(self, world: World, when: str) -> None:
        world.plan(
            f"steps:\n  pay: {{use: put, {PAY}, fallback: {{use: pay_reconciled}}}}\nresult: ok\n"
        )
        world.ledger.faults("fail_before", {"reference": world.ref("pay"), "path": "*idempotent"})
        run = world.killed_at(fact("finished", "pay"), when)

        document = await world.resumed(run)

        assert document["status"] == "succeeded"
        assert world.counts() == {"pay": 1}
        assert steps_of(document)["pay"]["use"] == "pay_reconciled"


class TestInsideAPlanThatACallAnsweredWith:
    PLAN = 'steps:\n  more: {use: go_on, with: {reference: "${inputs.token}"}}\nresult: ${steps.more}\n'

    @pytest.mark.parametrize(
        ("tag", "path", "when"),
        [
            ("expanded", "more", "before"),
            ("expanded", "more", "after"),
            ("started", "more/1/one", "after"),
            ("finished", "more/1/one", "before"),
            ("finished", "more/1/two", "after"),
            ("finished", "more", "before"),
        ],
    )
    async def test_it_is_planned_once_and_its_steps_happen_once(
        self, world: World, tag: str, path: str, when: str
    ) -> None:
        world.plan(self.PLAN)
        run = world.killed_at(fact(tag, path), when)

        document = await world.resumed(run)

        assert (document["status"], document["result"]) == ("succeeded", world.ref("two"))
        assert (world.count("one"), world.count("two")) == (1, 1)
        planned = [e for e in world.entries() if e["kind"] == "effect" and e["name"] == "planned"]
        # The plan is in the log or it is not; asked for again, it is asked for under the same key.
        assert len(planned) == (2 if (tag, when) == ("expanded", "before") else 1)
        assert len({entry["key"] for entry in planned}) == 1


class TestAroundAnApproval:
    @pytest.mark.parametrize(
        ("tag", "when"), [("answered", "after"), ("started", "before"), ("started", "after")]
    )
    async def test_what_was_approved_is_not_asked_about_again(
        self, world: World, tag: str, when: str
    ) -> None:
        world.configure("policy: [{capability: pay_reconciled, verdict: ask}]\n")
        world.plan(f"steps:\n  pay: {{use: pay_reconciled, {PAY}}}\nresult: ok\n")
        with world.run() as driver:
            document = driver.says("document")
        assert [one["kind"] for one in document["waiting"]] == ["approval"]
        run = document["run"]
        world.tell("answer", run, "pay", YES)
        if tag != "answered":
            with world.resume(run, "--disk", fact(tag, "pay").decode(), when, "0") as driver:
                driver.says("resuming")
                driver.died()

        document = await world.resumed(run)

        assert document["status"] == "succeeded"
        assert steps_of(document)["pay"]["verdict"].startswith("approved by")
        assert world.counts() == {"pay": 1}


class TestAroundAQuestionOfTheCallItself:
    @pytest.mark.parametrize(
        ("tag", "when"), [("started", "after"), ("finished", "before"), ("finished", "after")]
    )
    async def test_it_is_called_again_with_its_answer_and_its_state(
        self, world: World, tag: str, when: str
    ) -> None:
        world.plan(f"steps:\n  pay: {{use: ask_first, {PAY}}}\nresult: ${{steps.pay}}\n")
        with world.run() as driver:
            run = driver.says("document")["run"]
        world.tell("answer", run, "pay", 7)
        with world.resume(run, "--disk", fact(tag, "pay").decode(), when, "0") as driver:
            driver.says("resuming")
            driver.died()

        document = await world.resumed(run)

        assert document["status"] == "succeeded"
        assert document["result"] == {"amount": 7, "state": {"seen": 1}}
        assert world.count("pay-asked") == 1
        assert world.count("pay") == (2 if (tag, when) == ("finished", "before") else 1)
        assert len(world.keys("pay")) == 1


class TestABudget:
    @pytest.mark.parametrize(("usd", "status"), [(0.5, "succeeded"), (0.25, "failed")])
    async def test_what_a_lost_call_may_have_cost_is_spent(
        self, world: World, usd: float, status: str
    ) -> None:
        world.plan(
            f"budget: {{usd: {usd}}}\n"
            'steps:\n  think: {use: think, with: {reference: "${inputs.token}-think"}}\nresult: ok\n'
        )
        run = world.killed("stall_before", "think")

        document = await world.resumed(run)

        assert (document["status"], document["cost_usd"]) == (status, usd)
        assert world.counts() == ({"think": 1} if status == "succeeded" else {})
        if status == "failed":
            assert document["error"]["code"] == "budget"
