"""The crash table with time-out in place of crash: the ledger holds the call longer than the step may take.

Nothing is too slow for these time-outs by itself: the time passes when the ledger holds all that it shall hold.
No process dies here, so the engine runs in this one, on a journal on disk and against the ledger as ever.
"""

import signal
from typing import Any

import pytest

from batuta.spec.failures import LOST_MAX
from tests.contract.fatal import fact
from tests.contract.test_crash_table import COLUMNS, PRICE_USD, REPEATABLE, USES
from tests.contract.world import PATIENCE_S, World, steps_of
from tests.hurry import LATER_S


def plan_of(*columns: str, timeout_s: float = LATER_S, retry: int = 1) -> str:
    """As for the crashes, and each step may take `timeout_s` and is tried again `retry` times."""
    policy = f"timeout: {timeout_s}, retry: {{at_most: {retry}, backoff: 0.01}}"
    steps = "".join(
        f'  {name}: {{use: {USES[name]}, with: {{reference: "${{inputs.token}}-{name}"}}, {policy}}}\n'
        for name in columns
    )
    return f"steps:\n{steps}result: ok\n"


async def run(world: World, *held: str) -> dict[str, Any]:
    """The document of a run for which the time passes as soon as the calls `held` stand still."""
    with world.run() as driver:
        if held:
            world.wait_stalled(*held)
            driver.signal(signal.SIGUSR1)
        return driver.says("document")


class TestBeforeTheCallLeft:
    async def test_the_time_that_it_takes_to_write_the_intent_is_not_the_calls(
        self, world: World
    ) -> None:
        world.plan(plan_of("metered_read", "idempotent", "write"))
        pattern = fact("started", "write").decode()
        with world.run("--disk", pattern, "before", str(PATIENCE_S)) as driver:
            driver.says("slow")
            driver.signal(signal.SIGUSR1)
            document = driver.says("document")

        # A slow disk leaves nothing in doubt: nothing had left, and each call has its full time.
        assert document["status"] == "succeeded"
        assert {step["attempts"] for step in document["steps"]} == {1}
        assert world.counts() == {"metered_read": 1, "idempotent": 1, "write": 1}
        assert document["cost_usd"] == PRICE_USD


class TestAfterTheCallLeft:
    @pytest.mark.parametrize(("do", "happened"), [("stall_before", 0), ("stall_after", 1)])
    async def test_all_but_the_write_run_again_under_the_same_key_and_the_write_is_in_doubt(
        self, world: World, do: Any, happened: int
    ) -> None:
        world.plan(plan_of(*COLUMNS))
        for name in COLUMNS:
            world.ledger.faults(do, {"reference": world.ref(name)})

        document = await run(world, *COLUMNS)

        assert document["status"] == "waiting"
        steps = steps_of(document)
        assert {name: steps[name]["state"] for name in COLUMNS} == {
            **dict.fromkeys(REPEATABLE, "done"),
            "write": "waiting",
        }
        assert {name: steps[name]["attempts"] for name in COLUMNS} == {
            **dict.fromkeys(REPEATABLE, 2),
            "write": 1,
        }
        expected = dict.fromkeys(REPEATABLE, 1 + happened) | {"write": happened}
        assert world.counts() == {name: count for name, count in expected.items() if count}
        assert all(len(world.keys(name)) == 1 for name in REPEATABLE)
        # The call that was not answered is settled at its maximum.
        assert steps["metered_read"]["cost_usd"] == 2 * PRICE_USD

    @pytest.mark.parametrize("name", REPEATABLE)
    async def test_without_a_retry_the_step_fails_and_what_it_may_have_cost_is_counted(
        self, world: World, name: str
    ) -> None:
        world.plan(plan_of(name, retry=0))
        world.ledger.faults("stall_before", {"reference": world.ref(name)})

        document = await run(world, name)

        assert (document["status"], document["error"]["code"]) == ("failed", "timeout")
        assert document["cost_usd"] == (PRICE_USD if name == "metered_read" else 0)

    async def test_a_write_is_not_followed_by_its_fallback(self, world: World) -> None:
        world.plan(
            "steps:\n"
            "  pay:\n"
            "    use: pay\n"
            '    with: {reference: "${inputs.token}-pay"}\n'
            f"    timeout: {LATER_S}\n"
            "    retry: 3\n"
            '    fallback: {use: put, with: {reference: "${inputs.token}-fallback"}}\n'
            "result: ${steps.pay.reference}\n"
        )
        world.ledger.faults("stall_after", {"reference": world.ref("pay")})

        document = await run(world, "pay")

        assert document["status"] == "waiting"
        assert world.counts() == {"pay": 1}

    async def test_an_answer_that_comes_after_the_time_was_up_changes_nothing(
        self, world: World
    ) -> None:
        world.plan(plan_of("idempotent", "write"))
        for name in ("idempotent", "write"):
            world.ledger.faults("stall_before", {"reference": world.ref(name)})
        document = await run(world, "idempotent", "write")
        world.release("idempotent")
        world.release("write")
        world.ledger.wait_counts(len(world.ledger.book()))

        document = await world.answered(document["run"], "write", "fail")

        assert document["status"] == "failed"
        assert world.count("write") == 1
        assert len(world.keys("idempotent")) == 1


class TestAfterTheOutcome:
    async def test_nothing_is_run(self, world: World) -> None:
        world.plan(plan_of(*COLUMNS))

        document = await run(world)

        assert document["status"] == "succeeded"
        assert world.counts() == dict.fromkeys(COLUMNS, 1)


class TestACardThatSaysRetry:
    async def test_a_write_that_is_never_answered_is_not_sent_for_ever(self, world: World) -> None:
        world.plan(
            "steps:\n"
            "  pay:\n"
            "    use: pay_retried\n"
            '    with: {reference: "${inputs.token}-pay"}\n'
            "    timeout: 0.05\n"
            "result: ok\n"
        )
        world.ledger.faults("stall_before", {"reference": world.ref("pay")}, times=None)

        document = await run(world)

        assert (document["status"], document["error"]["code"]) == ("failed", "lost")
        assert steps_of(document)["pay"]["attempts"] == LOST_MAX + 1
