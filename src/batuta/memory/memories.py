"""What is remembered for long: short texts, each about somebody or something, with all that has become of it.

A memory keeps its id. What it says is its newest revision; earlier ones stay as they were, until it is forgotten.
Then nobody's words are left of any of them.
"""

import secrets
from typing import Any

from batuta.errors import CallFailed
from batuta.language.similarity import profile, similarity
from batuta.memory.database import By, once
from batuta.memory.naming import checked_name, checked_text
from batuta.storage.connection import Connection, Database
from batuta.storage.words import create_words

__all__ = ["TEXT_CHARS_MAX", "Memories", "find_collection", "make_collection"]

# What is longer is a document: for those there is knowledge.
TEXT_CHARS_MAX = 4_000
_SOURCE_CHARS_MAX = 2_000
_LONG = "one memory says one thing; documents belong into `knowledge`"
# From here on two texts are taken to say nearly the same; and how many, of the newest about the same, are compared.
_NEAR = 0.8
_COMPARED_MAX = 200
# Texts that share fewer of their pieces do not say nearly the same.
_PIECES_MIN = 0.5
_NEAR_TOLD_MAX = 5
LISTED_MAX = 1_000
# Memories that are forgotten in one transaction.
_FORGOTTEN_AT_ONCE = 500
_COLUMNS = ("id", "text", "about", "source", "at", "run", "step", "author")
_SHOWN = (
    "SELECT memories.id, text, memories.about, source, at, run, step, author FROM memories"
    " JOIN revisions ON revisions.id = memories.revision"
)


def find_collection(connection: Connection, name: str) -> int | None:
    """The number of the collection `name`; None if nothing was ever remembered in it."""
    rows = connection.rows("SELECT id FROM collections WHERE name = ?", (name,))
    return rows[0][0] if rows else None


def make_collection(connection: Connection, name: str) -> int:
    """The number of the collection `name`, which is there afterwards."""

    def body(db: Database) -> int:
        rows = db.execute("SELECT id FROM collections WHERE name = ?", (name,)).fetchall()
        if rows:  # another process was faster
            return rows[0][0]
        db.execute("INSERT INTO collections (name) VALUES (?)", (name,))
        number = db.last_insert_rowid()
        create_words(db, number, "revisions", ("about", "text"), overwrite=True)
        return number

    number = find_collection(connection, name)
    return connection.changed(body) if number is None else number


