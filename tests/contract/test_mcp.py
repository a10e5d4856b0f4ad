"""The same laws where the calls are those of tools of an MCP server, a process of its own."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from batuta.capabilities.mcp.opening import offered
from batuta.config import load_workspace
from batuta.imports.pin import write_pin
from tests.contract.world import World, steps_of
from tests.hurry import LATER_S, hurry

pytest.importorskip("mcp")

SERVER = Path(__file__).with_name("mcp_server.py")
TOOLS = {"read": "read", "idempotent": "put", "write": "pay"}
USES = tuple(TOOLS)


async def configure(world: World) -> None:
    command = json.dumps([sys.executable, "-S", str(SERVER), world.ledger.url])
    world.configure(
        "mcp:\n"
        "  books:\n"
        f"    command: {command}\n"
        "    environment: {no_proxy: '*'}\n"
        "    tools:\n"
        "      read: {effect: read, reach: egress, price_usd: 0.25}\n"
        "      put: {effect: idempotent}\n"
    )
    config = load_workspace(world.folder).mcp["books"]
    write_pin(world.folder, "books", await offered("books", config, world.folder))


def plan_of(policy: str = "") -> str:
    steps = "".join(
        f'  {name}: {{use: books.{tool}, with: {{reference: "${{inputs.token}}-{name}"}}{policy}}}\n'
        for name, tool in TOOLS.items()
    )
    return f"steps:\n{steps}result: ok\n"


@pytest.mark.parametrize(("do", "happened"), [("stall_before", 0), ("stall_after", 1)])
async def test_killed_while_the_calls_are_out(world: World, do: str, happened: int) -> None:
    await configure(world)
    world.plan(plan_of())
    run = await asyncio.to_thread(world.killed, do, *USES)

    document = await world.resumed(run)

    assert document["status"] == "waiting"
    assert [one["step"] for one in document["waiting"]] == ["write"]
    assert [world.count(name) for name in USES] == [1 + happened, 1 + happened, happened]
    assert len(world.keys("idempotent")) == 1
    assert steps_of(document)["read"]["cost_usd"] == 0.5
    document = await world.answered(run, "write", "retry")
    assert document["status"] == "succeeded"
    # Every key that was sent is the key of a step.
    shown = {step.get("key") for step in document["steps"]}
    assert {key for name in USES[1:] for key in world.keys(name)} <= shown


@pytest.mark.parametrize(("do", "happened"), [("stall_before", 0), ("stall_after", 1)])
async def test_not_answered_in_time(world: World, do: Any, happened: int) -> None:
    await configure(world)
    world.plan(plan_of(f", timeout: {LATER_S}, retry: {{at_most: 1, backoff: 0.01}}"))
    for name in USES:
        world.ledger.faults(do, {"reference": world.ref(name)})
    async with await world.open() as app:
        running = asyncio.create_task(app.run(world.read_plan(), {"token": world.token}))
        await asyncio.to_thread(world.wait_stalled, *USES)
        hurry()
        document = await running

    assert document["status"] == "waiting"
    assert [one["step"] for one in document["waiting"]] == ["write"]
    assert [world.count(name) for name in USES] == [1 + happened, 1 + happened, happened]


@pytest.mark.parametrize(("do", "happened"), [("drop_before", 0), ("drop_after", 1)])
async def test_the_server_dies_in_the_middle_of_a_write(
    world: World, do: Any, happened: int
) -> None:
    await configure(world)
    pay = 'pay: {use: books.pay, with: {reference: "${inputs.token}-write"}, retry: 3}'
    world.plan(f"steps:\n  {pay}\nresult: ok\n")
    world.ledger.faults(do, {"reference": world.ref("write")})
    async with await world.open() as app:
        document = await app.run(world.read_plan(), {"token": world.token})
        assert document["status"] == "waiting"
        assert world.count("write") == happened
        await app.answer(document["run"], "pay", "retry")
        document = await app.resume(document["run"])

    assert document["status"] == "succeeded"
    assert world.count("write") == happened + 1


async def test_cancelled_while_the_calls_are_out(world: World) -> None:
    await configure(world)
    world.plan(plan_of())
    document = world.cancelled("stall_after", *USES)

    assert document["status"] == "cancelled"
    states = {path: step["state"] for path, step in steps_of(document).items()}
    assert states == {"read": "cancelled", "idempotent": "cancelled", "write": "failed"}
    assert world.counts() == dict.fromkeys(USES, 1)
