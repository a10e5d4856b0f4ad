"""The journal in memory as a simulator uses it: nothing is durable before it says so, and views can die."""

import asyncio

import pytest

from batuta.errors import Conflict, JournalError, JournalFull
from batuta.journal.memory import MemoryJournal
from batuta.ports import WORKSPACE
from batuta.spec.facts import CancelRequested, Claimed, Fact, Finished, Restored, Skipped
from batuta.spec.value import Value, encode


def _skipped(n: int) -> Fact:
    return Skipped(at=float(n), path=f"s{n}", term=1, why="")


async def _facts(journal: MemoryJournal, stream: str = "run") -> list[Fact]:
    return [row.fact for row in await journal.read(stream)]


async def test_in_manual_mode_a_commit_waits_for_the_flush() -> None:
    journal = MemoryJournal(manual=True)
    first = journal.append("run", [_skipped(0)], after=0)
    second = journal.append("run", [_skipped(1)], after=1)
    commit = asyncio.create_task(journal.commit(first))
    await asyncio.sleep(0)
    assert (journal.pending, journal.awaited, commit.done()) == (2, True, False)
    assert await _facts(journal) == []
    assert journal.flush_now(1) == 1
    await commit
    assert (await _facts(journal), journal.awaited) == ([_skipped(0)], False)
    assert journal.flush_now() == 0
    await journal.commit(second)
    assert await _facts(journal) == [_skipped(0), _skipped(1)]


async def test_a_crash_loses_exactly_what_was_not_flushed() -> None:
    journal = MemoryJournal(manual=True)
    other = journal.view()
    journal.append("run", [_skipped(0)], after=0)
    lost = journal.append("run", [_skipped(1)], after=1)
    journal.flush_now(1)
    journal.crash()
    assert await _facts(other) == [_skipped(0)]
    with pytest.raises(JournalError):
        await journal.commit(lost)
    with pytest.raises(JournalError):
        journal.append("run", [_skipped(2)], after=1)


async def test_a_crashed_owner_lets_go_of_its_runs() -> None:
    journal = MemoryJournal(owner="one")
    other = journal.view(owner="two")
    await journal.commit(journal.append("run", [Claimed(at=1.0, owner="one", term=1)], after=0))
    journal.crash()
    assert await other.claim("run") is True


async def test_a_failing_batch_is_refused_whole_and_the_next_one_goes_through() -> None:
    journal = MemoryJournal(manual=True)
    journal.fail_next(JournalFull("no room"))
    receipts = [journal.append(f"run{n}", [_skipped(n)], after=0) for n in range(3)]
    journal.flush_now()
    for receipt in receipts:
        with pytest.raises(JournalFull, match="no room"):
            await journal.commit(receipt)
    journal.append("run0", [_skipped(0)], after=0)
    journal.flush_now()
    assert await _facts(journal, "run0") == [_skipped(0)]


async def test_values_of_a_failing_batch_are_lost_and_facts_that_need_them_are_refused() -> None:
    journal = MemoryJournal(manual=True)
    journal.fail_next(JournalFull("no room"))
    ref = journal.put(encode("x"))
    fact = Finished(at=1.0, path="a", attempt=1, value=Value(ref=ref, size=1))
    for kind in (JournalFull, JournalError):
        receipt = journal.append(f"run{kind.__name__}", [fact], after=0)
        journal.flush_now()
        with pytest.raises(kind):
            await journal.commit(receipt)
    journal.put(encode("x"))
    journal.append("run", [fact], after=0)
    journal.flush_now()
    assert await _facts(journal) == [fact]


async def test_flushing_one_by_one_keeps_the_queue_in_order_across_streams() -> None:
    journal = MemoryJournal(manual=True)
    for n in range(4):
        journal.append(f"run{n % 2}", [_skipped(n)], after=n // 2)
    seen: list[int] = []
    while journal.flush_now(1):
        seen.append(len(await journal.read_all()))
    assert seen == [1, 2, 3]
    assert [row.fact for row in await journal.read_all()] == [_skipped(n) for n in range(4)]


async def test_two_views_race_at_flush_not_at_append() -> None:
    journal = MemoryJournal(manual=True)
    other = journal.view()
    slow = journal.append("run", [_skipped(0)], after=0)
    fast = other.append("run", [_skipped(1)], after=0)
    other.flush_now()
    journal.flush_now()
    await other.commit(fast)
    with pytest.raises(Conflict):
        await journal.commit(slow)


async def test_a_restore_in_the_workspace_stream_moves_the_epoch() -> None:
    journal = MemoryJournal()
    await journal.commit(journal.append(WORKSPACE, [Restored(at=1.0, epoch=3)], after=0))
    assert (journal.epoch, journal.view().epoch) == (3, 3)


async def test_it_needs_no_event_loop_to_append_and_flush() -> None:
    journal = MemoryJournal(manual=True)

    def without_a_loop() -> int:
        journal.append("run", [CancelRequested(at=1.0)], after=None)
        return journal.flush_now()

    assert await asyncio.to_thread(without_a_loop) == 0
    assert len(await journal.read("run")) == 1
