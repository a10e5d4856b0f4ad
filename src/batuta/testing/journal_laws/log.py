"""The log itself: positions, refusals, order, durability. The name of each law is its sentence."""

# ruff: noqa: D103

import asyncio

from batuta.errors import Conflict
from batuta.spec.facts import (
    CancelRequested,
    Claimed,
)
from batuta.testing.journal_laws.world import (
    JournalWorld,
    accepted,
    append,
    error_of,
    facts_of,
    finished,
)

__all__ = [
    "a_commit_commits_everything_appended_before_it",
    "a_refusal_in_one_stream_leaves_the_others_alone",
    "a_waiter_that_is_cancelled_disturbs_nobody",
    "after_a_refusal_a_fresh_look_lets_one_append_again",
    "an_append_at_the_wrong_position_is_refused_whole",
    "an_append_without_a_condition_stands_at_the_end",
    "an_outsider_between_two_appends_does_not_let_the_second_pass",
    "appends_that_counted_on_a_refused_one_are_refused_too",
    "flush_waits_for_everything_and_raises_nothing",
    "many_may_wait_for_one_commit_and_one_may_ask_twice",
    "of_two_processes_with_the_same_position_one_wins",
    "reading_behind_a_position_gives_only_what_follows",
    "streams_are_chained_without_waiting",
    "the_global_order_is_that_of_appending",
    "what_another_process_commits_is_read",
    "what_is_committed_is_read_as_it_was_appended",
    "what_was_acknowledged_outlives_the_process",
]


async def what_is_committed_is_read_as_it_was_appended(world: JournalWorld) -> None:
    journal = world.open()
    facts = [accepted("run"), Claimed(at=1.5, owner="me", term=1), finished("a", {"n": 1})]
    receipt = await append(journal, "run", facts, after=0)
    rows = await journal.read("run")
    assert [row.fact for row in rows] == facts
    assert [(row.stream, row.seq) for row in rows] == [("run", 1), ("run", 2), ("run", 3)]
    assert receipt.head == 3


async def reading_behind_a_position_gives_only_what_follows(world: JournalWorld) -> None:
    journal = world.open()
    facts = [finished(f"s{n}") for n in range(5)]
    await append(journal, "run", facts, after=0)
    assert [row.fact for row in await journal.read("run", after=3)] == facts[3:]
    assert await journal.read("run", after=5) == []
    assert await journal.read("other") == []


async def an_append_at_the_wrong_position_is_refused_whole(world: JournalWorld) -> None:
    journal = world.open()
    await append(journal, "run", [accepted("run")], after=0)
    for after in (0, 2):
        refused = journal.append("run", [finished("a"), finished("b")], after=after)
        assert isinstance(await error_of(journal.commit(refused)), Conflict)
    assert await facts_of(journal, "run") == [accepted("run")]


async def appends_that_counted_on_a_refused_one_are_refused_too(world: JournalWorld) -> None:
    journal, other = world.open(), world.open()
    await append(journal, "run", [accepted("run")], after=0)
    answer = CancelRequested(at=3.0)
    await append(other, "run", [answer], after=None)
    # The first is refused. The second would now stand where it expects to, but counts on the first.
    first = journal.append("run", [finished("a")], after=1)
    second = journal.append("run", [finished("b")], after=2)
    third = journal.append("run", [finished("c")], after=3)
    assert [type(await error_of(journal.commit(r))) for r in (third, second, first)] == [
        Conflict
    ] * 3
    assert await facts_of(journal, "run") == [accepted("run"), answer]


async def after_a_refusal_a_fresh_look_lets_one_append_again(world: JournalWorld) -> None:
    journal, other = world.open(), world.open()
    await append(journal, "run", [accepted("run")], after=0)
    await append(other, "run", [CancelRequested(at=3.0)], after=None)
    refused = journal.append("run", [finished("a")], after=1)
    assert isinstance(await error_of(journal.commit(refused)), Conflict)
    head = (await journal.read("run"))[-1].seq
    receipt = await append(journal, "run", [finished("a")], after=head)
    assert receipt.head == 3


async def an_outsider_between_two_appends_does_not_let_the_second_pass(world: JournalWorld) -> None:
    journal, other = world.open(), world.open()
    await append(journal, "run", [accepted("run")], after=0)
    await append(other, "run", [CancelRequested(at=3.0)], after=None)
    first = journal.append("run", [finished("a")], after=1)
    journal.append("run", [CancelRequested(at=4.0)], after=None)
    second = journal.append("run", [finished("b")], after=2)
    third = journal.append("run", [finished("c")], after=3)
    assert [type(await error_of(journal.commit(r))) for r in (first, second, third)] == [
        Conflict
    ] * 3


