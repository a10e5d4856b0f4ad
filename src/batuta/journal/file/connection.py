"""Opening the file: created whole or not at all, checked before it is used, brought up to date in one transaction."""

import contextlib
import os
import time
from collections.abc import Sequence
from pathlib import Path

import apsw

from batuta.errors import JournalBroken, JournalError
from batuta.journal.file.database import Database, open_database
from batuta.journal.file.failures import RESTORE_REMEDY, translated
from batuta.journal.file.statements import MIGRATIONS, SQL
from batuta.storage.drafts import draft_of, give_name, sync_folder
from batuta.storage.still import Still

__all__ = [
    "APPLICATION_ID",
    "check_file",
    "connect",
    "create",
    "migrate",
    "tenant_key_of",
]

# "Batu" in ASCII, in the header of every journal, so that no other database is taken for one.
APPLICATION_ID = 0x42617475
# How long a writer waits for another process (ms). Their transactions take milliseconds; this is for stopped ones.
_BUSY_TIMEOUT_MS = 30_000
# Every commit reaches the disk before it returns, so that it survives power loss: "durable" means this.
_SYNCHRONOUS = "FULL"
_MAGIC = b"SQLite format 3\0"
_READ_ONLY = apsw.SQLITE_OPEN_READONLY
_READ_WRITE = apsw.SQLITE_OPEN_READWRITE
_CREATE = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE


def create(path: Path, *, tenant_key: bytes | None = None, vfs: str | None = None) -> None:
    """Write an empty journal to `path` unless there is a file.

    It is built beside and then given its name, so that a journal is either whole or not there.
    """
    if path.exists():
        return
    with translated(str(path)):
        with draft_of(path) as draft:
            db = open_database(str(draft), _CREATE, vfs)
            db.execute("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL").fetchall()
            db.execute("PRAGMA synchronous = FULL; BEGIN IMMEDIATE")
            for script in MIGRATIONS:
                db.execute(script)
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
            db.execute(SQL["set_meta"], ("tenant_key", tenant_key or os.urandom(32)))
            db.execute(SQL["set_meta"], ("created_at", time.time()))
            db.execute("COMMIT")
            db.close()
            # Another process may have been first: then it is theirs.
            with contextlib.suppress(FileExistsError):
                give_name(draft, path)
        sync_folder(path)


def connect(
    path: Path,
    *,
    read_only: bool = False,
    vfs: str | None = None,
    migrations: Sequence[str] = MIGRATIONS,
) -> Database:
    """A connection to the journal at `path`, up to date and checked.

    Raises:
        JournalBroken: it is not a journal, is damaged, or was written by a newer version.
        JournalError: it cannot be opened.
    """
    check_file(path)
    with translated(str(path)):
        if not read_only:
            return _checked(open_database(str(path), _READ_WRITE, vfs), path, migrations)
        try:
            return _checked(open_database(str(path), _READ_ONLY, vfs), path, migrations, look=True)
        except (apsw.CantOpenError, apsw.ReadOnlyError):
            # Even who only looks wants to write beside the file, which this folder may not allow.
            return _checked(Still(path, JournalError, vfs), path, migrations, look=True)


def _checked(
    db: Database, path: Path, migrations: Sequence[str], *, look: bool = False
) -> Database:
    try:
        db.set_busy_timeout(_BUSY_TIMEOUT_MS)
        db.execute(f"PRAGMA synchronous = {_SYNCHRONOUS}")
        db.execute("PRAGMA cell_size_check = ON")
        _check_identity(db, path)
        migrate(db, path, migrations, read_only=look)
        db.execute(SQL["last_gseq"]).fetchall()
    except BaseException:
        db.close()
        raise
    return db


def migrate(
    db: Database,
    path: Path,
    migrations: Sequence[str] = MIGRATIONS,
    *,
    read_only: bool = False,
) -> None:
    """Bring the schema forward, all steps in one transaction. Never backward."""
    version = _pragma(db, "user_version")
    if version == len(migrations):
        return
    if version > len(migrations):
        raise JournalBroken(
            f"{path} was written by a newer batuta (schema {version}, this one knows {len(migrations)})",
            remedy="upgrade batuta",
        )
    if version < 1:
        raise JournalBroken(f"{path} has no schema of a journal", remedy=RESTORE_REMEDY)
    if read_only:
        raise JournalError(
            f"{path} was written by an older batuta and must be brought up to date",
            remedy="open it once for writing, with: batuta runs",
        )
    db.execute("BEGIN EXCLUSIVE")
    try:
        # Another process may have been faster.
        for script in migrations[_pragma(db, "user_version") :]:
            db.execute(script)
        db.execute(f"PRAGMA user_version = {len(migrations)}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def tenant_key_of(db: Database, path: Path, expected: bytes | None) -> bytes:
    """The key that names the values of this journal.

    Raises:
        JournalBroken: it has none, or not the `expected` one.
    """
    found = db.execute(SQL["meta"], ("tenant_key",)).fetchall()
    if not found or not isinstance(found[0][0], bytes):
        raise JournalBroken(f"{path} has lost the key of its values", remedy=RESTORE_REMEDY)
    if expected is not None and found[0][0] != expected:
        raise JournalBroken(
            f"{path} belongs to another tenant: its values have another key",
            remedy="open it with the key it was created with",
        )
    return found[0][0]


def check_file(path: Path) -> None:
    """Raise `JournalBroken` if `path` is not an SQLite file, `JournalError` if it cannot be read."""
    try:
        with path.open("rb") as file:
            start = file.read(len(_MAGIC))
    except FileNotFoundError:
        raise JournalError(
            f"there is no journal at {path}", remedy="check the name of the workspace folder"
        ) from None
    except OSError as error:
        raise JournalError(
            f"{path} cannot be read ({error.strerror})",
            remedy="check that it is a file you may read",
        ) from error
    if start != _MAGIC:
        what = "is empty" if not start else "is not an SQLite file"
        raise JournalBroken(
            f"{path} {what}, so it is not a journal",
            remedy=f"restore a backup, or move the file away to begin anew: mv {path.name} {path.name}.old",
        )


def _check_identity(db: Database, path: Path) -> None:
    found = _pragma(db, "application_id")
    if found != APPLICATION_ID:
        raise JournalBroken(
            f"{path} is an SQLite file, but not a journal of batuta (application id {found:#x})",
            remedy="name the right file, or move this one away",
        )


def _pragma(db: Database, name: str) -> int:
    value = db.execute(f"PRAGMA {name}").fetchall()[0][0]
    assert isinstance(value, int), name
    return value
