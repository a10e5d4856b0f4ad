"""A file of SQLite that belongs to one room: opened, created, brought up to date, its errors said in our words."""

import contextlib
import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar, cast

import apsw
import msgspec

from batuta.errors import BatutaError, Bug
from batuta.storage.drafts import draft_of, give_name, sync_folder
from batuta.storage.still import Still

__all__ = ["Connection", "Database", "Kind", "translated"]

T = TypeVar("T")

_BUSY_TIMEOUT_MS = 30_000
# Pages kept in memory by a connection (KiB, negative as SQLite wants it).
_CACHE_KIB = -32_768
# How long forgetting waits for those who still read what is forgotten (ms); the next one will overwrite it.
_COMPACT_TIMEOUT_MS = 2_000


class Database(Protocol):
    """APSW's connection as far as it is used here."""

    def execute(self, statements: str, bindings: Sequence[Any] = (), /) -> Any: ...

    def executemany(self, statements: str, bindings: Iterable[Sequence[Any]], /) -> Any: ...

    def fts5_tokenizer(self, name: str, args: list[str] | None = None) -> Any: ...

    def last_insert_rowid(self) -> int: ...

    def changes(self) -> int: ...

    def set_busy_timeout(self, milliseconds: int, /) -> None: ...

    def close(self, force: bool = False, /) -> None: ...


class Kind(msgspec.Struct, frozen=True):
    """What a file is, how safely it is kept, and what is said when it fails.

    Attributes:
        application_id: in the header of the file, so that no other database is taken for one.
        migrations: SQL scripts; script n brings a file from version n - 1 to n.
        noun: what it is, with its article: "a store of knowledge".
        error: what its troubles are raised as.
        absent: what is said if there is none, and what to do then.
        lost: what to do if it is damaged, or was written by another version.
        synchronous: FULL: what was committed survives the loss of power; NORMAL: it may be lost, and nothing breaks.
        secure_delete: what is deleted is overwritten.
        older: what brings one of an older version up to date, for who only looks at it.
    """

    application_id: int
    migrations: tuple[str, ...]
    noun: str
    error: type[BatutaError]
    absent: tuple[str, str]
    lost: str
    synchronous: Literal["FULL", "NORMAL"]
    secure_delete: bool = False
    older: str = ""


class Connection:
    """The open file. May be used from any thread; one works at a time."""

    def __init__(
        self, path: Path, kind: Kind, *, create: bool = False, read_only: bool = False
    ) -> None:
        """`read_only`: look only; nothing is written, not even what brings it up to date.

        Raises `kind.error` if there is none (unless `create`), it is something else, or it cannot be opened.
        """
        self.path = path
        self._kind = kind
        with translated(path, kind):
            there = path.exists()
        if not there:
            if not create:
                said, remedy = kind.absent
                raise kind.error(said, remedy=remedy)
            with translated(path, kind):
                path.parent.mkdir(parents=True, exist_ok=True)
                _create(path, kind)
        self._lock = threading.RLock()
        with translated(path, kind):
            self._db = _looked_at(path, kind) if read_only else _opened(path, kind)

    def rows(self, statement: str, bindings: Sequence[Any] = ()) -> list[Any]:
        """The rows that a statement gives."""
        with self._lock, translated(self.path, self._kind):
            return self._db.execute(statement, bindings).fetchall()

    def changed(self, body: Callable[[Database], T], *, durable: bool = True) -> T:
        """What `body` gives, which is done as a whole or not at all.

        `durable` False: it may be lost with the power, until the next change that is durable.
        """
        with self._lock, translated(self.path, self._kind):
            db = self._db
            hurried = not durable and self._kind.synchronous == "FULL"
            if hurried:
                db.execute("PRAGMA synchronous = NORMAL")
            db.execute("BEGIN IMMEDIATE")
            try:
                value = body(db)
                db.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(apsw.Error):
                    db.execute("ROLLBACK")
                raise
            finally:
                if hurried:
                    db.execute("PRAGMA synchronous = FULL")
            return value

    def used(self, body: Callable[[Database], T]) -> T:
        """What `body` gives, which is alone with the connection and outside of any transaction."""
        with self._lock, translated(self.path, self._kind):
            return body(self._db)

    def check(self) -> None:
        """Read the file through. Raises `kind.error` if something is not as it was written."""
        said = self.rows("PRAGMA integrity_check(1)")
        if said != [("ok",)]:
            raise self._kind.error(f"{self.path} is damaged ({said[0][0]})", remedy=self._kind.lost)

    def compact(self) -> None:
        """Return free pages to the system, and empty the file beside it, in which earlier pages may still stand."""

        def body(db: Database) -> None:
            db.set_busy_timeout(_COMPACT_TIMEOUT_MS)
            try:
                db.execute("PRAGMA incremental_vacuum").fetchall()
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            finally:
                db.set_busy_timeout(_BUSY_TIMEOUT_MS)

        self.used(body)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close(True)


