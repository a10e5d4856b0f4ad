"""What processes notice of each other, and who drives what. The name of each law is its sentence."""

# ruff: noqa: D103

import asyncio

from batuta.spec.facts import (
    CancelRequested,
    Claimed,
    Parked,
)
from batuta.testing.journal_laws.world import (
    PATIENCE_S,
    JournalWorld,
    accepted,
    append,
)

__all__ = [
    "a_run_can_be_claimed_by_one_living_process",
    "a_watcher_hears_of_an_outsider_in_its_own_process",
    "the_runs_of_a_dead_process_can_be_claimed",
    "waiting_ends_when_a_fact_lands",
    "waiting_for_what_is_there_returns_at_once_and_for_nothing_times_out",
    "watchers_hear_of_other_writers_only",
]


async def waiting_ends_when_a_fact_lands(world: JournalWorld) -> None:
    for writer in (0, 1):
        journals = [world.open(), world.open()]
        stream = f"run{writer}"
        await append(journals[0], stream, [accepted(stream)], after=0)
        waiting = asyncio.create_task(journals[0].wait(stream, after=1, timeout_s=PATIENCE_S))
        await asyncio.sleep(0)
        await append(journals[writer], stream, [CancelRequested(at=2.0)], after=None)
        assert await waiting is True


async def waiting_for_what_is_there_returns_at_once_and_for_nothing_times_out(
    world: JournalWorld,
) -> None:
    journal = world.open()
    await append(journal, "run", [accepted("run")], after=0)
    assert await journal.wait("run", after=0, timeout_s=PATIENCE_S) is True
    assert await journal.wait("run", after=1, timeout_s=0.01) is False
    assert await journal.wait("none", after=0, timeout_s=0.0) is False


async def watchers_hear_of_other_writers_only(world: JournalWorld) -> None:
    journal, other = world.open(), world.open()
    heard = asyncio.Event()
    undo = journal.watch("run", heard.set)
    await append(journal, "run", [accepted("run")], after=0)
    await asyncio.sleep(0)
    assert not heard.is_set()
    await append(other, "run", [CancelRequested(at=2.0)], after=1)
    await asyncio.wait_for(heard.wait(), PATIENCE_S)
    undo()


async def a_watcher_hears_of_an_outsider_in_its_own_process(world: JournalWorld) -> None:
    journal = world.open()
    await append(journal, "run", [accepted("run")], after=0)
    heard = asyncio.Event()
    undo = journal.watch("run", heard.set)
    await append(journal, "run", [CancelRequested(at=2.0)], after=None)
    await asyncio.wait_for(heard.wait(), PATIENCE_S)
    undo()
    undo()


async def a_run_can_be_claimed_by_one_living_process(world: JournalWorld) -> None:
    journal, other = world.open(), world.open()
    await append(journal, "run", [accepted("run")], after=0)
    assert await other.claim("run") is True
    claimed = Claimed(at=2.0, owner=journal.owner, term=1)
    await append(journal, "run", [claimed], after=1)
    assert (await journal.claim("run"), await other.claim("run")) == (True, False)
    await append(journal, "run", [Parked(at=3.0, term=1, waiting=("a",))], after=2)
    assert await other.claim("run") is True
    assert journal.owner != other.owner


async def the_runs_of_a_dead_process_can_be_claimed(world: JournalWorld) -> None:
    journal, other = world.open(), world.open()
    facts = [accepted("run"), Claimed(at=2.0, owner=journal.owner, term=1)]
    await append(journal, "run", facts, after=0)
    assert await other.runs(due_at=99.0) == []
    world.kill(journal)
    assert await other.claim("run") is True
    assert [(row.run, row.owner) for row in await other.runs(due_at=0.0)] == [("run", "")]
