"""Killed around a call that writes into the memory of the workspace: it is there once, and never before its run."""

import pytest

from batuta.memory.database import open_memory
from batuta.memory.looking import collections
from batuta.memory.memories import Memories
from batuta.memory.threads import Threads
from batuta.memory.workspace import MEMORY_FILE
from tests.contract.fatal import fact
from tests.contract.world import World

PLAN = """
steps:
  think: {use: value, with: {value: "I am ${inputs.token}"}}
  keep: {use: CALL}
result: ok
"""
ADD = "thread.add, with: {thread: c-17, messages: [{role: user, text: '${steps.think}'}], after: 0}"
REMEMBER = "customers.remember, with: {text: '${steps.think}', about: c-17}"
CALLS = pytest.mark.parametrize("call", [ADD, REMEMBER], ids=["thread.add", "remember"])


def kept(world: World) -> list[tuple[str, str]]:
    """What is in the memory, with the runs that it comes from."""
    if not (world.folder / MEMORY_FILE).exists():
        return []
    connection = open_memory(world.folder / MEMORY_FILE, create=False)
    try:
        said = Threads(connection).read("c-17", 100)["messages"]
        for number in collections(connection).values():
            said += Memories(connection, number).listed()
        return [(one["text"], one["run"]) for one in said]
    finally:
        connection.close()


@CALLS
@pytest.mark.parametrize(
    ("tag", "when", "there"),
    [
        ("started", "before", 0),
        ("started", "after", 0),
        ("finished", "before", 1),
        ("finished", "after", 1),
    ],
)
async def test_killed_between_intent_and_outcome_it_is_kept_once(
    world: World, call: str, tag: str, when: str, there: int
) -> None:
    world.configure("memory: {customers: {}}\n")
    world.plan(PLAN.replace("CALL", call))
    run = world.killed_at(fact(tag, "keep"), when)
    once = [(f"I am {world.token}", run)]
    assert kept(world) == once[:there]

    document = await world.resumed(run)

    assert (document["status"], kept(world)) == ("succeeded", once)


@CALLS
async def test_what_others_can_read_has_a_log_that_says_where_it_comes_from(
    world: World, call: str
) -> None:
    world.configure("memory: {customers: {}}\n")
    world.plan(PLAN.replace("CALL", call))
    world.killed_at(fact("finished", "keep"), "before")
    ((text, run),) = kept(world)
    async with await world.open() as app:
        steps = {one["path"]: one for one in (await app.show(run))["steps"]}
    assert (steps["think"]["output"], steps["keep"]["state"]) == (text, "running")


@CALLS
async def test_what_was_forgotten_meanwhile_does_not_come_back(world: World, call: str) -> None:
    world.configure("memory: {customers: {}}\n")
    world.plan(PLAN.replace("CALL", call))
    run = world.killed_at(fact("finished", "keep"), "before")
    for words in (["threads", "forget", "c-17"], ["memory", "forget", "--about", "c-17"]):
        with world.cli(*words, "--yes") as driver:
            driver.wait()
    assert kept(world) == []

    document = await world.resumed(run)

    assert (document["status"], kept(world)) == ("succeeded", [])
