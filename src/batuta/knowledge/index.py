"""A collection of documents as it is searched: its words, its vectors, its pieces."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from batuta.knowledge.filters import documents_that_fit
from batuta.storage.connection import Connection
from batuta.storage.words import WordIndex

__all__ = ["Hit", "Index"]


class Hit(NamedTuple):
    """A chunk with what a citation says of it."""

    id: int
    source: str
    start: int
    end: int
    page: int
    heading: str
    text: str


class Index(WordIndex):
    """`Searchable`: one collection of an open store. Raises `KnowledgeError` if the store cannot be read."""

    remedy: str = "batuta knowledge add"

    def __init__(self, connection: Connection, number: int) -> None:
        super().__init__(connection, number)
        self._documents: tuple[int, list[tuple[int, str, dict[str, Any]]]] = (-1, [])

    def fitting(self, filters: Mapping[str, Any]) -> list[int]:
        """The documents whose source and metadata every filter fits. Raises `InputError` if one is wrong."""
        if self._documents[0] != self._generation:
            rows = self._connection.rows(
                "SELECT id, source, metadata FROM documents WHERE collection = ? AND code = ''",
                (self._number,),
            )
            read = [(id, source, json.loads(metadata)) for id, source, metadata in rows]
            self._documents = (self._generation, read)
        return documents_that_fit(self._documents[1], filters)

    def count(self) -> int:
        """How many chunks there are."""
        return self._connection.rows(
            "SELECT count(*) FROM chunks WHERE collection = ?", (self._number,)
        )[0][0]

    def chunk_ids(self, after: int) -> list[tuple[int, int]]:
        """The ids of chunks above `after` and their documents, ascending."""
        return self._connection.rows(
            "SELECT id, document FROM chunks WHERE collection = ? AND id > ? ORDER BY id",
            (self._number, after),
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

    def hits(self, ids: Sequence[int]) -> dict[int, Hit]:
        """The chunks of these ids, as far as they are there."""
        marks = ",".join("?" * len(ids))
        rows = self._connection.rows(
            "SELECT chunks.id, source, start, stop, page, heading, text FROM chunks JOIN documents ON"
            f" documents.id = chunks.document WHERE chunks.id IN ({marks})",
            tuple(ids),
        )
        return {row[0]: Hit(*row) for row in rows}
