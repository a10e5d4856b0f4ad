"""Copies that are taken while runs go on, and the way back."""

import asyncio
import os
from pathlib import Path

import pytest

from batuta.errors import JournalBroken, JournalError, NotFound
from batuta.journal.file.backup import copy_journal, restore
from batuta.journal.sqlite import SqliteJournal, open_sqlite
from batuta.journal.values import packed
from batuta.ports import WORKSPACE
from batuta.spec.facts import Accepted, Fact, Finished, Restored
from batuta.spec.request import Request
from batuta.spec.value import Value, encode


def _accepted(run: str) -> Fact:
    return Accepted(at=1.0, run=run, request=Request(plan="p"), salt="00")


async def _add_runs(journal: SqliteJournal, first: int, count: int) -> None:
    for n in range(first, first + count):
        body = encode(["v" * 2_000, n])
        ref = journal.put(body)
        done = Finished(at=2.0, path="a", attempt=1, value=Value(ref=ref, size=len(body)))
        journal.append(f"run{n}", [_accepted(f"run{n}"), done], after=0)
    await journal.flush()


async def _copied(journal: SqliteJournal, path: Path) -> int:
    await journal.flush()
    return await asyncio.to_thread(copy_journal, journal.path, path)


async def _names(path: Path) -> list[str]:
    journal = open_sqlite(path)
    names = [row.run for row in reversed(await journal.runs())]
    await journal.close()
    return names


async def test_a_backup_is_one_private_file_with_everything_committed(tmp_path: Path) -> None:
    journal = open_sqlite(tmp_path / "journal")
    await _add_runs(journal, 0, 10)
    assert await _copied(journal, tmp_path / "copy") == 20
    assert sorted(os.listdir(tmp_path)) == [
        "copy", "journal", "journal-shm", "journal-wal", "journal.owners",
    ]  # fmt: skip
    if os.name != "nt":
        assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o600
    copy = open_sqlite(tmp_path / "copy")
    assert await copy.read_all() == await journal.read_all()
    fact = (await copy.read("run3"))[1].fact
    assert isinstance(fact, Finished)
    assert await copy.get(fact.value.ref) == encode(["v" * 2_000, 3])
    await copy.close()
    await journal.close()


async def test_a_backup_under_load_is_a_moment_of_the_log(tmp_path: Path) -> None:
    journal = open_sqlite(tmp_path / "journal")
    await _add_runs(journal, 0, 200)
    backup = asyncio.create_task(_copied(journal, tmp_path / "copy"))
    await asyncio.gather(*(_add_runs(journal, n, 1) for n in range(200, 400)))
    assert await backup >= 400
    names = await _names(tmp_path / "copy")
    assert names == [f"run{n}" for n in range(len(names))]
    await journal.close()


async def test_a_backup_never_replaces_a_file(tmp_path: Path) -> None:
    journal = open_sqlite(tmp_path / "journal")
    target = tmp_path / "copy"
    target.write_text("mine")
    with pytest.raises(JournalError, match="exists"):
        await _copied(journal, target)
    with pytest.raises(JournalError, match="no folder"):
        await _copied(journal, tmp_path / "nowhere" / "copy")
    assert target.read_text() == "mine"
    await journal.close()


async def test_no_backup_is_made_of_a_damaged_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal = open_sqlite(path)
    await _add_runs(journal, 0, 50)
    await journal.close()
    damaged = bytearray(path.read_bytes())
    at = damaged.rindex(packed(encode(["v" * 2_000, 49]))) + 9
    damaged[at] ^= 1
    path.write_bytes(damaged)
    journal = open_sqlite(path)
    with pytest.raises(JournalBroken, match="damaged"):
        await _copied(journal, tmp_path / "copy")
    await journal.close()
    assert not (tmp_path / "copy").exists()
    assert [name for name in os.listdir(tmp_path) if "draft" in name] == []


async def test_a_restore_goes_back_keeps_the_old_one_and_begins_an_epoch(tmp_path: Path) -> None:
    path, copy = tmp_path / "journal", tmp_path / "copy"
    journal = open_sqlite(path)
    await _add_runs(journal, 0, 2)
    await _copied(journal, copy)
    await _add_runs(journal, 2, 3)
    await journal.close()
    kept = restore(copy, path, at=1_700_000_000.0)
    assert kept == tmp_path / "journal.before-restore-20231114T221320Z"
    assert (await _names(path), await _names(kept)) == (
        ["run0", "run1"],
        ["run0", "run1", "run2", "run3", "run4"],
    )
    journal = open_sqlite(path)
    assert journal.epoch == 1
    assert [row.fact for row in await journal.read(WORKSPACE)] == [
        Restored(at=1_700_000_000.0, epoch=1)
    ]
    await _add_runs(journal, 7, 1)
    await journal.close()
    assert [name for name in os.listdir(tmp_path) if "draft" in name] == []


async def test_an_epoch_never_comes_twice(tmp_path: Path) -> None:
    path, copy = tmp_path / "journal", tmp_path / "copy"
    journal = open_sqlite(path)
    await _add_runs(journal, 0, 1)
    await _copied(journal, copy)
    await journal.close()
    epochs: list[int] = []
    for _ in range(3):
        restore(copy, path)
        journal = open_sqlite(path)
        epochs.append(journal.epoch)
        await journal.close()
    assert epochs == [1, 2, 3]


async def test_a_journal_in_use_is_not_replaced(tmp_path: Path) -> None:
    path, copy = tmp_path / "journal", tmp_path / "copy"
    journal = open_sqlite(path)
    await _add_runs(journal, 0, 1)
    await _copied(journal, copy)
    with pytest.raises(JournalError, match="in use"):
        restore(copy, path)
    await _add_runs(journal, 1, 1)
    await journal.close()
    assert await _names(path) == ["run0", "run1"]


async def test_restoring_what_is_no_journal_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal = open_sqlite(path)
    await _add_runs(journal, 0, 1)
    await journal.close()
    before = path.read_bytes()
    bad = tmp_path / "bad"
    for content in (b"", b"text", before[: len(before) // 2]):
        bad.write_bytes(content)
        with pytest.raises(JournalBroken) as caught:
            restore(bad, path)
        assert str(bad) in caught.value.message
    with pytest.raises(NotFound):
        restore(tmp_path / "none", path)
    with pytest.raises(JournalError, match="no folder"):
        restore(bad, tmp_path / "nowhere" / "journal")
    assert path.read_bytes() == before
    assert [name for name in os.listdir(tmp_path) if "draft" in name or "before" in name] == []


async def test_a_broken_journal_can_be_replaced_and_is_kept(tmp_path: Path) -> None:
    path, copy = tmp_path / "journal", tmp_path / "copy"
    journal = open_sqlite(path)
    await _add_runs(journal, 0, 1)
    await _copied(journal, copy)
    await journal.close()
    path.write_bytes(b"ruined")
    kept = restore(copy, path)
    assert kept.read_bytes() == b"ruined"
    assert await _names(path) == ["run0"]


async def test_restoring_to_a_new_place_makes_a_journal_there(tmp_path: Path) -> None:
    journal = open_sqlite(tmp_path / "journal")
    await _add_runs(journal, 0, 2)
    await _copied(journal, tmp_path / "copy")
    await journal.close()
    kept = restore(tmp_path / "copy", tmp_path / "new")
    assert not kept.exists()
    assert await _names(tmp_path / "new") == ["run0", "run1"]
