"""The queue and its one rule."""

import asyncio

import pytest

from batuta.errors import Conflict, InputError, JournalError, JournalFull
from batuta.journal.file.store import Head
from batuta.journal.intake import Append, Intake, Put, admit, refusal
from batuta.ports import Receipt
from batuta.spec.facts import Fact, Finished, Skipped
from batuta.spec.value import Value


def _skipped() -> Fact:
    return Skipped(at=1.0, path="s", term=1, why="")


def _intake() -> Intake:
    return Intake(lambda urgent: None)


def _taken(intake: Intake) -> list[Append]:
    return [entry for entry in intake.take() if isinstance(entry, Append)]


def test_the_queue_is_first_in_first_out_and_numbers_everything() -> None:
    intake = _intake()
    intake.append("a", [_skipped()], 0)
    intake.put("aa" * 20, b"1")
    intake.append("b", [_skipped()], 0)
    assert [entry.number for entry in intake.take()] == [1, 2, 3]
    assert (intake.pending, intake.issued, intake.taken) == (0, 3, 3)


def test_taking_a_part_takes_the_values_before_it() -> None:
    intake = _intake()
    intake.put("aa" * 20, b"1")
    intake.append("a", [_skipped()], 0)
    intake.put("bb" * 20, b"2")
    intake.append("a", [_skipped()], 1)
    assert [type(entry) for entry in intake.take(1)] == [Put, Append]
    assert intake.pending == 2


def test_a_receipt_says_where_the_facts_will_stand() -> None:
    intake = _intake()
    assert intake.append("a", [_skipped()] * 3, 4).head == 7
    assert intake.append("a", [_skipped()] * 3, None).head == -1


def test_an_append_counts_on_the_one_that_ends_where_it_begins() -> None:
    intake = _intake()
    intake.append("a", [_skipped()], 0)
    intake.append("b", [_skipped()], 0)
    intake.append("a", [_skipped()], None)
    intake.append("a", [_skipped()], 1)
    intake.append("a", [_skipped()], 5)
    assert [append.counts_on for append in _taken(intake)] == [0, 0, 0, 1, 0]


def test_what_settled_well_is_forgotten_and_what_was_refused_is_not() -> None:
    intake = _intake()
    lost = intake.append("lost", [_skipped()], 0)
    batch = intake.take()
    intake.refuse([entry for entry in batch if isinstance(entry, Append)], JournalFull("no room"))
    intake.settle(batch)
    for n in range(5_000):
        intake.append(f"run{n}", [_skipped()], 0)
        intake.settle(intake.take())
    assert "lost" in intake._tails
    assert len(intake._tails) <= 1_025
    with pytest.raises(JournalFull):
        intake.raise_if_refused(lost)
    intake.looked("lost")
    assert "lost" not in intake._tails


def _refused(intake: Intake) -> Receipt:
    lost = intake.append("run", [_skipped()], 0)
    batch = intake.take()
    intake.refuse([entry for entry in batch if isinstance(entry, Append)], Conflict("late"))
    intake.settle(batch)
    return lost


def _counts_on(intake: Intake) -> int:
    intake.append("run", [_skipped()], 1)
    return _taken(intake)[0].counts_on


def test_who_only_looks_or_was_only_told_still_counts_on_what_was_refused() -> None:
    looked, told, both, begun = (_intake() for _ in range(4))
    for intake in (looked, told, both, begun):
        lost = _refused(intake)
        if intake in (told, both):
            with pytest.raises(Conflict):
                intake.raise_if_refused(lost)
        if intake in (looked, both):
            intake.looked("run")
        if intake is begun:
            intake.begin("run")
    assert [_counts_on(intake) for intake in (looked, told, both, begun)] == [1, 1, 0, 0]


@pytest.mark.parametrize("name", ["", "a\0b", "a\nb", "\ud800"])
def test_a_stream_needs_a_name_that_can_be_written(name: str) -> None:
    with pytest.raises(InputError):
        _intake().append(name, [_skipped()], 0)


def test_the_rule_who_may_append() -> None:
    def ask(after: int | None, head: int, counts_on: int = 0, ref: str = "") -> type | None:
        value = Value(ref=ref, size=1) if ref else Value()
        fact = Finished(at=1.0, path="a", attempt=1, value=value)
        append = Append(9, "run", after, counts_on, [fact], [b""], [ref] if ref else [])
        refused: dict[int, JournalError] = {3: JournalFull("no room"), 4: Conflict("late")}
        error = admit(append, Head(1, head), refused, {"aa"}.__contains__)
        return None if error is None else type(error)

    assert ask(after=5, head=5) is None
    assert ask(after=None, head=5) is None
    assert ask(after=5, head=6) is Conflict
    assert ask(after=5, head=4) is Conflict
    assert ask(after=5, head=5, counts_on=3) is JournalFull
    assert ask(after=5, head=5, counts_on=4) is Conflict
    assert ask(after=5, head=5, counts_on=2) is None
    assert ask(after=5, head=5, ref="aa") is None
    assert ask(after=5, head=5, ref="bb") is JournalError


def test_a_refusal_is_a_new_error_each_time() -> None:
    error = Conflict("late", remedy="look again")
    copy = refusal(error)
    assert (type(copy), copy.message, copy.remedy) == (Conflict, "late", "look again")
    assert copy is not error


async def test_waiters_wake_once_for_all_that_is_settled() -> None:
    intake = _intake()
    receipts = [intake.append(f"r{n}", [_skipped()], 0) for n in range(3)]
    waiting = [asyncio.create_task(intake.wait(receipt.number)) for receipt in receipts]
    await asyncio.sleep(0)
    assert intake.has_waiters
    intake.settle(intake.take(2))
    await asyncio.gather(*waiting[:2])
    assert [task.done() for task in waiting] == [True, True, False]
    intake.settle(intake.take())
    await waiting[2]
    assert not intake.has_waiters
