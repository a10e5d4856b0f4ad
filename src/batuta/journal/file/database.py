"""APSW as far as we use it, with types that say what we put in and get out."""

import array as numbers
from collections.abc import Iterable, Sequence
from typing import Any, Protocol, cast

import apsw

__all__ = ["Array", "Cursor", "Database", "Field", "array", "open_database"]

# An array that is bound as one parameter; only `array` makes it.
Array = Any
Field = int | float | str | bytes | None


class Cursor(Protocol):
    """The rows of one statement."""

    def fetchall(self) -> list[tuple[Any, ...]]: ...


class Database(Protocol):
    """A connection."""

    @property
    def in_transaction(self) -> bool: ...

    def execute(self, statements: str, bindings: Sequence[Any] = (), /) -> Cursor: ...

    def executemany(self, statements: str, bindings: Iterable[Sequence[Any]], /) -> Cursor: ...

    def set_busy_timeout(self, milliseconds: int, /) -> None: ...

    def close(self, force: bool = False, /) -> None: ...


def open_database(path: str, flags: int, vfs: str | None) -> Database:
    """A new connection to the file at `path`."""
    return cast("Database", apsw.Connection(path, flags=flags, vfs=vfs))


def array(items: "tuple[str, ...] | tuple[bytes, ...] | numbers.array[int]") -> Array:
    """`items` (at least one; a buffer of 64-bit integers, or texts, or bytes) as one parameter for `carray(?)`."""
    return cast("Any", apsw).carray(items)
