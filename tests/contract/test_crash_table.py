"""The crash table of the contract, row by row, with real processes, `kill -9` and the ledger's own book.

Where nothing else is said, one run has a step of each column, all under way at once, and one kill hits all of them.
What is recovered is recovered by this process, which is not the one that was killed.
"""

from typing import Any

import pytest

from tests.contract.fatal import fact
from tests.contract.world import World, steps_of

USES: dict[str, str] = {
    "pure": "draw",
    "local_read": "look",
    "metered_read": "think",
    "idempotent": "put",
    "write": "pay",
}
COLUMNS = (*USES,)
REPEATABLE = COLUMNS[:-1]
PRICE_USD = 0.25


def plan_of(*columns: str, more: str = "") -> str:
    """A plan with a step for each column, named like it, and their values as result."""
    steps = "".join(
        f'  {name}: {{use: {USES[name]}, with: {{reference: "${{inputs.token}}-{name}"}}}}\n'
        for name in columns
    )
    result = "".join(f"  {name}: ${{steps.{name}.reference}}\n" for name in columns)
    return f"steps:\n{steps}{more}result:\n{result}"


def result_of(world: World, *columns: str) -> dict[str, str]:
    return {name: world.ref(name) for name in columns}


def states_of(document: dict[str, Any]) -> dict[str, str]:
    return {path: step["state"] for path, step in steps_of(document).items()}


class TestBeforeStartedIsDurable:
    @pytest.mark.parametrize("when", ["before", "torn"])
    async def test_everything_runs(self, world: World, when: str) -> None:
        world.plan(plan_of(*COLUMNS))
        # What needs no intent may leave at once; held by the ledger for ever, it does not count.
        for name in ("pure", "local_read"):
            world.ledger.faults("stall_before", {"reference": world.ref(name)})
        run = world.killed_at(fact("started", "write"), when)
        assert world.counts() == {}
        world.ledger.clear()

        document = await world.resumed(run)

        assert document["status"] == "succeeded"
        assert document["result"] == result_of(world, *COLUMNS)
        assert world.counts() == dict.fromkeys(COLUMNS, 1)
        assert document["cost_usd"] == PRICE_USD
        assert steps_of(document)["write"]["attempts"] == 1


class TestAfterStartedBeforeTheCallLeft:
    async def test_all_but_the_write_run_again_and_the_write_is_in_doubt(
        self, world: World
    ) -> None:
        world.plan(plan_of(*COLUMNS))
        for name in ("pure", "local_read"):
            world.ledger.faults("stall_before", {"reference": world.ref(name)})
        run = world.killed_at(fact("started", "write"), "after")
        assert world.counts() == {}
        world.ledger.clear()

        document = await world.resumed(run)

        assert_all_but_the_write_ran_again(document)
        assert world.counts() == dict.fromkeys(REPEATABLE, 1)
        assert (await settled(world, run, "retry"))["result"] == result_of(world, *COLUMNS)
        assert world.counts() == dict.fromkeys(COLUMNS, 1)


class TestAfterTheCallLeftBeforeTheAnswer:
    async def test_where_nothing_had_happened(self, world: World) -> None:
        world.plan(plan_of(*COLUMNS))
        run = world.killed("stall_before", *COLUMNS)
        assert world.counts() == {}

        document = await world.resumed(run)

        assert_all_but_the_write_ran_again(document)
        assert world.counts() == dict.fromkeys(REPEATABLE, 1)
        assert (await settled(world, run, "retry"))["result"] == result_of(world, *COLUMNS)
        assert world.counts() == dict.fromkeys(COLUMNS, 1)

    async def test_where_everything_had_happened(self, world: World) -> None:
        world.plan(plan_of(*COLUMNS))
        run = world.killed("stall_after", *COLUMNS)
        assert world.counts() == dict.fromkeys(COLUMNS, 1)

        document = await world.resumed(run)

        assert_all_but_the_write_ran_again(document)
        assert world.counts() == dict.fromkeys(REPEATABLE, 2) | {"write": 1}
        assert all(len(world.keys(name)) == 1 for name in COLUMNS)
        answer = {"how": "done", "value": {"reference": "said by a person"}}
        document = await settled(world, run, answer)
        assert document["result"]["write"] == "said by a person"
        assert world.count("write") == 1

    async def test_where_it_happens_after_the_write_was_given_up(self, world: World) -> None:
        world.plan(plan_of("idempotent", "write"))
        run = world.killed("stall_before", "idempotent", "write")
        await world.resumed(run)
        # The calls of the dead process are still on their way, and arrive now.
        world.release("idempotent")
        world.release("write")
        world.ledger.wait_counts(len(world.ledger.book()))

        document = await settled(world, run, "fail")

        assert document["status"] == "failed"
        assert document["error"] == {
            "code": "in_doubt",
            "path": "write",
            "message": document["error"]["message"],
        }
        assert world.count("write") == 1
        assert len(world.keys("idempotent")) == 1


