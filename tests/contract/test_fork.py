"""A fork takes over what was done: effects after the fork point are new keys and ask; approvals never carry over."""

import pytest

from batuta.engine.past.fork import Wish
from tests.contract.world import World, steps_of

PLAN = (
    "steps:\n"
    '  first: {use: pay, with: {reference: "${inputs.token}-first"}}\n'
    '  put: {use: put, with: {reference: "${inputs.token}-put"}, after: [first]}\n'
    '  pay: {use: pay, with: {reference: "${inputs.token}-pay"}, after: [put]}\n'
    '  look: {use: look, with: {reference: "${inputs.token}-look"}, after: [pay]}\n'
    "result: ok\n"
)
YES = {"approved": True}


async def done(world: World) -> str:
    """A run of the plan that has succeeded."""
    async with await world.open() as app:
        document = await app.run(world.read_plan(), {"token": world.token})
        assert document["status"] == "succeeded"
        return document["run"]


async def forked(world: World, run: str, at: str, *, unasked: bool = False) -> str:
    async with await world.open() as app:
        return (await app.fork(run, Wish(at, unasked=unasked))).run.id


class TestEffects:
    async def test_before_the_fork_point_are_not_repeated(self, world: World) -> None:
        world.plan(PLAN)
        fork = await forked(world, await done(world), "look")
        document = await world.resumed(fork)
        assert document["status"] == "succeeded"
        assert world.counts() == {"first": 1, "put": 1, "pay": 1, "look": 2}

    async def test_after_it_ask_one_by_one_and_have_keys_of_their_own(self, world: World) -> None:
        world.plan(PLAN)
        fork = await forked(world, await done(world), "put")

        document = await world.resumed(fork)
        assert [(one["step"], one["kind"]) for one in document["waiting"]] == [("put", "approval")]
        assert world.counts() == {"first": 1, "put": 1, "pay": 1, "look": 1}
        document = await world.answered(fork, "put", YES)
        assert [one["step"] for one in document["waiting"]] == ["pay"]
        document = await world.answered(fork, "pay", YES)

        assert document["status"] == "succeeded"
        assert world.counts() == {"first": 1, "put": 2, "pay": 2, "look": 2}
        assert [len(world.keys(name)) for name in ("first", "put", "pay")] == [1, 2, 2]

    async def test_a_rejected_one_does_not_happen(self, world: World) -> None:
        world.plan(PLAN)
        fork = await forked(world, await done(world), "pay")
        await world.resumed(fork)
        document = await world.answered(fork, "pay", {"approved": False})
        assert (document["status"], document["error"]["code"]) == ("failed", "rejected")
        assert world.count("pay") == 1

    async def test_of_a_run_that_was_killed_in_the_middle_of_one_ask_too(
        self, world: World
    ) -> None:
        world.plan(PLAN)
        run = world.killed("stall_after", "pay")
        fork = await forked(world, run, "pay")
        document = await world.resumed(fork)
        assert steps_of(document)["put"]["taken_over"]
        assert [one["step"] for one in document["waiting"]] == ["pay"]
        assert world.counts() == {"first": 1, "put": 1, "pay": 1}


class TestApprovals:
    async def test_of_the_other_run_do_not_carry_over(self, world: World) -> None:
        world.configure("policy: [{capability: pay, verdict: ask}]\n")
        world.plan(PLAN)
        async with await world.open() as app:
            run = (await app.run(world.read_plan(), {"token": world.token}))["run"]
            for step in ("first", "pay"):
                await app.answer(run, step, YES)
                await app.resume(run)
        assert world.counts() == {"first": 1, "put": 1, "pay": 1, "look": 1}

        fork = await forked(world, run, "pay", unasked=True)
        document = await world.resumed(fork)

        assert [one["step"] for one in document["waiting"]] == ["pay"]
        assert world.count("pay") == 1


class TestKilled:
    @pytest.mark.parametrize("do", ["stall_before", "stall_after"])
    async def test_while_it_pays_it_is_in_doubt_like_any_run(self, world: World, do: str) -> None:
        world.plan(PLAN)
        fork = await forked(world, await done(world), "pay", unasked=True)
        world.ledger.faults(do, {"reference": world.ref("pay")})  # pyright: ignore[reportArgumentType]
        with world.resume(fork) as driver:
            world.wait_stalled("pay")
            driver.kill()
        happened = 1 + (do == "stall_after")
        assert world.count("pay") == happened

        document = await world.resumed(fork)

        assert [(one["step"], one["kind"]) for one in document["waiting"]] == [("pay", "resolve")]
        document = await world.answered(fork, "pay", {"how": "done", "value": None})
        assert document["status"] == "succeeded"
        assert world.counts() == {"first": 1, "put": 1, "pay": happened, "look": 2}
