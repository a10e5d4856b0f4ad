"""How a file of SQLite is opened; apart from the rest because it needs no SQLAlchemy, which takes 150 ms to load."""

import contextlib
import functools
import sqlite3
from pathlib import Path
from urllib.parse import quote

__all__ = ["connect", "schema_version"]

# How long to wait for another process's write lock, in seconds; a wait for a lock cannot be interrupted.
_BUSY_S = 1.0
# The largest text, blob or row that may come into being, in bytes: `zeroblob(1e9)` is refused, not allocated.
_LENGTH_MAX = 64 * 1_024 * 1_024
# Matching takes time that is quadratic in the length of the pattern, and nothing interrupts it.
_PATTERN_MAX = 1_000
_SQL_MAX = 1_000_000


def schema_version(file: Path) -> str:
    """A number that every change of the schema changes; "" if the file cannot be read. Takes some 0.2 ms."""
    try:
        with contextlib.closing(connect(file, "ro")) as connection:
            return str(connection.execute("PRAGMA schema_version").fetchone()[0])
    except sqlite3.Error:
        return ""


def connect(file: Path, mode: str) -> sqlite3.Connection:
    """A connection to `file` with mode `ro` or `rw`; it never makes one. Raises `sqlite3.Error`."""
    connection = sqlite3.connect(
        f"file:{quote(str(file))}?mode={mode}",
        uri=True,
        timeout=_BUSY_S,
        isolation_level=None,
        check_same_thread=False,
    )
    # What is not UTF-8 is shown as U+FFFD instead of making the whole table unreadable.
    connection.text_factory = functools.partial(str, encoding="utf-8", errors="replace")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LENGTH_MAX)
    connection.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, _SQL_MAX)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, _PATTERN_MAX)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    # Functions in the schema of a file that somebody else has made are not ours to run.
    connection.execute("PRAGMA trusted_schema = OFF")
    if mode == "ro":
        connection.execute("PRAGMA query_only = ON")
    return connection
