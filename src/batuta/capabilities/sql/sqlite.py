"""SQLite files, through the driver of the standard library behind a pool of SQLAlchemy's.

A read gets a connection to a file that was opened read-only, with `query_only` on, nothing attachable, and an
authorizer that lets it select, read and call functions: no PRAGMA, no ATTACH, no extension.
"""

import contextlib
import functools
import sqlite3
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from batuta.capabilities.sql.cells import Collected, distinct
from batuta.capabilities.sql.running import Bounds, Rows, Running, Statement
from batuta.capabilities.sql.sqlite_file import connect
from batuta.capabilities.sql.tables import Table, inspected
from batuta.capabilities.sql.trouble import Trouble
from batuta.spec.value import encode

__all__ = ["Sqlite"]

# Virtual-machine steps between two looks at the clock: some 50 µs.
_STEPS_PER_LOOK = 5_000

_READING = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE})
# Functions with which a query would reach beyond the database, where somebody has built them in.
_FUNCTIONS_DENIED = frozenset(
    {"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer", "lsdir", "fsdir"}
)
# What SQLite asks for itself when it connects a virtual table (json_each, full-text search). Nothing is written then,
# and the file is read-only anyway.
_HARMLESS = frozenset(
    {
        *(
            (sqlite3.SQLITE_UPDATE, "sqlite_master", column)
            for column in ("type", "name", "tbl_name", "rootpage", "sql")
        ),
        (sqlite3.SQLITE_PRAGMA, "data_version", None),
    }
)
_TABLE_FUNCTIONS = frozenset({"json_each", "json_tree"})
_NOT_WHEN_WRITING = frozenset({sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH, sqlite3.SQLITE_PRAGMA})
_Authorizer = Callable[[int, str | None, str | None, str | None, str | None], int]


class Sqlite:
    """One file. `count_max`: connections at once."""

    def __init__(self, file: Path, count_max: int) -> None:
        self._file = file
        self._dialect: Any = SQLiteDialect_pysqlite(paramstyle="named")
        opening: Any = functools.partial(connect, file, "ro")
        self._pool = QueuePool(
            opening,
            pool_size=count_max,
            max_overflow=0,
            reset_on_return=None,
        )

    def read(self, statement: Statement, bounds: Bounds, running: Running) -> Rows:
        """See `Backend`."""
        with self._reading(statement, running) as cursor:
            return _collected(cursor, bounds)

    def described(self, statement: Statement, running: Running) -> dict[str, dict[str, Any]]:
        """See `Backend`. Names alone: a value of SQLite has a type, a column has none."""
        with self._reading(statement, running) as cursor:
            return {name: {} for name in distinct(one[0] for one in cursor.description or ())}

    def write(self, statement: Statement, bounds: Bounds, running: Running) -> Rows:
        """See `Backend`."""
        with _translated(running), contextlib.closing(connect(self._file, "rw")) as connection:
            connection.set_authorizer(_authorize_write)
            connection.set_progress_handler(lambda: running.over, _STEPS_PER_LOOK)
            connection.execute("BEGIN IMMEDIATE")
            try:
                cursor = connection.execute(statement.text, _bound(statement.values))
                rows = _collected(cursor, bounds, changed=True)
                running.check()
                # From here on nobody interrupts: what is half committed is undone by the journal.
                connection.set_progress_handler(None, 0)
                _commit(connection)
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            return rows

    def spelled(self, sql: str) -> str:
        """See `Backend`. SQLite reads `:name` itself."""
        return sql

    def compiled(self, query: Any) -> Statement:
        """See `Backend`."""
        made = query.compile(dialect=self._dialect)
        return Statement(str(made), dict(made.params))

    def tables(self, wanted: tuple[str, ...]) -> list[Table]:
        """See `Backend`."""
        engine = create_engine("sqlite://", creator=functools.partial(connect, self._file, "ro"))
        try:
            with _translated(None):
                try:
                    return inspected(engine, wanted)
                except DBAPIError as error:
                    raise (error.orig or error) from None
        finally:
            engine.dispose()

    def close(self) -> None:
        """See `Backend`."""
        self._pool.dispose()

    @contextlib.contextmanager
    def _reading(self, statement: Statement, running: Running) -> Generator[sqlite3.Cursor]:
        running.check()
        with _translated(running):
            pooled = self._pool.connect()
            try:
                connection: Any = pooled.driver_connection
                connection.set_progress_handler(lambda: running.over, _STEPS_PER_LOOK)
                # Set anew for each statement, which also makes SQLite prepare a remembered one again.
                connection.set_authorizer(_authorize_read(statement.tables))
                cursor = connection.cursor()
                try:
                    cursor.execute(statement.text, _bound(statement.values))
                    yield cursor
                finally:
                    cursor.close()
            except BaseException:
                pooled.invalidate()
                raise
            finally:
                pooled.close()


