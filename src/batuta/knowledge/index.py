"""A collection as it is searched: its words, its vectors, its pieces."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from batuta.storage.connection import Connection
from batuta.storage.words import Tokenizer

__all__ = ["Hit", "Index"]

# A heading stands over many chunks and says less of each than its own words.
_HEADING_WEIGHT = 0.6
# Words whose counts are remembered.
_COUNTS_MAX = 50_000


class Hit(NamedTuple):
    """A chunk with what a citation says of it."""

    id: int
    source: str
    start: int
    end: int
    page: int
    heading: str
    text: str


class Index:
    """One collection of an open store. Raises `KnowledgeError` if the store cannot be read."""

    def __init__(self, connection: Connection, number: int) -> None:
        self._connection = connection
        self._number = number
        self._tokenizer = Tokenizer(connection)
        # To count a frequent word is to read its whole list: a millisecond for one that is in 50,000 chunks.
        self._counts: dict[str, int] = {}
        self._counted_in = -1

    def generation(self) -> int:
        """One more with every change of what can be found in the collection."""
        found = self._connection.rows(
            "SELECT generation FROM collections WHERE id = ?", (self._number,)
        )[0][0]
        if found != self._counted_in or len(self._counts) > _COUNTS_MAX:
            self._counts, self._counted_in = {}, found
        return found

    def metadata(self) -> list[tuple[int, str, dict[str, Any]]]:
        """Of every file that was read: its number, source and metadata."""
        rows = self._connection.rows(
            "SELECT id, source, metadata FROM documents WHERE collection = ? AND code = ''",
            (self._number,),
        )
        return [(id, source, json.loads(metadata)) for id, source, metadata in rows]

    def chunk_ids(self) -> list[tuple[int, int]]:
        """The ids of all chunks and their documents, ascending."""
        return self._connection.rows(
            "SELECT id, document FROM chunks WHERE collection = ? ORDER BY id", (self._number,)
        )

    def vectors(self, embedder: str, after: int) -> list[tuple[int, bytes | None]]:
        """The ids of chunks above `after` and their vectors, ascending; None for chunks embedded otherwise."""
        return self._connection.rows(
            "SELECT chunks.id, vector FROM chunks LEFT JOIN embeddings ON embeddings.id = chunks.embedding"
            " AND embedder = ? WHERE collection = ? AND chunks.id > ? ORDER BY chunks.id",
            (embedder, self._number, after),
        )

    def dimension(self, embedder: str) -> int:
        """How many numbers the vectors of `embedder` have; 0 if there are none."""
        rows = self._connection.rows(
            "SELECT length(vector) FROM embeddings WHERE embedder = ? LIMIT 1", (embedder,)
        )
        return rows[0][0] // 2 if rows else 0

    def terms(self, text: str) -> list[str]:
        """The words of `text` as the index has them."""
        return self._tokenizer.terms(text)

    def frequency(self, term: str) -> int:
        """How many chunks of the collection have the word, as of the last look at `generation`."""
        count = self._counts.get(term)
        if count is None:
            rows = self._connection.rows(
                f"SELECT doc FROM vocabulary_{self._number} WHERE term = ?", (term,)
            )
            count = self._counts[term] = rows[0][0] if rows else 0
        return count

    def matching(self, expression: str, limit: int) -> list[tuple[int, float]]:
        """The best chunks for an expression of FTS5: ids and BM25 (the larger the better)."""
        return self._connection.rows(
            f"SELECT rowid, -bm25(words_{self._number}, {_HEADING_WEIGHT}, 1.0) AS score FROM words_{self._number}"
            f" WHERE words_{self._number} MATCH ? ORDER BY score DESC, rowid LIMIT ?",
            (expression, limit),
        )

    def hits(self, ids: Sequence[int]) -> dict[int, Hit]:
        """The chunks of these ids, as far as they are there."""
        marks = ",".join("?" * len(ids))
        rows = self._connection.rows(
            "SELECT chunks.id, source, start, stop, page, heading, text FROM chunks JOIN documents ON"
            f" documents.id = chunks.document WHERE chunks.id IN ({marks})",
            tuple(ids),
        )
        return {row[0]: Hit(*row) for row in rows}