def _create(path: Path, kind: Kind) -> None:
    """Write an empty file of `kind` to `path`, unless another process is faster."""
    with draft_of(path) as draft:
        db = cast("Database", apsw.Connection(str(draft), flags=apsw.SQLITE_OPEN_READWRITE))
        try:
            db.execute("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL").fetchall()
            db.execute("PRAGMA synchronous = FULL; BEGIN IMMEDIATE")
            _bring_up_to_date(db, kind, 0)
            db.execute(f"PRAGMA application_id = {kind.application_id}")
            db.execute("COMMIT")
        finally:
            db.close()
        with contextlib.suppress(FileExistsError):
            give_name(draft, path)
    sync_folder(path)


def _opened(path: Path, kind: Kind) -> Database:
    db = cast("Database", apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE))
    try:
        _set_up(db, path, kind)
        db.execute(f"PRAGMA synchronous = {kind.synchronous}")
        if kind.secure_delete:
            db.execute("PRAGMA secure_delete = ON").fetchall()
        if _pragma(db, "user_version") != len(kind.migrations):
            _migrate(db, path, kind)
    except BaseException:
        db.close()
        raise
    return db


def _looked_at(path: Path, kind: Kind) -> Database:
    try:
        return _as_it_is(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY), path, kind)
    except (apsw.CantOpenError, apsw.ReadOnlyError):
        # Even who only looks wants to write beside the file, which this folder may not allow.
        return _as_it_is(Still(path, kind.error), path, kind)


def _as_it_is(opened: apsw.Connection | Still, path: Path, kind: Kind) -> Database:
    db = cast("Database", opened)
    try:
        _set_up(db, path, kind)
        version = _pragma(db, "user_version")
        if 0 < version < len(kind.migrations):
            raise kind.error(
                f"{path} was written by an older batuta and must be brought up to date",
                remedy=kind.older,
            )
        if version != len(kind.migrations):
            raise _foreign(path, kind)
    except BaseException:
        db.close()
        raise
    return db


def _set_up(db: Database, path: Path, kind: Kind) -> None:
    db.set_busy_timeout(_BUSY_TIMEOUT_MS)
    db.execute(f"PRAGMA cache_size = {_CACHE_KIB}")
    if _pragma(db, "application_id") != kind.application_id:
        raise kind.error(f"{path} is not {kind.noun}", remedy="move the file away, and begin anew")


def _foreign(path: Path, kind: Kind) -> BatutaError:
    return kind.error(f"{path} was written by another version of batuta", remedy=kind.lost)


def _migrate(db: Database, path: Path, kind: Kind) -> None:
    """Bring the schema forward, all steps in one transaction. Never backward."""
    db.execute("BEGIN EXCLUSIVE")
    try:
        version = _pragma(db, "user_version")  # another process may have been faster
        if not 0 < version <= len(kind.migrations):
            raise _foreign(path, kind)
        _bring_up_to_date(db, kind, version)
        db.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(apsw.Error):
            db.execute("ROLLBACK")
        raise


def _bring_up_to_date(db: Database, kind: Kind, version: int) -> None:
    for script in kind.migrations[version:]:
        db.execute(script)
    db.execute(f"PRAGMA user_version = {len(kind.migrations)}")


def _pragma(db: Database, name: str) -> int:
    value = db.execute(f"PRAGMA {name}").fetchall()[0][0]
    assert isinstance(value, int), name
    return value


@contextmanager
def translated(path: Path, kind: Kind) -> Generator[None]:
    """Errors of SQLite and of the system inside the block become ours."""
    try:
        yield
    except BatutaError:
        raise
    except (apsw.CorruptError, apsw.NotADBError, apsw.FormatError) as error:
        raise kind.error(f"{path} is damaged ({error})", remedy=kind.lost) from error
    except (apsw.FullError, apsw.IOError) as error:
        raise kind.error(f"{path} cannot be written ({error})", remedy="make room") from error
    except (apsw.BusyError, apsw.LockedError) as error:
        raise kind.error(
            f"{path} is locked by another process ({error})", remedy="wait for it, then try again"
        ) from error
    except (apsw.CantOpenError, apsw.ReadOnlyError, apsw.PermissionsError, OSError) as error:
        raise kind.error(
            f"{path} cannot be opened or written ({error})",
            remedy="check the folder and its rights",
        ) from error
    except apsw.Error as error:
        raise Bug(
            f"{kind.noun} at {path} failed: {type(error).__name__}: {error}", remedy="report this"
        ) from error
