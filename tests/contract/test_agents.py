"""An agent whose process is killed again and again ends with every effect of its tools once."""

import asyncio
import os
import random
import select
import signal
import threading
from collections import Counter
from pathlib import Path

import pytest

from batuta.testing.providers import Answer, Asked, Providers, ToolCall
from tests.contract.world import Driver, World, steps_of

TURNS = 30
SETTINGS = """
models:
  strong: {{provider: openai-compatible, url: '{url}', model: tiny, prices: {{input: 1, output: 10}}}}
agents:
  payer: {{model: strong, tools: [pay_reconciled, put_once], turns: {turns}, budget: {{usd: 5}}}}
"""
PLAN = """
steps:
  work: {use: payer, with: {prompt: "Pay all of ${inputs.token}."}}
result: ${steps.work}
"""
_DRIVE = str(Path(__file__).with_name("drive.py"))
# What a process needs is imported once, and each is forked from there.
WARM = (
    "import runpy, pydantic_ai.models.openai, pydantic_ai.providers.openai_compatible,"
    f" batuta.capabilities.agent.thinking; runpy.run_path({_DRIVE!r}, run_name='__main__')"
)


class Model:
    """Has two things done in each turn but the last, by what it was told before; lets others wait for a turn."""

    def __init__(self, token: str, turns: int) -> None:
        self.token = token
        self.turns = turns
        self.asked = 0
        self._more = threading.Condition()

    def __call__(self, asked: Asked) -> Answer:
        with self._more:
            self.asked += 1
            self._more.notify_all()
        turn = sum(message["role"] == "assistant" for message in asked.body["messages"])
        if turn == self.turns - 1:
            return Answer("All is paid.")
        tools = (
            ToolCall("pay_reconciled", {"reference": f"{self.token}-pay{turn}"}),
            ToolCall("put_once", {"reference": f"{self.token}-put{turn}"}),
        )
        return Answer(f"Turn {turn}.", tools=tools)

    def wait(self, asked: int) -> None:
        """Until it was asked so often; not for ever, for the agent may be done before."""
        with self._more:
            self._more.wait_for(lambda: self.asked >= asked, timeout=5)


async def survived(world: World, *, kills: int, turns: int) -> None:
    seed = int(os.environ.get("BATUTA_TORTURE_SEED", "0")) or random.randrange(1, 1 << 30)
    print(f"BATUTA_TORTURE_SEED={seed}")
    dice = random.Random(seed)
    model = Model(world.token, turns)
    world.plan(PLAN)
    with Providers(model) as providers:
        world.configure(SETTINGS.format(url=providers.url(), turns=turns))
        async with await world.open() as app:
            run = await app.start(world.read_plan(), {"token": world.token})
        killed = 0
        with Driver(["serve", str(world.folder)], program=("-c", WARM), talks=True) as server:
            for _ in range(kills):
                pid = await asyncio.to_thread(server.ask, "resume", str(world.folder), run)
                descriptor = os.pidfd_open(pid)
                # Together no more than there are, or the agent is done before the last one.
                turns_left = dice.randint(1, max(2, turns // kills))
                await asyncio.to_thread(model.wait, model.asked + turns_left)
                # No waiting for something to happen: the moment of death is what is random here.
                await asyncio.sleep(dice.uniform(0, 0.04))
                if not select.select([descriptor], [], [], 0)[0]:
                    signal.pidfd_send_signal(descriptor, signal.SIGKILL)
                    killed += 1
                    select.select([descriptor], [], [])
                os.close(descriptor)
        done = await world.resumed(run)
    references = [f"{kind}{turn}" for turn in range(turns - 1) for kind in ("pay", "put")]
    assert done["status"] == "succeeded", done["error"]
    assert done["result"]["text"] == "All is paid."
    assert done["result"]["turns"] == turns
    assert world.counts() == dict.fromkeys(references, 1)
    assert Counter(step["state"] for step in steps_of(done).values()).keys() <= {"done", "skipped"}
    assert {one.flaws for one in providers.requests} == {()}
    assert killed >= kills // 2


async def test_an_agent_that_is_killed_twice_does_everything_once(world: World) -> None:
    await survived(world, kills=2, turns=8)


@pytest.mark.torture
async def test_thirty_turns_and_ten_kills_do_everything_once(world: World) -> None:
    await survived(world, kills=10, turns=TURNS)