def _authorize_read(tables: frozenset[str] | None) -> _Authorizer:
    def authorize(
        action: int, first: str | None, second: str | None, _where: str | None, via: str | None
    ) -> int:
        if action in _READING:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION:
            denied = (second or "").lower() in _FUNCTIONS_DENIED
            return sqlite3.SQLITE_DENY if denied else sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_READ:
            # `via` is the view (or trigger) that reads; who may see a view may see what it shows.
            seen = tables is None or not tables.isdisjoint(
                {(first or "").lower(), (via or "").lower()}
            )
            free = first in _TABLE_FUNCTIONS or (first, second) == ("sqlite_master", "ROWID")
            return sqlite3.SQLITE_OK if seen or free else sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK if (action, first, second) in _HARMLESS else sqlite3.SQLITE_DENY

    return authorize


def _authorize_write(
    action: int, _first: str | None, second: str | None, _where: str | None, _via: str | None
) -> int:
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _FUNCTIONS_DENIED:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_DENY if action in _NOT_WHEN_WRITING else sqlite3.SQLITE_OK


def _bound(values: dict[str, Any]) -> dict[str, Any]:
    """Lists and maps travel as JSON, for `json_each(:ids)`."""
    return {
        name: encode(value).decode() if type(value) in (list, dict) else value
        for name, value in values.items()
    }


def _collected(cursor: sqlite3.Cursor, bounds: Bounds, *, changed: bool = False) -> Rows:
    collected = Collected([one[0] for one in cursor.description or ()], bounds)
    full = False
    for row in cursor:
        if full:
            continue  # a statement with RETURNING is done when its rows are read
        if not collected.add(row):
            if not changed:
                break
            full = True
    return collected.rows(max(cursor.rowcount, 0) if changed else None)


def _commit(connection: sqlite3.Connection) -> None:
    try:
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        if (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF == sqlite3.SQLITE_IOERR:
            text = "the disk failed while committing"
            raise Trouble("unknown", text, in_doubt=True) from None
        raise


@contextlib.contextmanager
def _translated(running: Running | None) -> Generator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise _trouble(error, running) from None
    except sqlite3.Warning as error:  # Python 3.11 says so of a second statement
        raise Trouble("invalid", str(error), "send one statement") from None
    except OverflowError:
        raise Trouble("invalid", "a number is too large for SQLite (64 bits)") from None
    except UnicodeError:
        raise Trouble("invalid", "a text is not valid Unicode") from None


def _trouble(error: sqlite3.Error, running: Running | None) -> Trouble:
    text = str(error)[:500]
    # The low byte is the kind, the rest refines it. 0: the driver itself complains.
    match (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF:
        case sqlite3.SQLITE_INTERRUPT if running is not None:
            return running.too_slow()
        case sqlite3.SQLITE_AUTH | sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return Trouble("forbidden", f"the database refuses: {text}", "only reading is allowed")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return Trouble("unavailable", f"the database is busy: {text}", may_retry=True)
        case sqlite3.SQLITE_CANTOPEN:
            return Trouble(
                "unavailable",
                "the file of the database cannot be opened",
                "is it where `url` says?",
            )
        case sqlite3.SQLITE_TOOBIG | sqlite3.SQLITE_NOMEM:
            return Trouble("too_large", f"a value is too large: {text}")
        case sqlite3.SQLITE_CONSTRAINT:
            return Trouble("conflict", f"a rule of the database forbids it: {text}")
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_IOERR:
            return Trouble("broken", f"the file of the database is damaged or none: {text}")
        case sqlite3.SQLITE_FULL:
            return Trouble("unavailable", f"there is no space: {text}", may_retry=True)
        case _ if text.startswith(("no such table", "no such column")):
            return Trouble("not_found", text, "the names have changed, or were never there")
        case _ if "prohibited" in text or "not authorized" in text:
            return Trouble("forbidden", f"the database refuses: {text}", "only reading is allowed")
        case _ if "one statement" in text:
            return Trouble("invalid", text, "send one statement")
        case _:
            return Trouble("invalid", f"the database does not understand it: {text}")
