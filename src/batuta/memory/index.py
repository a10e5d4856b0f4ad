"""A collection of memories as it is searched. A piece is what a memory says now, and is its own document."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from batuta.storage.connection import Database
from batuta.storage.words import WordIndex

__all__ = ["ABOUT", "SINCE", "Index", "Piece"]

# What a search may be narrowed by: whom it is about; and the time since which a memory counts (seconds).
ABOUT, SINCE = "about", "since"
# Later than any time (seconds).
_EVER = 1e12


class Piece(NamedTuple):
    """What a memory says. `heading`: whom it is about."""

    id: int
    heading: str
    text: str


class Index(WordIndex):
    """What knowledge calls `Searchable`. Raises `MemoryFileError` if the memory cannot be read."""

    remedy: str = "more of them at the next recall"

    def fitting(self, filters: Mapping[str, Any]) -> list[int]:
        """The memories about `filters[ABOUT]` ("": anything) that count since `filters[SINCE]`."""
        condition, values = self._narrowed(filters[ABOUT], filters[SINCE])
        rows = self._connection.rows(f"SELECT revision FROM memories WHERE {condition}", values)
        return [revision for (revision,) in rows]

    def is_any(self, *, about: str = "", since: float = 0.0, before: float = _EVER) -> bool:
        """True if there is a memory about this ("": anything) that was last touched since then and before then."""
        condition, values = self._narrowed(about, since)
        rows = self._connection.rows(
            f"SELECT 1 FROM memories WHERE {condition} AND changed_at < ? LIMIT 1",
            (*values, before),
        )
        return bool(rows)

    def _narrowed(self, about: str, since: float) -> tuple[str, tuple[Any, ...]]:
        """The condition for memories about this ("": anything) that were touched since then."""
        if not about:
            return (
                "collection = ? AND revision IS NOT NULL AND changed_at >= ?",
                (self._number, since),
            )
        # Plus signs keep SQLite from indexes by which it would look at all memories.
        return (
            "collection = ? AND about = ? AND +revision IS NOT NULL AND +changed_at >= ?",
            (self._number, about, since),
        )

    def count(self) -> int:
        """How many pieces there are."""
        return self._connection.rows(
            "SELECT count(*) FROM memories WHERE collection = ? AND revision IS NOT NULL",
            (self._number,),
        )[0][0]

    def chunk_ids(self, after: int) -> list[tuple[int, int]]:
        """The ids of pieces above `after`, twice, ascending."""
        return self._connection.rows(
            "SELECT revision, revision FROM memories WHERE collection = ? AND revision > ? ORDER BY revision",
            (self._number, after),
        )

    def vectors(self, embedder: str, after: int) -> list[tuple[int, bytes | None]]:
        """The ids of pieces above `after` and their vectors, ascending; None for pieces embedded otherwise."""
        return self._connection.rows(
            "SELECT memories.revision, vector FROM memories LEFT JOIN vectors ON"
            " vectors.revision = memories.revision AND embedder = ?"
            " WHERE collection = ? AND memories.revision > ? ORDER BY memories.revision",
            (embedder, self._number, after),
        )

    def dimension(self, embedder: str) -> int:
        """How many numbers the vectors of `embedder` have; 0 if there are none."""
        rows = self._connection.rows(
            "SELECT length(vector) FROM vectors WHERE embedder = ? LIMIT 1", (embedder,)
        )
        return rows[0][0] // 2 if rows else 0

    def hits(self, ids: Sequence[int]) -> dict[int, Piece]:
        """The pieces of these ids, as far as they are there."""
        marks = ",".join("?" * len(ids))
        rows = self._connection.rows(
            f"SELECT id, about, text FROM revisions WHERE id IN ({marks})", tuple(ids)
        )
        return {row[0]: Piece(*row) for row in rows}

    # ── vectors ──────────────────────────────────────────────────────────────────────────────────────────────────

    def without_vector(self, embedder: str, limit: int, after: int = 0) -> list[tuple[int, str]]:
        """The newest pieces above `after` that have no vector of `embedder`: ids and texts."""
        return self._connection.rows(
            "SELECT revision, text FROM memories JOIN revisions ON revisions.id = revision WHERE collection = ?"
            " AND revision > ?"
            " AND NOT EXISTS (SELECT 1 FROM vectors WHERE vectors.revision = memories.revision AND embedder = ?)"
            " ORDER BY revision DESC LIMIT ?",
            (self._number, after, embedder, limit),
        )

    def keep_vectors(self, embedder: str, made: Sequence[tuple[int, bytes]]) -> None:
        """Keep vectors of pieces that are still there; those of another embedder go."""

        def body(db: Database) -> None:
            for revision, vector in made:
                db.execute(
                    "DELETE FROM vectors WHERE revision = ? AND embedder != ?", (revision, embedder)
                )
                db.execute(
                    "INSERT OR IGNORE INTO vectors (revision, embedder, vector)"
                    " SELECT revision, ?, ? FROM memories WHERE revision = ?",
                    (embedder, vector, revision),
                )

        # Whatever is lost is made again at the next recall.
        self._connection.changed(body, durable=False)