async def a_refusal_in_one_stream_leaves_the_others_alone(world: JournalWorld) -> None:
    journal = world.open()
    refused = journal.append("a", [finished("x")], after=7)
    stored = journal.append("b", [accepted("b")], after=0)
    await journal.commit(stored)
    assert isinstance(await error_of(journal.commit(refused)), Conflict)
    assert (await facts_of(journal, "a"), await facts_of(journal, "b")) == ([], [accepted("b")])


async def an_append_without_a_condition_stands_at_the_end(world: JournalWorld) -> None:
    journal = world.open()
    await append(journal, "run", [accepted("run")], after=0)
    await append(journal, "run", [CancelRequested(at=2.0)], after=None)
    rows = await journal.read("run")
    assert [row.seq for row in rows] == [1, 2]


async def a_commit_commits_everything_appended_before_it(world: JournalWorld) -> None:
    journal = world.open()
    for n in range(20):
        journal.append(f"run{n}", [accepted(f"run{n}")], after=0)
    await journal.commit(journal.append("last", [accepted("last")], after=0))
    assert [len(await journal.read(f"run{n}")) for n in range(20)] == [1] * 20


async def streams_are_chained_without_waiting(world: JournalWorld) -> None:
    journal = world.open()
    head, receipt = 0, None
    for n in range(200):
        receipt = journal.append("run", [finished(f"s{n}")], after=head)
        head = receipt.head
    assert receipt is not None
    await journal.commit(receipt)
    assert [row.seq for row in await journal.read("run")] == list(range(1, 201))


async def many_may_wait_for_one_commit_and_one_may_ask_twice(world: JournalWorld) -> None:
    journal = world.open()
    receipts = [journal.append(f"r{n}", [accepted(f"r{n}")], after=0) for n in range(50)]
    refused = journal.append("r0", [accepted("r0")], after=0)
    await asyncio.gather(*(journal.commit(r) for r in receipts * 2))
    errors = [type(await error_of(journal.commit(refused))) for _ in range(2)]
    assert errors == [Conflict, Conflict]


async def a_waiter_that_is_cancelled_disturbs_nobody(world: JournalWorld) -> None:
    journal = world.open()
    first = journal.append("a", [accepted("a")], after=0)
    impatient = asyncio.create_task(journal.commit(first))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.wait([impatient])
    await journal.commit(journal.append("b", [accepted("b")], after=0))
    assert len(await journal.read("a")) == 1


async def flush_waits_for_everything_and_raises_nothing(world: JournalWorld) -> None:
    journal = world.open()
    journal.append("run", [accepted("run")], after=0)
    journal.append("run", [accepted("run")], after=0)
    await journal.flush()
    assert len(await journal.read("run")) == 1


async def the_global_order_is_that_of_appending(world: JournalWorld) -> None:
    journal = world.open()
    for n in range(6):
        journal.append(f"run{n % 2}", [finished(f"s{n}")], after=n // 2)
    await journal.flush()
    rows = await journal.read_all()
    assert [row.fact for row in rows] == [finished(f"s{n}") for n in range(6)]
    gseqs = [row.gseq for row in rows]
    assert gseqs == sorted(set(gseqs))
    assert await journal.read_all(after=gseqs[1], limit=2) == rows[2:4]


async def the_newest_facts_are_read_from_the_end(world: JournalWorld) -> None:
    journal, other = world.open(), world.open()
    assert await journal.read_all(after=-1) == []
    await append(other, "run", [accepted("run"), finished("a")], after=0)
    await append(journal, "other", [accepted("other")], after=0)
    rows = await journal.read_all()
    for count in (1, 2, 9):
        assert await journal.read_all(after=-count) == rows[-count:]
    assert await other.read_all(after=-2, limit=1) == rows[-2:-1]


async def what_another_process_commits_is_read(world: JournalWorld) -> None:
    journal, other = world.open(), world.open()
    await append(journal, "run", [accepted("run")], after=0)
    await append(other, "run", [CancelRequested(at=2.0)], after=1)
    await append(journal, "run", [finished("a")], after=2)
    assert len(await other.read("run")) == 3
    assert [row.seq for row in await other.read_all()] == [1, 2, 3]


async def of_two_processes_with_the_same_position_one_wins(world: JournalWorld) -> None:
    journal, other = world.open(), world.open()
    await append(journal, "run", [accepted("run")], after=0)
    results = await asyncio.gather(
        error_of(append(journal, "run", [Claimed(at=2.0, owner="a", term=1)], after=1)),
        error_of(append(other, "run", [Claimed(at=2.0, owner="b", term=1)], after=1)),
    )
    assert sorted(type(error) is Conflict for error in results) == [False, True]
    assert len(await journal.read("run")) == 2


async def what_was_acknowledged_outlives_the_process(world: JournalWorld) -> None:
    journal = world.open()
    await append(journal, "run", [accepted("run")], after=0)
    world.kill(journal)
    assert await facts_of(world.open(), "run") == [accepted("run")]
