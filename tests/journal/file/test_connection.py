"""Opening: a journal is whole or not there, and what is no journal is said so, in one message, and left alone."""

# ruff: noqa: ASYNC240 (nobody else is on the loop)

import os
import sqlite3
import stat
import sys
import threading
from pathlib import Path

import apsw
import pytest

from batuta.errors import BatutaError, JournalBroken, JournalError
from batuta.journal.file import failures
from batuta.journal.file.connection import connect, create, migrate, tenant_key_of
from batuta.journal.file.failures import translate
from batuta.journal.file.statements import MIGRATIONS, SQL
from batuta.journal.sqlite import open_sqlite
from batuta.spec.facts import Skipped


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal"


async def _filled(path: Path, facts: int = 200) -> None:
    journal = open_sqlite(path)
    body = [Skipped(at=float(n), path=f"s{n}", term=1, why="w" * 100) for n in range(facts)]
    await journal.commit(journal.append("run", body, after=0))
    await journal.close()


def test_a_new_journal_is_private_whole_and_alone_in_its_folder(path: Path) -> None:
    create(path)
    assert os.listdir(path.parent) == ["journal"]
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    db = connect(path)
    assert db.execute("PRAGMA journal_mode").fetchall() == [("wal",)]
    assert db.execute("PRAGMA synchronous").fetchall() == [(2,)]
    assert db.execute("PRAGMA user_version").fetchall() == [(len(MIGRATIONS),)]
    db.close()


def test_creating_leaves_what_is_there_alone(path: Path) -> None:
    path.write_text("mine")
    create(path)
    assert path.read_text() == "mine"


def test_of_many_that_create_at_once_one_wins_and_all_agree(path: Path) -> None:
    keys: list[bytes] = []

    def race() -> None:
        create(path)
        db = connect(path)
        keys.append(tenant_key_of(db, path, None))
        db.close()

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1


def test_an_empty_file_is_no_journal(path: Path) -> None:
    path.touch()
    with pytest.raises(JournalBroken) as caught:
        open_sqlite(path)
    assert f"{path} is empty" in caught.value.message
    assert path.read_bytes() == b""


def test_another_kind_of_file_is_no_journal_and_is_not_touched(path: Path) -> None:
    path.write_text("just a text that is long enough to be looked at")
    before = path.read_bytes()
    with pytest.raises(JournalBroken, match="not an SQLite file"):
        open_sqlite(path)
    assert path.read_bytes() == before


def test_the_database_of_another_program_is_no_journal_and_is_not_touched(path: Path) -> None:
    foreign = sqlite3.connect(path)
    foreign.execute("CREATE TABLE facts (x)")
    foreign.commit()
    foreign.close()
    before = path.read_bytes()
    with pytest.raises(JournalBroken, match="not a journal of batuta"):
        open_sqlite(path)
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(JournalError, match="there is no folder"):
        open_sqlite(path / "deeper")
    with pytest.raises(JournalError, match="no journal at"):
        open_sqlite(path, read_only=True)
    assert not path.exists()


def test_a_folder_in_the_place_of_the_file_is_refused(path: Path) -> None:
    path.mkdir()
    with pytest.raises(JournalError, match="cannot be read"):
        open_sqlite(path)


async def test_a_newer_schema_asks_for_an_upgrade(path: Path) -> None:
    await _filled(path, 1)
    db = connect(path)
    db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    db.close()
    with pytest.raises(JournalBroken, match="newer batuta") as caught:
        open_sqlite(path)
    assert caught.value.remedy == "upgrade batuta"


async def test_an_older_schema_is_brought_forward_in_one_transaction(path: Path) -> None:
    await _filled(path, 3)
    more = (*MIGRATIONS, "CREATE TABLE later (x INTEGER) STRICT", "INSERT INTO later VALUES (7)")
    db = connect(path, migrations=more)
    assert db.execute("SELECT x FROM later").fetchall() == [(7,)]
    assert db.execute(SQL["count_facts"]).fetchall() == [(3,)]
    assert db.execute("PRAGMA user_version").fetchall() == [(len(more),)]
    db.close()
    again = connect(path, migrations=more)
    assert again.execute("SELECT x FROM later").fetchall() == [(7,)]
    again.close()


