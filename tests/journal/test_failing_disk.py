"""The device is full or fails, at any write: a clean refusal, nothing half-stored, and life goes on afterwards."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from batuta.errors import Conflict, JournalError, JournalFull
from batuta.journal.file.check import check_journal
from batuta.journal.file.connection import connect
from batuta.journal.sqlite import SqliteJournal, open_sqlite
from batuta.spec.facts import CancelRequested, Fact, Finished, Skipped
from batuta.spec.value import Value, encode
from tests.journal.disks import FailingDisk

# Which writes are failed, one after the other; `make torture` goes on where `make test` ends.
WRITES = (*range(1, 41), *(pytest.param(n, marks=pytest.mark.torture) for n in range(41, 501)))


@pytest.fixture
def disk() -> Iterator[FailingDisk]:
    disk = FailingDisk("failing")
    yield disk
    disk.unregister()


def _skipped(n: int) -> Fact:
    return Skipped(at=float(n), path=f"s{n}", term=1, why="x" * 200)


async def _seqs(journal: SqliteJournal, stream: str) -> list[str]:
    facts = [row.fact for row in await journal.read(stream)]
    return [fact.path for fact in facts if isinstance(fact, Skipped)]


def _sound(path: Path) -> int:
    db = connect(path)
    try:
        return check_journal(db, path)
    finally:
        db.close()


@pytest.mark.parametrize("error", [apsw.FullError, apsw.IOError], ids=["from then on", "once"])
@pytest.mark.parametrize("kth", WRITES)
async def test_whichever_write_fails_the_acknowledged_is_there_and_the_rest_is_not(
    disk: FailingDisk, tmp_path: Path, kth: int, error: type[Exception]
) -> None:
    path = tmp_path / "journal"
    journal = open_sqlite(path, vfs=disk.name)
    await journal.commit(journal.append("run", [_skipped(0)], after=0))
    for_good = error is apsw.FullError
    disk.arm(lambda number, _: error if number == kth or (for_good and number > kth) else None)
    acknowledged, head = ["s0"], 1
    for n in range(1, 12 + kth // 5):
        journal.put(encode(["v" * 3_000, n]))
        receipt = journal.append("run", [_skipped(n)], after=head)
        try:
            await journal.commit(receipt)
        except JournalFull:
            continue
        else:
            acknowledged.append(f"s{n}")
            head = receipt.head
    disk.disarm()
    assert await _seqs(journal, "run") == acknowledged
    await journal.commit(journal.append("run", [_skipped(99)], after=head))
    await journal.close()
    assert _sound(path) == len(acknowledged) + 1
    again = open_sqlite(path)
    assert await _seqs(again, "run") == [*acknowledged, "s99"]
    await again.close()


async def test_a_refused_batch_does_not_come_back_after_a_crash(
    disk: FailingDisk, tmp_path: Path
) -> None:
    path = tmp_path / "journal"
    journal = open_sqlite(path, vfs=disk.name)
    await journal.commit(journal.append("run", [_skipped(0)], after=0))
    syncs: list[int] = []

    def first_sync(number: int, what: str) -> type[Exception] | None:
        """Everything is written, commit mark and all; then the device says that it may not be there."""
        if what == "sync":
            syncs.append(number)
        return apsw.IOError if syncs == [number] else None

    disk.arm(first_sync)
    with pytest.raises(JournalFull):
        await journal.commit(journal.append("run", [_skipped(1)], after=1))
    after = tmp_path / "after"
    for end in ("", "-wal"):
        shutil.copy(f"{path}{end}", f"{after}{end}")
    assert _sound(after) == 1
    disk.disarm()
    await journal.close()


async def test_what_followed_a_lost_append_is_lost_with_it(
    disk: FailingDisk, tmp_path: Path
) -> None:
    journal = open_sqlite(tmp_path / "journal", vfs=disk.name)
    await journal.commit(journal.append("run", [_skipped(0)], after=0))
    disk.arm(lambda number, _: apsw.FullError)
    lost = journal.append("run", [_skipped(1)], after=1)
    await journal.flush()
    disk.disarm()
    # Room is back, and another writer moves the head to where the lost one would have stood.
    await journal.commit(journal.append("run", [CancelRequested(at=5.0)], after=None))
    follower = journal.append("run", [_skipped(2)], after=2)
    for receipt in (follower, lost):
        with pytest.raises(JournalFull):
            await journal.commit(receipt)
    assert await _seqs(journal, "run") == ["s0"]
    # Now that it is known, and was looked at, one may go on from what is there.
    assert len(await journal.read("run")) == 2
    await journal.commit(journal.append("run", [_skipped(3)], after=2))
    with pytest.raises(Conflict):
        await journal.commit(journal.append("run", [_skipped(4)], after=2))
    await journal.close()


async def test_a_fact_is_never_stored_without_its_lost_value(
    disk: FailingDisk, tmp_path: Path
) -> None:
    journal = open_sqlite(tmp_path / "journal", vfs=disk.name)
    await journal.commit(journal.append("run", [_skipped(0)], after=0))
    body = encode("v" * 3_000)
    disk.arm(lambda number, _: apsw.FullError)
    ref = journal.put(body)
    await journal.flush()
    with pytest.raises(JournalFull):
        await journal.commit(journal.append("other", [_skipped(1)], after=0))
    disk.disarm()
    fact = Finished(at=1.0, path="a", attempt=1, value=Value(ref=ref, size=len(body)))
    with pytest.raises(JournalError):
        await journal.commit(journal.append("run", [fact], after=1))
    # Stored again, it may be referred to again.
    assert journal.put(body) == ref
    await journal.commit(journal.append("run", [fact], after=1))
    assert await journal.get(ref) == body
    await journal.close()


async def test_what_counts_on_a_fact_with_a_lost_value_is_refused_for_the_same_reason(
    disk: FailingDisk, tmp_path: Path
) -> None:
    journal = open_sqlite(tmp_path / "journal", vfs=disk.name)
    await journal.commit(journal.append("run", [_skipped(0)], after=0))
    body = encode("v" * 3_000)
    disk.arm(lambda number, _: apsw.FullError)
    ref = journal.put(body)
    await journal.flush()
    disk.disarm()
    fact = Finished(at=1.0, path="a", attempt=1, value=Value(ref=ref, size=len(body)))
    # Queued without a pause, they share a batch.
    receipts = [
        journal.append("run", [fact], after=1),
        journal.append("run", [_skipped(2)], after=2),
    ]
    for receipt in receipts:
        with pytest.raises(JournalFull):
            await journal.commit(receipt)
    await journal.close()


async def test_a_failing_batch_takes_nobody_else_down_for_good(
    disk: FailingDisk, tmp_path: Path
) -> None:
    journal = open_sqlite(tmp_path / "journal", vfs=disk.name)
    receipts = [journal.append(f"run{n}", [_skipped(n)], after=0) for n in range(5)]
    disk.arm(lambda number, what: apsw.IOError if what == "sync" else None)
    for receipt in receipts:
        with pytest.raises(JournalFull):
            await journal.commit(receipt)
    disk.disarm()
    for n in range(5):
        await journal.commit(journal.append(f"run{n}", [_skipped(n)], after=0))
    assert [row.gseq for row in await journal.read_all()] == [1, 2, 3, 4, 5]
    await journal.close()
