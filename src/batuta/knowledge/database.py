"""The file that holds the knowledge of a workspace: opened, created, and its errors said in our words."""

import contextlib
import os
import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

import apsw

from batuta.errors import BatutaError, Bug, KnowledgeError

__all__ = ["TOKENIZER", "Connection", "Database", "translated"]

T = TypeVar("T")

# "BatK" in ASCII, in the header of the file.
_APPLICATION_ID = 0x4261744B
_VERSION = 1
_BUSY_TIMEOUT_MS = 30_000
# Pages kept in memory by a connection (KiB, negative as SQLite wants it).
_CACHE_KIB = -32_768


# English endings are cut; words of other languages pass through almost as they are.
TOKENIZER = ("porter", "unicode61", "remove_diacritics", "2")


class Database(Protocol):
    """APSW's connection as far as it is used here."""

    def execute(self, statements: str, bindings: Sequence[Any] = (), /) -> Any: ...

    def executemany(self, statements: str, bindings: Iterable[Sequence[Any]], /) -> Any: ...

    def fts5_tokenizer(self, name: str, args: list[str] | None = None) -> Any: ...

    def last_insert_rowid(self) -> int: ...

    def changes(self) -> int: ...

    def close(self, force: bool = False, /) -> None: ...


class Connection:
    """The open file. May be used from any thread; one works at a time."""

    def __init__(self, path: Path, *, create: bool) -> None:
        """Raises `KnowledgeError` if there is none (unless `create`), or it cannot be opened."""
        self.path = path
        self._db = _opened(path, create=create)
        self._lock = threading.Lock()
        self._split: Any = self._db.fts5_tokenizer(TOKENIZER[0], list(TOKENIZER[1:]))

    def rows(self, statement: str, bindings: Sequence[Any] = ()) -> list[Any]:
        """The rows that a statement gives."""
        with self._lock, translated(self.path):
            return self._db.execute(statement, bindings).fetchall()

    def changed(self, body: Callable[[Database], T]) -> T:
        """What `body` gives, which is done as a whole or not at all."""
        with self._lock, translated(self.path):
            db = self._db
            db.execute("BEGIN IMMEDIATE")
            try:
                value = body(db)
                db.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(apsw.Error):
                    db.execute("ROLLBACK")
                raise
            return value

    def terms(self, text: str) -> list[str]:
        """The words of `text` as the full-text index has them."""
        with self._lock, translated(self.path):
            return self._split(
                text.encode("utf-8", "replace"),
                apsw.FTS5_TOKENIZE_QUERY,
                None,
                include_offsets=False,
                include_colocated=False,
            )

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close(True)


def _opened(path: Path, *, create: bool) -> Database:
    """A connection to the knowledge at `path`; with `create`, an empty one is made if there is none.

    Raises:
        KnowledgeError: there is none, it is something else, or it cannot be opened.
    """
    if not path.exists():
        if not create:
            raise KnowledgeError(
                "nothing was ever ingested in this workspace", remedy="batuta knowledge add"
            )
        with translated(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    with translated(path):
        db = cast("Database", apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE))
        try:
            cast("Any", db).set_busy_timeout(_BUSY_TIMEOUT_MS)
            # What is lost in a power failure is read again from its file: nobody was told that it is durable.
            db.execute(f"PRAGMA synchronous = NORMAL; PRAGMA cache_size = {_CACHE_KIB}")
            _prepare(db, path)
        except BaseException:
            db.close()
            raise
    return db


def _prepare(db: Database, path: Path) -> None:
    if _pragma(db, "application_id") != _APPLICATION_ID:
        if _pragma(db, "page_count"):
            raise KnowledgeError(
                f"{path} is not a store of knowledge", remedy="move the file away, and add again"
            )
        db.execute("PRAGMA journal_mode = WAL").fetchall()
        db.execute("BEGIN EXCLUSIVE")
        try:
            if not _pragma(db, "application_id"):  # another process may have been faster
                db.execute(files("batuta.knowledge").joinpath("schema.sql").read_text("utf-8"))
                db.execute(f"PRAGMA user_version = {_VERSION}")
                db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise
    if _pragma(db, "user_version") != _VERSION:
        raise KnowledgeError(
            f"{path} was written by another version of batuta",
            remedy=f"remove it ({path.name} holds nothing that is not in your files), and add again",
        )


def _pragma(db: Database, name: str) -> int:
    value = db.execute(f"PRAGMA {name}").fetchall()[0][0]
    assert isinstance(value, int), name
    return value


@contextmanager
def translated(path: Path) -> Generator[None]:
    """Errors of SQLite and of the system inside the block become ours."""
    try:
        yield
    except BatutaError:
        raise
    except (apsw.CorruptError, apsw.NotADBError, apsw.FormatError) as error:
        raise KnowledgeError(
            f"{path} is damaged ({error})",
            remedy="remove it: it holds nothing that is not in your files; then batuta knowledge add",
        ) from error
    except (apsw.FullError, apsw.IOError) as error:
        raise KnowledgeError(f"{path} cannot be written ({error})", remedy="make room") from error
    except (apsw.BusyError, apsw.LockedError) as error:
        raise KnowledgeError(
            f"{path} is locked by another process ({error})", remedy="wait for it, then try again"
        ) from error
    except (apsw.CantOpenError, apsw.ReadOnlyError, apsw.PermissionsError, OSError) as error:
        raise KnowledgeError(
            f"{path} cannot be opened or written ({error})",
            remedy="check the folder and its rights",
        ) from error
    except apsw.Error as error:
        raise Bug(
            f"the knowledge at {path} failed: {type(error).__name__}: {error}",
            remedy="report this",
        ) from error
