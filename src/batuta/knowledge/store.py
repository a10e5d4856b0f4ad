"""What is kept of a collection: its files, their chunks, the words in them, and their vectors.

Words are in one full-text index per collection, so that how rare a word is, is judged by its own collection.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from batuta.knowledge.chunk import Chunk
from batuta.knowledge.database import open_knowledge
from batuta.knowledge.index import Index
from batuta.storage.connection import Database
from batuta.storage.words import create_words

__all__ = ["Entry", "Store", "Stored"]

# How many values a statement is given at once.
_BATCH = 500


class Stored(NamedTuple):
    """A file as it was when it was read. `code` and `message` say why it could not be; "" if it could."""

    id: int
    size: int
    mtime_ns: int
    digest: bytes
    recipe: str
    code: str
    message: str


class Entry(msgspec.Struct, frozen=True):
    """A file as it is to be stored; `texts` and `vectors` (as stored) belong to `chunks`."""

    source: str
    size: int
    mtime_ns: int
    digest: bytes
    recipe: str
    metadata: dict[str, Any] = {}
    code: str = ""
    message: str = ""
    chunks: Sequence[Chunk] = ()
    texts: Sequence[str] = ()
    embeddings: Sequence[int] = ()


class Store:
    """The knowledge of a workspace. Every method may be called from any thread; one works at a time."""

    def __init__(self, path: Path, *, create: bool = False, read_only: bool = False) -> None:
        """`read_only`: for who only looks at what is there.

        Raises `KnowledgeError` if there is none (unless `create`), or it cannot be opened.
        """
        self._connection = open_knowledge(path, create=create, read_only=read_only)
        self._rows = self._connection.rows
        self._changed = self._connection.changed

    def index(self, number: int) -> Index:
        """The collection as it is searched."""
        return Index(self._connection, number)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    # ── collections ──────────────────────────────────────────────────────────────────────────────────────────────

    def find(self, name: str) -> int | None:
        """The number of the collection `name`; None if it was never ingested."""
        rows = self._rows("SELECT id FROM collections WHERE name = ?", (name,))
        return rows[0][0] if rows else None

    def make(self, name: str) -> int:
        """The number of the collection `name`, which is there afterwards."""

        def body(db: Database) -> int:
            rows = db.execute("SELECT id FROM collections WHERE name = ?", (name,)).fetchall()
            if rows:
                return rows[0][0]
            db.execute("INSERT INTO collections (name) VALUES (?)", (name,))
            number = db.last_insert_rowid()
            create_words(db, number, "chunks", ("heading", "text"))
            return number

        return self._changed(body)

    def finished(self, number: int, at: float) -> None:
        """Remember that an ingest of the collection was complete at `at` (seconds of the epoch)."""
        self._changed(
            lambda db: db.execute(
                "UPDATE collections SET ingested_at = ? WHERE id = ?", (at, number)
            )
        )

    def is_whole(self, number: int) -> bool:
        """True if an ingest of the collection was ever complete."""
        rows = self._rows("SELECT ingested_at FROM collections WHERE id = ?", (number,))
        return rows[0][0] is not None

    def counts(self, number: int) -> dict[str, Any]:
        """How much there is: documents, chunks, characters, files that could not be read, time of the last ingest."""
        files, unread, size = self._rows(
            "SELECT count(*), coalesce(sum(code != ''), 0), coalesce(sum(bytes), 0) FROM documents"
            " WHERE collection = ?",
            (number,),
        )[0]
        chunks, characters = self._rows(
            "SELECT count(*), coalesce(sum(stop - start), 0) FROM chunks WHERE collection = ?",
            (number,),
        )[0]
        at = self._rows("SELECT ingested_at FROM collections WHERE id = ?", (number,))[0][0]
        return {
            "documents": files - unread,
            "unreadable": unread,
            "bytes": size,
            "chunks": chunks,
            "characters": characters,
            "ingested_at": at,
        }

    # ── files ────────────────────────────────────────────────────────────────────────────────────────────────────

    def files(self, number: int) -> dict[str, Stored]:
        """What is known of every file of the collection, by source."""
        rows = self._rows(
            "SELECT source, id, bytes, mtime_ns, digest, recipe, code, message FROM documents"
            " WHERE collection = ?",
            (number,),
        )
        return {row[0]: Stored(*row[1:]) for row in rows}

    def put(self, number: int, entry: Entry) -> None:
        """Store a file with all its chunks in place of what was known of it; all of it at once, or nothing."""

        def body(db: Database) -> None:
            _remove(db, number, entry.source)
            db.execute(
                "INSERT INTO documents (collection, source, bytes, mtime_ns, digest, recipe, metadata, code, message)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (number, entry.source, entry.size, entry.mtime_ns, entry.digest, entry.recipe,
                 json.dumps(entry.metadata, ensure_ascii=False), entry.code, entry.message),
            )  # fmt: skip
            document = db.last_insert_rowid()
            rows = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'chunks'").fetchall()
            first = (rows[0][0] if rows else 0) + 1
            together = zip(entry.chunks, entry.texts, entry.embeddings, strict=True)
            db.executemany(
                "INSERT INTO chunks (id, collection, document, start, stop, page, heading, text, embedding)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        first + at,
                        number,
                        document,
                        it.start,
                        it.end,
                        it.page,
                        it.heading,
                        text,
                        vector,
                    )
                    for at, (it, text, vector) in enumerate(together)
                ],
            )
            db.executemany(
                f"INSERT INTO words_{number} (rowid, heading, text) VALUES (?, ?, ?)",
                [
                    (first + at, it.heading, text)
                    for at, (it, text) in enumerate(zip(entry.chunks, entry.texts, strict=True))
                ],
            )
            _changed_what_is_found(db, number)

        self._changed(body)

    def touch(self, document: int, size: int, mtime_ns: int) -> None:
        """The file was written without another content."""
        self._changed(
            lambda db: db.execute(
                "UPDATE documents SET bytes = ?, mtime_ns = ? WHERE id = ?",
                (size, mtime_ns, document),
            )
        )

    def remove(self, number: int, source: str) -> None:
        """Forget a file and all its chunks."""

        def body(db: Database) -> None:
            _remove(db, number, source)
            _changed_what_is_found(db, number)

        self._changed(body)

    # ── vectors ──────────────────────────────────────────────────────────────────────────────────────────────────

    def embeddings(self, embedder: str, digests: Iterable[bytes]) -> dict[bytes, int]:
        """The numbers of the vectors that are there already, by the digest of what was embedded."""
        found: dict[bytes, int] = {}
        wanted = list(dict.fromkeys(digests))
        for at in range(0, len(wanted), _BATCH):
            some = wanted[at : at + _BATCH]
            marks = ",".join("?" * len(some))
            found |= dict(
                self._rows(
                    f"SELECT digest, id FROM embeddings WHERE embedder = ? AND digest IN ({marks})",
                    (embedder, *some),
                )
            )
        return found

    def keep_embeddings(self, embedder: str, made: Iterable[tuple[bytes, bytes]]) -> None:
        """Keep vectors (digest, half-precision numbers)."""
        self._changed(
            lambda db: db.executemany(
                "INSERT OR IGNORE INTO embeddings (embedder, digest, vector) VALUES (?, ?, ?)",
                [(embedder, digest, vector) for digest, vector in made],
            )
        )

    def drop_unused_embeddings(self, keep: int) -> int:
        """Forget vectors that no chunk has, but for the newest `keep`; how many were forgotten."""

        def body(db: Database) -> int:
            db.execute(
                "DELETE FROM embeddings WHERE id IN (SELECT id FROM embeddings WHERE NOT EXISTS"
                " (SELECT 1 FROM chunks WHERE chunks.embedding = embeddings.id)"
                " ORDER BY id DESC LIMIT -1 OFFSET ?)",
                (keep,),
            )
            return db.changes()

        return self._changed(body)


def _remove(db: Database, number: int, source: str) -> None:
    rows = db.execute(
        "SELECT id FROM documents WHERE collection = ? AND source = ?", (number, source)
    ).fetchall()
    for (document,) in rows:
        db.execute(
            f"INSERT INTO words_{number} (words_{number}, rowid, heading, text)"
            " SELECT 'delete', id, heading, text FROM chunks WHERE document = ?",
            (document,),
        )
        db.execute("DELETE FROM chunks WHERE document = ?", (document,))
        db.execute("DELETE FROM documents WHERE id = ?", (document,))


def _changed_what_is_found(db: Database, number: int) -> None:
    db.execute("UPDATE collections SET generation = generation + 1 WHERE id = ?", (number,))
