"""Conversations: messages in order, under a name, that any run can read and continue.

The head of a thread is the id of its newest message; 0 while there is none. Ids are never given twice: who adds behind
a head that was read adds behind what was read, or not at all.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from batuta.errors import CallFailed
from batuta.memory.database import By, once
from batuta.storage.connection import Connection, Database

__all__ = ["AT_MOST_DEFAULT", "AT_MOST_MAX", "NAME_CHARS_MAX", "Threads"]

# Messages that are read at once, unless said otherwise; and at most.
AT_MOST_DEFAULT, AT_MOST_MAX = 50, 1_000
NAME_CHARS_MAX = 200
# Messages added at once, and the longest one: what is longer is a file, and a message names it.
ADDED_MAX = 100
TEXT_CHARS_MAX = 200_000
# Characters that are read at once; a message more may be among them.
_READ_CHARS_MAX = 1_000_000
# A conversation of people ends sooner; a loop that fills one does not.
_MESSAGES_MAX = 1_000_000


class Threads:
    """The conversations of an open memory. `None` for one that has no file yet: then there are none."""

    def __init__(self, connection: Connection | None) -> None:
        self._connection = connection

    def read(self, name: str, at_most: int = AT_MOST_DEFAULT) -> dict[str, Any]:
        """The newest messages of the thread, oldest first, and its head; none if it was never heard of.

        `more`: older ones are there.
        """
        name = thread_name(name)
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
        name = thread_name(name)
        for one in messages:
            _check_text(one["text"])
        assert self._connection is not None, "who adds has opened a file"
        return self._connection.changed(
            lambda db: once(db, by, lambda: _add(db, name, messages, by, after))
        )

    def _newest(self, name: str, count: int) -> list[Any]:
        if self._connection is None:
            return []
        return self._connection.rows(
            "SELECT messages.id, role, text, at, run, step FROM threads JOIN messages ON messages.thread = threads.id"
            " WHERE name = ? ORDER BY messages.id DESC LIMIT ?",
            (name, count),
        )


def thread_name(name: str) -> str:
    """A name as it is kept: composed Unicode, so that it is the same however it was typed.

    Raises:
        CallFailed: `invalid`: it is empty, too long, or has what nobody sees.
    """
    composed = unicodedata.normalize("NFC", name)
    if not 0 < len(composed) <= NAME_CHARS_MAX:
        raise _invalid(f"the name of a thread has 1 to {NAME_CHARS_MAX} characters")
    if composed != composed.strip() or any(
        unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp") for one in composed
    ):
        raise _invalid("the name of a thread has no line breaks, and no blanks around it")
    return composed


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


def _between(db: Database, thread: int, after: int) -> str:
    """Who has added behind `after`."""
    rows = db.execute(
        "SELECT DISTINCT run FROM messages WHERE thread = ? AND id > ? AND run != '' LIMIT 3",
        (thread, after),
    ).fetchall()
    return f"Meanwhile answered by {', '.join(run for (run,) in rows)}. " if rows else ""


def _check_text(text: str) -> None:
    if len(text) > TEXT_CHARS_MAX:
        raise CallFailed(
            f"a message of {len(text):,} characters, at most {TEXT_CHARS_MAX:,}: write it into a file, and name that",
            code="too_large",
        )
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _invalid("a message has half of a character (a lone surrogate)") from None


def _invalid(message: str) -> CallFailed:
    return CallFailed(message, code="invalid")