async def test_a_migration_that_fails_changes_nothing(path: Path) -> None:
    await _filled(path, 3)
    bad = (*MIGRATIONS, "CREATE TABLE later (x INTEGER) STRICT", "INSERT INTO nowhere VALUES (7)")
    with pytest.raises(JournalBroken):
        connect(path, migrations=bad)
    db = connect(path)
    assert db.execute("SELECT name FROM sqlite_master WHERE name = 'later'").fetchall() == []
    db.close()


async def test_looking_only_never_migrates(path: Path) -> None:
    await _filled(path, 1)
    db = connect(path)
    with pytest.raises(JournalError, match="older batuta"):
        migrate(db, path, (*MIGRATIONS, "CREATE TABLE later (x) STRICT"), read_only=True)
    db.close()


async def test_the_wrong_tenant_key_is_noticed(path: Path) -> None:
    journal = open_sqlite(path, tenant_key=b"k" * 32)
    await journal.close()
    await open_sqlite(path, tenant_key=b"k" * 32).close()
    await open_sqlite(path).close()
    with pytest.raises(JournalBroken, match="another tenant"):
        open_sqlite(path, tenant_key=b"x" * 32)


async def _read_everything(path: Path) -> list[object]:
    journal = open_sqlite(path)
    try:
        rows = await journal.read("run")
        assert [row.fact for row in await journal.read_all(limit=10_000)] == [r.fact for r in rows]
        await journal.runs()
        return [row.fact for row in rows]
    finally:
        await journal.close()


async def test_a_truncated_journal_says_so(path: Path) -> None:
    await _filled(path)
    whole = path.read_bytes()
    for size in (1, 15, 16, 100, 511, 4096, 5000, 8192, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(JournalBroken) as caught:
            await _read_everything(path)
        assert str(path) in caught.value.message, size
        assert caught.value.remedy, size


async def test_a_flipped_bit_is_noticed_or_harmless_and_never_a_wrong_fact(path: Path) -> None:
    await _filled(path)
    whole = path.read_bytes()
    facts = await _read_everything(path)
    noticed = 0
    for at in range(0, len(whole) * 8, 2_003):  # a stride that hits every kind of page and field
        damaged = bytearray(whole)
        damaged[at // 8] ^= 1 << at % 8
        path.write_bytes(damaged)
        try:
            assert await _read_everything(path) == facts, at
        except JournalError:
            noticed += 1
        for end in ("-wal", "-shm"):
            Path(f"{path}{end}").unlink(missing_ok=True)
    assert noticed > 50


def test_every_error_of_the_library_has_a_place_in_our_tree() -> None:
    kinds = [
        kind
        for kind in vars(apsw).values()
        if isinstance(kind, type) and issubclass(kind, apsw.Error) and kind is not apsw.Error
    ]
    ours = {kind.__name__: type(translate(kind("said"), "p")).__name__ for kind in kinds}
    assert {name for name, error in ours.items() if error == "Bug"} == {
        "AbortError", "BindingsError", "ConnectionClosedError", "ConnectionNotClosedError",
        "CursorClosedError", "EmptyError", "ExecTraceAbort", "ExecutionCompleteError",
        "ExtensionLoadingError", "ForkingViolationError", "IncompleteExecutionError",
        "InternalError", "InterruptError", "InvalidContextError", "MisuseError", "NoFTS5Error",
        "NotFoundError", "RangeError", "SchemaChangeError", "ThreadingViolationError",
        "VFSFileClosedError", "VFSNotImplementedError",
    }  # fmt: skip
    assert ours["FullError"] == ours["IOError"] == "JournalFull"
    assert ours["CorruptError"] == ours["NotADBError"] == "JournalBroken"
    assert ours["BusyError"] == "JournalError"
    own = JournalError("x")
    assert translate(own, "p") is own
    assert isinstance(translate(PermissionError("no"), "p"), BatutaError)
    assert failures.translate(ValueError("?"), "p").exit_code == 70


def test_every_statement_is_used_and_every_use_is_a_statement() -> None:
    package = Path(failures.__file__).parents[2]
    text = "".join(file.read_text("utf-8") for file in package.rglob("*.py"))
    unused = [name for name in SQL if f'"{name}"' not in text]
    assert unused == []