LAST = '  last: {use: draw, with: {reference: "${inputs.token}-last"}, after: [%s]}\n'


class TestAfterTheAnswerBeforeTheOutcomeIsDurable:
    @pytest.mark.parametrize("name", REPEATABLE)
    async def test_what_may_run_again_does(self, world: World, name: str) -> None:
        world.plan(plan_of(name, more=LAST % name))
        run = world.killed_at(fact("finished", name), "before")
        assert world.count(name) == 1

        document = await world.resumed(run)

        assert document["status"] == "succeeded"
        assert document["result"] == result_of(world, name)
        assert world.count(name) == 2
        assert len(world.keys(name)) == 1
        # The first call is settled at its maximum, for nobody knows what it came to.
        assert document["cost_usd"] == (2 * PRICE_USD if name == "metered_read" else 0)

    async def test_a_write_is_in_doubt(self, world: World) -> None:
        world.plan(plan_of("write", more=LAST % "write"))
        run = world.killed_at(fact("finished", "write"), "torn")
        assert world.count("write") == 1

        document = await world.resumed(run)

        assert document["status"] == "waiting"
        assert [(one["step"], one["kind"]) for one in document["waiting"]] == [("write", "resolve")]
        answer = {"how": "done", "value": {"reference": "known"}}
        assert (await settled(world, run, answer))["result"] == {"write": "known"}
        assert world.count("write") == 1


class TestAfterTheOutcomeIsDurable:
    @pytest.mark.parametrize("name", COLUMNS)
    async def test_it_is_not_run(self, world: World, name: str) -> None:
        world.plan(plan_of(name, more=LAST % name))
        run = world.killed_at(fact("finished", name), "after")

        document = await world.resumed(run)

        assert document["status"] == "succeeded"
        assert document["result"] == result_of(world, name)
        assert world.count(name) == 1
        assert steps_of(document)[name]["attempts"] == 1
        assert document["cost_usd"] == (PRICE_USD if name == "metered_read" else 0)

    async def test_a_run_that_ended_is_not_touched(self, world: World) -> None:
        world.plan(plan_of("write"))
        run = world.killed_at(fact("ended"), "after")

        async with await world.open() as app:
            assert await app.due() == []
            document = await app.resume(run)

        assert document["status"] == "succeeded"
        assert world.counts() == {"write": 1}


class TestBeforeTheRunIsDurable:
    async def test_it_was_never_accepted(self, world: World) -> None:
        world.plan(plan_of("write"))
        with world.run("--disk", fact("accepted").decode(), "before", "0") as driver:
            assert driver.line() is None
            driver.died()

        async with await world.open() as app:
            assert await app.runs() == []
        assert world.counts() == {}


class TestAMeteredWrite:
    async def test_its_reservation_is_settled_at_the_maximum_however_it_is_resolved(
        self, world: World
    ) -> None:
        world.plan(
            'steps:\n  pay: {use: pay_metered, with: {reference: "${inputs.token}-pay"}}\n'
            "result: ${steps.pay.reference}\n"
        )
        run = world.killed("stall_after", "pay")

        document = await world.resumed(run)
        assert (document["status"], document["cost_usd"]) == ("waiting", PRICE_USD)
        document = await world.answered(run, "pay", {"how": "done", "value": {"reference": "x"}})

        assert (document["status"], document["cost_usd"]) == ("succeeded", PRICE_USD)
        assert world.counts() == {"pay": 1}


def assert_all_but_the_write_ran_again(document: dict[str, Any]) -> None:
    assert document["status"] == "waiting"
    assert states_of(document) == dict.fromkeys(REPEATABLE, "done") | {"write": "waiting"}
    assert [(one["step"], one["kind"]) for one in document["waiting"]] == [("write", "resolve")]
    attempts = {path: step["attempts"] for path, step in steps_of(document).items()}
    assert {name: attempts[name] for name in REPEATABLE[2:]} == {"metered_read": 2, "idempotent": 2}
    assert attempts["write"] == 1
    # The lost call at its maximum, and the one that answered.
    assert steps_of(document)["metered_read"]["cost_usd"] == 2 * PRICE_USD
    assert document["cost_usd"] == 2 * PRICE_USD


async def settled(world: World, run: str, answer: Any) -> dict[str, Any]:
    """The document after a person has said what became of the write."""
    return await world.answered(run, "write", answer)
