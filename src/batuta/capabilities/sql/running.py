"""One statement on its way: how long it may take, how much it may give, and how it is stopped from outside."""

import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from batuta.capabilities.sql.tables import Table
from batuta.capabilities.sql.trouble import Trouble

__all__ = ["Backend", "Bounds", "Rows", "Running", "Statement"]


class Statement(msgspec.Struct, frozen=True):
    """SQL in the spelling of the driver, and the values that are bound to it.

    `tables`: the only ones it may read; None: all that the connection may. `rows`: so many are enough.
    """

    text: str
    values: dict[str, Any] = {}
    tables: frozenset[str] | None = None
    rows: int | None = None


class Bounds(msgspec.Struct, frozen=True):
    """Rows and bytes (of their JSON) that one call may give."""

    rows: int
    bytes: int

    def narrowed(self, rows: int | None) -> "Bounds":
        """With at most so many rows."""
        return self if rows is None else Bounds(min(rows, self.rows), self.bytes)


class Rows(msgspec.Struct, frozen=True):
    """What a statement gave: rows as lists of JSON values, in the order of `columns`.

    `truncated`: there are more. `changed`: rows that were written, None where nobody counts.
    """

    columns: tuple[str, ...] = ()
    rows: list[list[Any]] = []
    truncated: bool = False
    changed: int | None = None


class Running:
    """Shared by the thread that works on a statement and the event loop that may lose patience.

    `deadline`: of `time.monotonic`, in seconds.
    """

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.stopped = False
        self._lock = threading.Lock()
        self._interrupt: Callable[[], None] | None = None

    @property
    def left_s(self) -> float:
        return self.deadline - time.monotonic()

    @property
    def over(self) -> bool:
        """True if nobody waits any more."""
        return self.stopped or self.left_s <= 0

    def check(self) -> None:
        """Raise `Trouble` if nobody waits any more."""
        if self.over:
            raise self.too_slow()

    def too_slow(self) -> Trouble:
        if self.stopped:
            return Trouble("cancelled", "the statement was stopped", may_retry=True)
        return Trouble(
            "timeout",
            "the statement took too long and was stopped",
            "narrow it, add an index, or raise `timeout` of the database in batuta.yaml",
            may_retry=True,
        )

    def begin(self, interrupt: Callable[[], None]) -> None:
        """From now on `interrupt` stops the work; it must return at once. It may be called right away."""
        with self._lock:
            self._interrupt = interrupt
            stopped = self.stopped
        if stopped:
            interrupt()

    def end(self) -> bool:
        """The work is over: nothing will be interrupted any more. True if nothing was."""
        with self._lock:
            self._interrupt = None
            return not self.stopped

    def stop(self) -> None:
        """Stop the work, from any thread; at once or as soon as it has begun."""
        with self._lock:
            self.stopped = True
            if self._interrupt is not None:
                self._interrupt()


class Backend(Protocol):
    """A database of one kind. Everything blocks; everything raises `Trouble` and nothing else that is expected."""

    def read(self, statement: Statement, bounds: Bounds, running: Running) -> Rows:
        """What a statement gives that can change nothing."""
        ...

    def write(self, statement: Statement, bounds: Bounds, running: Running) -> Rows:
        """What a statement gives that is committed before this returns, or has left nothing behind."""
        ...

    def described(self, statement: Statement, running: Running) -> dict[str, dict[str, Any]]:
        """The columns that a statement gives, each with what is known of its values as JSON Schema."""
        ...

    def spelled(self, sql: str) -> str:
        """`sql`, whose parameters are `:name`, as the driver wants it."""
        ...

    def compiled(self, query: Any) -> Statement:
        """A statement of SQLAlchemy as one of ours."""
        ...

    def tables(self, wanted: tuple[str, ...]) -> list[Table]:
        """The tables and views that there are, of these names or all."""
        ...

    def close(self) -> None:
        """Let go of every connection."""
        ...
