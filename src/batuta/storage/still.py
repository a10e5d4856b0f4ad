"""Looking at a file in a folder that cannot be written: SQLite then has no place for the index of its `-wal`.

While that file is empty or absent, nobody has written what is not in the file itself, and SQLite can read it as
something that never changes. Whether that is still true is asked after every read, so that what somebody begins to
write meanwhile is told, and never mixed with what was there before.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import apsw

from batuta.errors import BatutaError

__all__ = ["Still"]

_FLAGS = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI


class Still:
    """A connection that reads the file at `path` without one beside it, as long as nobody writes.

    Raises:
        error: there is something beside it that cannot be read from here; or, later, somebody has begun to write.
    """

    def __init__(self, path: Path, error: type[BatutaError], vfs: str | None = None) -> None:
        if _wal_bytes(path):
            raise error(
                f"{path} cannot be read: what is newest is in {path.name}-wal, and its folder cannot be written",
                remedy="look as a user who may write there, or at a copy of the folder",
            )
        self._path = path
        self._error = error
        self._state = _state(path)
        uri = f"{path.absolute().as_uri()}?immutable=1"
        self._db: Any = apsw.Connection(uri, flags=_FLAGS, vfs=vfs)

    @property
    def in_transaction(self) -> bool:
        return self._db.in_transaction

    def execute(self, statements: str, bindings: Sequence[Any] = (), /) -> "_Rows":
        try:
            rows = self._db.execute(statements, bindings).fetchall()
        except apsw.Error:
            self._check()  # half of one state and half of another looks like damage
            raise
        self._check()
        return _Rows(rows)

    def executemany(self, statements: str, bindings: Iterable[Sequence[Any]], /) -> Any:
        return self._db.executemany(statements, bindings)

    def set_busy_timeout(self, milliseconds: int, /) -> None:
        self._db.set_busy_timeout(milliseconds)

    def close(self, force: bool = False, /) -> None:
        self._db.close(force)

    def _check(self) -> None:
        if _state(self._path) != self._state or _wal_bytes(self._path):
            raise self._error(
                f"{self._path} is being written, and cannot be followed from here: its folder cannot be written",
                remedy="look again, or as a user who may write there",
            )


class _Rows:
    """Rows that were read already."""

    def __init__(self, rows: list[tuple[Any, ...]]) -> None:
        self._rows = rows

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self._rows


def _state(path: Path) -> tuple[int, ...]:
    found = os.stat(path)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _wal_bytes(path: Path) -> int:
    try:
        return os.stat(f"{path}-wal").st_size
    except FileNotFoundError:
        return 0