class Memories:
    """One collection of an open memory. Every method may be called from any thread."""

    def __init__(self, connection: Connection, number: int) -> None:
        self._connection = connection
        self._number = number

    def remember(self, text: str, by: By, *, about: str = "", source: str = "") -> dict[str, Any]:
        """Remember `text`; its id. What says the same about the same is not remembered twice: `new` is false then.

        `near`: memories about the same that say nearly the same, which may want to be corrected instead.

        Raises:
            CallFailed: `invalid`, `too_large`.
        """
        text = checked_text(text.strip(), TEXT_CHARS_MAX, "a memory", _LONG)
        if not text:
            raise CallFailed("a memory says something: the text is empty", code="invalid")
        about = checked_name(about, "about") if about else ""
        source = checked_text(source, _SOURCE_CHARS_MAX, "a source", "say where it is found")
        return self._connection.changed(
            lambda db: once(db, by, lambda: self._remember(db, text, about, source, by))
        )

    def correct(self, id_: str, text: str, by: By) -> dict[str, Any]:
        """Let the memory say `text` from now on; what it said before stays in its history.

        Raises:
            CallFailed: `not_found`: there is none of this id in the collection, or it is forgotten. `invalid`.
        """
        text = checked_text(text.strip(), TEXT_CHARS_MAX, "a memory", _LONG)
        if not text:
            raise CallFailed("to erase a memory is to forget it: the text is empty", code="invalid")
        return self._connection.changed(
            lambda db: once(db, by, lambda: self._correct(db, id_, text, by))
        )

    def forget(self, by: By, *, id_: str = "", about: str = "") -> dict[str, Any]:
        """Erase a memory, or all `about` somebody; how many, and the runs that have remembered or corrected them.

        Raises:
            CallFailed: `invalid`: both are given, or none, or `about` is no name.
        """
        if bool(id_) == bool(about):
            raise CallFailed(
                "either id or about: one memory, or all about somebody", code="invalid"
            )
        about = checked_name(about, "about") if about else ""

        def body(db: Database) -> dict[str, Any]:
            what = "about" if about else "id"
            found = db.execute(
                f"SELECT id FROM memories WHERE collection = ? AND +revision IS NOT NULL AND {what} = ?",
                (self._number, about or id_),
            ).fetchall()
            runs: dict[str, None] = {}
            for (one,) in found:
                runs |= dict.fromkeys(self._forget(db, one, by))
            return {"forgotten": len(found), "runs": list(runs)[:100]}

        return self._connection.changed(lambda db: once(db, by, lambda: body(db)))

    def forget_old(self, before: float, by: By) -> int:
        """Erase what was remembered, repeated or corrected last before `before`; how many."""

        def some(db: Database) -> int:
            rows = db.execute(
                "SELECT id FROM memories WHERE collection = ? AND revision IS NOT NULL AND changed_at < ? LIMIT ?",
                (self._number, before, _FORGOTTEN_AT_ONCE),
            ).fetchall()
            for (one,) in rows:
                self._forget(db, one, by)
            return len(rows)

        forgotten = 0
        while count := self._connection.changed(some):
            forgotten += count
        return forgotten

    def listed(self, *, about: str = "", limit: int = LISTED_MAX) -> list[dict[str, Any]]:
        """What is remembered, newest first; `about` this only.

        Raises `CallFailed` (`invalid`) if `about` is no name.
        """
        about = checked_name(about, "about") if about else ""
        rows = self._connection.rows(
            f"{_SHOWN} WHERE collection = ? AND (? = '' OR memories.about = ?) ORDER BY revision DESC LIMIT ?",
            (self._number, about, about, limit),
        )
        return [dict(zip(_COLUMNS, row, strict=True)) for row in rows]

    def of_revisions(self, revisions: list[int]) -> dict[int, dict[str, Any]]:
        """The memories that say what these revisions say, by revision."""
        marks = ",".join("?" * len(revisions))
        rows = self._connection.rows(
            f"{_SHOWN.replace('SELECT ', 'SELECT revision, ')} WHERE revision IN ({marks})",
            revisions,
        )
        return {row[0]: dict(zip(_COLUMNS, row[1:], strict=True)) for row in rows}

    def _remember(self, db: Database, text: str, about: str, source: str, by: By) -> dict[str, Any]:
        said = _words(text)
        same = db.execute(
            "SELECT id FROM memories WHERE collection = ? AND about = ? AND words = ?",
            (self._number, about, said),
        ).fetchall()
        if same:
            id_ = same[0][0]
            _revise(db, id_, "repeated", by, source=source)
            db.execute("UPDATE memories SET changed_at = ? WHERE id = ?", (by.at, id_))
            return {"id": id_, "new": False, "near": []}
        near = self._near(db, text, about)
        id_ = f"m-{secrets.token_hex(8)}"
        db.execute(
            "INSERT INTO memories (id, collection, about, words, changed_at) VALUES (?, ?, ?, ?, ?)",
            (id_, self._number, about, said, by.at),
        )
        self._say(db, id_, _revise(db, id_, "remembered", by, about, text, source), by)
        return {"id": id_, "new": True, "near": near}

    def _near(self, db: Database, text: str, about: str) -> list[str]:
        """Those of the newest memories about the same that say nearly the same, nearest first."""
        rows = db.execute(
            "SELECT memories.id, text FROM memories JOIN revisions ON revisions.id = memories.revision"
            # The plus keeps SQLite from the index by revision: it would look at all memories.
            " WHERE collection = ? AND memories.about = ? ORDER BY +revision DESC LIMIT ?",
            (self._number, about, _COMPARED_MAX),
        ).fetchall()
        own = profile(text)
        scored: list[tuple[float, str]] = []
        for id_, said in rows:
            other = profile(said)
            # To compare words takes a millisecond, to compare pieces of words a hundredth of that.
            common = 2 * len(own.pieces & other.pieces)
            if common >= _PIECES_MIN * (len(own.pieces) + len(other.pieces)):
                scored.append((similarity(own, other), id_))
        near = sorted((one for one in scored if one[0] >= _NEAR), reverse=True)
        return [id_ for _, id_ in near[:_NEAR_TOLD_MAX]]

    def _correct(self, db: Database, id_: str, text: str, by: By) -> dict[str, Any]:
        rows = db.execute(
            "SELECT revision, about FROM memories WHERE collection = ? AND id = ?",
            (self._number, id_),
        ).fetchall()
        if not rows or rows[0][0] is None:
            state = "is forgotten" if rows else "was never here"
            raise CallFailed(f"{id_[:80]} {state}: recall gives the ids that are", code="not_found")
        before, about = rows[0]
        self._unsay(db, before)
        self._say(db, id_, _revise(db, id_, "corrected", by, about, text), by)
        db.execute("UPDATE memories SET words = ? WHERE id = ?", (_words(text), id_))
        return {"id": id_}

    def _forget(self, db: Database, id_: str, by: By) -> list[str]:
        """Erase the words of all its revisions; the runs they came from."""
        (revision,) = db.execute("SELECT revision FROM memories WHERE id = ?", (id_,)).fetchall()[0]
        self._unsay(db, revision)
        runs = db.execute(
            "SELECT DISTINCT run FROM revisions WHERE memory = ? AND run != ''", (id_,)
        ).fetchall()
        db.execute(
            "UPDATE revisions SET about = NULL, text = NULL, source = NULL WHERE memory = ?", (id_,)
        )
        _revise(db, id_, "forgotten", by)
        db.execute(
            "UPDATE memories SET about = NULL, words = NULL, revision = NULL, changed_at = ? WHERE id = ?",
            (by.at, id_),
        )
        self._changed(db)
        return [run for (run,) in runs]

    def _say(self, db: Database, id_: str, revision: int, by: By) -> None:
        """Let the memory say what this revision says."""
        db.execute(
            f"INSERT INTO words_{self._number} (rowid, about, text)"
            " SELECT id, about, text FROM revisions WHERE id = ?",
            (revision,),
        )
        db.execute(
            "UPDATE memories SET revision = ?, changed_at = ? WHERE id = ?", (revision, by.at, id_)
        )
        self._changed(db)

    def _unsay(self, db: Database, revision: int) -> None:
        """This revision is not found any more."""
        db.execute(
            f"INSERT INTO words_{self._number} (words_{self._number}, rowid, about, text)"
            " SELECT 'delete', id, about, text FROM revisions WHERE id = ?",
            (revision,),
        )
        db.execute("DELETE FROM vectors WHERE revision = ?", (revision,))

    def _changed(self, db: Database) -> None:
        db.execute(
            "UPDATE collections SET generation = generation + 1 WHERE id = ?", (self._number,)
        )


def _revise(
    db: Database, id_: str, what: str, by: By, about: str | None = None,
    text: str | None = None, source: str | None = None,
) -> int:  # fmt: skip
    """Write down what has become of a memory; the number of the revision."""
    db.execute(
        "INSERT INTO revisions (memory, what, about, text, source, at, run, step, author)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (id_, what, about, text, source, by.at, by.run, by.step, by.author),
    )
    return db.last_insert_rowid()


def _words(text: str) -> str:
    """What says the same has the same: letters of any size, any blanks, with or without a full stop."""
    return " ".join(text.casefold().split()).rstrip(".!") or text
