"""A write that raised: nothing does it once more before it is known, or somebody says so; kill -9 or not."""

from typing import Any

import pytest

from tests.contract.fatal import fact
from tests.contract.world import World, steps_of

WITH = 'with: {reference: "${inputs.token}-pay"}'
YES, NO = {"approved": True}, {"approved": False}


def plan_of(use: str) -> str:
    return (
        f"steps:\n  pay: {{use: {use}, {WITH}, retry: 3, fallback: pay}}\nresult: ${{steps.pay}}\n"
    )


@pytest.mark.parametrize(
    # Where the failure was not recorded, it is a call like any other whose driver died.
    ("when", "kind", "answer", "code"),
    [("torn", "resolve", "fail", "in_doubt"), ("after", "approval", NO, "rejected")],
)
async def test_its_fallback_waits_for_a_yes_whenever_the_process_dies(
    world: World, when: str, kind: str, answer: Any, code: str
) -> None:
    world.plan(plan_of("pay_breaking"))
    with world.run("--disk", fact("failed", "pay").decode(), when, "0") as driver:
        run = driver.says("run")
        driver.died()
    assert world.count("pay") == 1

    document = await world.resumed(run)

    assert [one["kind"] for one in document["waiting"]] == [kind]
    assert (await world.answered(run, "pay", answer))["error"]["code"] == code
    assert world.count("pay") == 1


async def test_after_a_yes_it_is_done_once_more(world: World) -> None:
    world.plan(plan_of("pay_breaking"))
    async with await world.open() as app:
        run = (await app.run(world.read_plan(), {"token": world.token}))["run"]
    assert world.count("pay") == 1

    document = await world.answered(run, "pay", YES)

    assert (document["status"], world.count("pay")) == ("succeeded", 2)


async def test_one_that_can_be_asked_is_done_once_and_nobody_else_is_asked(world: World) -> None:
    world.plan(plan_of("pay_breaking_reconciled"))
    with world.run("--disk", fact("doubted", "pay").decode(), "after", "0") as driver:
        run = driver.says("run")
        driver.died()

    document = await world.resumed(run)

    assert (document["status"], document["result"]) == (
        "succeeded",
        {"reference": world.ref("pay")},
    )
    assert (world.count("pay"), steps_of(document)["pay"]["attempts"]) == (1, 1)


async def test_one_that_has_done_nothing_is_followed_by_its_fallback(world: World) -> None:
    world.plan(plan_of("pay_nobody").replace("retry: 3", "retry: {at_most: 1, backoff: 0}"))
    async with await world.open() as app:
        document = await app.run(world.read_plan(), {"token": world.token})
    assert (document["status"], world.count("pay")) == ("succeeded", 1)
    assert steps_of(document)["pay"]["attempts"] == 3
