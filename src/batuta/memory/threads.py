"""Conversations: messages in order, under a name, that any run can read and continue.

The head of a thread is the id of its newest message; 0 while there is none. Ids are never given twice: who adds behind
a head that was read adds behind what was read, or not at all.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from batuta.errors import CallFailed
from batuta.memory.database import By, once
from batuta.memory.naming import checked_name, checked_text, composed
from batuta.storage.connection import Connection, Database

__all__ = ["TEXT_CHARS_MAX", "Threads"]

_NAME = "the name of a thread"
# The longest message: what is longer is a file, and a message names it.
TEXT_CHARS_MAX = 200_000
# Characters that are read at once; a message more may be among them.
_READ_CHARS_MAX = 1_000_000
# Threads that are listed at once, and the runs that are named.
LISTED_MAX = 1_000
_RUNS_MAX = 100
# A conversation of people ends sooner; a loop that fills one does not.
_MESSAGES_MAX = 1_000_000


class Threads:
    """The conversations of an open memory. `None` for one that has no file yet: then there are none."""

    def __init__(self, connection: Connection | None) -> None:
        self._connection = connection

    def read(self, name: str, at_most: int) -> dict[str, Any]:
        """The newest messages of the thread, oldest first, and its head; none if it was never heard of.

        `more`: older ones are there. Raises `CallFailed` (`invalid`) if `name` is none.
        """
        name = checked_name(name, _NAME)
        messages: list[dict[str, Any]] = []
        more = False
        chars = 0
        for id_, role, text, at, run, step in self._newest(name, at_most + 1):
            if len(messages) == at_most or (messages and chars + len(text) > _READ_CHARS_MAX):
                more = True
                break
            chars += len(text)
            messages.append(
                {"role": role, "text": text, "at": at, "run": run, "step": step, "id": id_}
            )
        head = messages[0]["id"] if messages else 0
        return {"thread": name, "messages": messages[::-1], "head": head, "more": more}

    def add(
        self, name: str, messages: Sequence[Mapping[str, str]], by: By, *, after: int | None = None
    ) -> dict[str, Any]:
        """Add messages (`role`, `text`) at the end; the new head. Under a key that was here before, nothing is added.

        `after`: the head behind which they belong.

        Raises:
            CallFailed: `moved`: the head is another one. `too_large`, `invalid`, `full`.
        """
        name = checked_name(name, _NAME)
        for one in messages:
            checked_text(
                one["text"], TEXT_CHARS_MAX, "a message", "write it into a file, and name that"
            )
        assert self._connection is not None, "who adds has opened a file"
        return self._connection.changed(
            lambda db: once(db, by, lambda: _add(db, name, messages, by, after))
        )

    def forget(self, name: str, by: By) -> dict[str, Any]:
        """Erase the thread; how many messages it had, and the runs that have added them.

        Raises `CallFailed` (`invalid`) if `name` is none.
        """
        name = checked_name(name, _NAME)
        if self._connection is None:
            return {"forgotten": 0, "runs": []}
        return self._connection.changed(lambda db: once(db, by, lambda: _forget(db, name)))

    def forget_quiet(self, before: float) -> int:
        """Erase the threads to which nothing was added since `before`; how many."""
        if self._connection is None:
            return 0
        names = self._connection.rows("SELECT name FROM threads WHERE changed_at < ?", (before,))
        for (name,) in names:
            self._connection.changed(lambda db, name=name: _forget(db, name, before))
        return len(names)

    def listed(self, *, beginning: str = "", limit: int = LISTED_MAX) -> list[dict[str, Any]]:
        """The threads whose name begins so, those that changed last first: name, messages, first and last time."""
        if self._connection is None:
            return []
        beginning = composed(beginning)
        rows = self._connection.rows(
            "SELECT name, count, head, began_at, changed_at FROM threads WHERE substr(name, 1, ?) = ?"
            " ORDER BY changed_at DESC, id DESC LIMIT ?",
            (len(beginning), beginning, limit),
        )
        keys = ("thread", "messages", "head", "began_at", "changed_at")
        return [dict(zip(keys, row, strict=True)) for row in rows]

    def _newest(self, name: str, count: int) -> list[Any]:
        if self._connection is None:
            return []
        return self._connection.rows(
            "SELECT messages.id, role, text, at, run, step FROM threads JOIN messages ON messages.thread = threads.id"
            " WHERE name = ? ORDER BY messages.id DESC LIMIT ?",
            (name, count),
        )


def _add(
    db: Database, name: str, messages: Sequence[Mapping[str, str]], by: By, after: int | None
) -> dict[str, Any]:
    rows = db.execute("SELECT id, head, count FROM threads WHERE name = ?", (name,)).fetchall()
    thread, head, count = rows[0] if rows else (0, 0, 0)
    if after is not None and after != head:
        raise CallFailed(
            f"the thread has moved: its head is {head}, not {after}. {_between(db, thread, after)}Read it again, and"
            " answer what is there now",
            code="moved",
        )
    if count + len(messages) > _MESSAGES_MAX:
        raise CallFailed(
            f"the thread has {count:,} messages, at most {_MESSAGES_MAX:,}: begin another",
            code="full",
        )
    if not rows:
        db.execute(
            "INSERT INTO threads (name, head, count, began_at, changed_at) VALUES (?, 0, 0, ?, ?)",
            (name, by.at, by.at),
        )
        thread = db.last_insert_rowid()
    for one in messages:
        db.execute(
            "INSERT INTO messages (thread, role, text, at, run, step) VALUES (?, ?, ?, ?, ?, ?)",
            (thread, one["role"], one["text"], by.at, by.run, by.step),
        )
    head = db.last_insert_rowid()
    db.execute(
        "UPDATE threads SET head = ?, count = count + ?, changed_at = ? WHERE id = ?",
        (head, len(messages), by.at, thread),
    )
    return {"head": head}


def _forget(db: Database, name: str, before: float | None = None) -> dict[str, Any]:
    rows = db.execute("SELECT id, changed_at FROM threads WHERE name = ?", (name,)).fetchall()
    if not rows or (before is not None and rows[0][1] >= before):
        return {"forgotten": 0, "runs": []}
    thread = rows[0][0]
    runs = db.execute(
        "SELECT DISTINCT run FROM messages WHERE thread = ? AND run != '' ORDER BY run LIMIT ?",
        (thread, _RUNS_MAX),
    ).fetchall()
    db.execute("DELETE FROM messages WHERE thread = ?", (thread,))
    count = db.changes()
    db.execute("DELETE FROM threads WHERE id = ?", (thread,))
    return {"forgotten": count, "runs": [run for (run,) in runs]}


def _between(db: Database, thread: int, after: int) -> str:
    """Who has added behind `after`."""
    rows = db.execute(
        "SELECT DISTINCT run FROM messages WHERE thread = ? AND id > ? AND run != '' LIMIT 3",
        (thread, after),
    ).fetchall()
    return f"Meanwhile answered by {', '.join(run for (run,) in rows)}. " if rows else ""
