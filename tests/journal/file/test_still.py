"""Looking at a journal whose folder cannot be written."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from batuta.errors import JournalError
from batuta.journal.sqlite import open_sqlite
from batuta.spec.facts import Parked
from batuta.storage.still import Still

FACT = Parked(at=1.0, term=1)
WAIT_S = 90.0
# Rights do not bind the one who may do everything; nobody is nobody special.
NOBODY = 65_534
LOOK = """
import asyncio, os, sys, urllib.parse  # the last, that Python imports late, from where nobody may read
from batuta.errors import JournalError
from batuta.journal.sqlite import open_sqlite
if os.geteuid() == 0:
    os.setuid(NOBODY)
async def look():
    journal = open_sqlite(sys.argv[1], read_only=True)
    print(len(await journal.read("r1")), flush=True)
    if len(sys.argv) > 2:
        sys.stdin.readline()
        print(len(await journal.read("r1")))
    await journal.close()
try:
    asyncio.run(look())
except JournalError as error:
    print(error.message)
""".replace("NOBODY", str(NOBODY))


@pytest.fixture
def path() -> Iterator[Path]:
    """Where a journal may be, in a folder that others may enter."""
    with tempfile.TemporaryDirectory(prefix="batuta-still-") as name:
        os.chmod(name, 0o755)
        yield Path(name) / "journal.sqlite"
        os.chmod(name, 0o755)


def looking(path: Path, *words: str) -> "subprocess.Popen[str]":
    """Somebody who may read the journal, and write nowhere near it."""
    for file in path.parent.iterdir():
        if file.is_file():
            file.chmod(0o644)
    path.parent.chmod(0o555)
    return subprocess.Popen(
        [sys.executable, "-P", "-c", LOOK, str(path), *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )


async def written(path: Path, *, close: bool = True) -> None:
    journal = open_sqlite(path)
    await journal.commit(journal.append("r1", [FACT], after=None))
    if close:
        await journal.close()


async def test_a_journal_that_nobody_writes_is_read_where_nothing_can_be_written(
    path: Path,
) -> None:
    await written(path)
    with looking(path) as process:
        assert process.communicate(timeout=WAIT_S)[0] == "1\n"
    assert sorted(one.name for one in path.parent.iterdir()) == [
        "journal.sqlite",
        "journal.sqlite.owners",
    ]


async def test_what_a_living_writer_has_committed_is_seen_there_too(path: Path) -> None:
    journal = open_sqlite(path)
    await journal.commit(journal.append("r1", [FACT, FACT], after=None))
    with looking(path) as process:
        assert process.communicate(timeout=WAIT_S)[0] == "2\n"
    path.parent.chmod(0o755)
    await journal.close()


async def test_facts_that_cannot_be_read_from_there_are_told_and_not_left_out(path: Path) -> None:
    await written(path)
    with open(f"{path}-wal", "wb") as wal:  # noqa: ASYNC230
        wal.write(b"facts")
    with looking(path) as process:
        said = process.communicate(timeout=WAIT_S)[0]
    assert "what is newest is in journal.sqlite-wal, and its folder cannot be written" in said


async def test_who_looks_there_is_told_when_somebody_begins_to_write(path: Path) -> None:
    await written(path)
    with looking(path, "twice") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "1\n"
        path.parent.chmod(0o755)
        await written(path)
        said = process.communicate("\n", timeout=WAIT_S)[0]
    assert "is being written, and cannot be followed from here" in said


async def test_a_change_between_two_reads_is_never_mixed_with_what_was_there(path: Path) -> None:
    await written(path)
    db = Still(path, JournalError)
    assert db.execute("SELECT count(*) FROM facts").fetchall() == [(1,)]
    await written(path)
    with pytest.raises(JournalError, match="is being written"):
        db.execute("SELECT count(*) FROM facts")
    db.close()
