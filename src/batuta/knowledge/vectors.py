"""All vectors of a collection in memory, compared exactly: one multiplication is faster than any index of this size."""

from typing import Any

import numpy as np

from batuta.knowledge.halves import from_halves
from batuta.knowledge.searchable import Searchable

__all__ = ["Vectors"]

# Rows that are added to the matrix at once when it is full, at least; and the share of it.
_GROWTH_ROWS = 1_024
_GROWTH_SHARE = 0.25


class Vectors:
    """The matrix of a collection, brought up to date with its store. A chunk without a vector is a row of zeros.

    It is float32: 1 KiB a chunk with 256 dimensions, so 200 MB for 200,000 chunks. As halves, as it is stored, it
    would be half of that, and a search 20 times slower: NumPy multiplies halves in software.
    """

    def __init__(self, dim: int = 0) -> None:
        """`dim`: numbers of a vector; 0: as many as those that are kept."""
        self.dim = dim
        self._rows = np.empty((0, dim), dtype=np.float32)
        self._ids = np.empty(0, dtype=np.int64)
        self._documents = np.empty(0, dtype=np.int64)
        self._count = 0
        self.generation = -1
        # How many of the chunks have no vector of the embedder.
        self.without = 0

    @property
    def ids(self) -> Any:
        """The chunks (n), ascending."""
        return self._ids[: self._count]

    def bring_up_to_date(self, index: Searchable[Any], embedder: str) -> None:
        """Read what is new since the last time, and drop what is gone."""
        generation = index.generation()
        if generation == self.generation:
            return
        last = int(self.ids[-1]) if self._count else 0
        there = index.chunk_ids(last)
        if index.count() != self._count + len(there):
            there = self._dropped(index)
        if not self.dim and (found := index.dimension(embedder)):
            self.dim, self._count = found, 0
            self._rows = np.empty((0, found), dtype=np.float32)
            self._ids = self._documents = np.empty(0, dtype=np.int64)
            there = index.chunk_ids(0)
        fresh = index.vectors(embedder, int(self.ids[-1]) if self._count else 0)
        if fresh:
            documents = dict(there)
            # A chunk may have come since `there` was read; the next search finds it.
            fresh = [(one, vector) for one, vector in fresh if one in documents]
            size = 2 * self.dim
            none = bytes(size)
            stored = (
                vector if vector is not None and len(vector) == size else none
                for _, vector in fresh
            )
            self._append(
                np.asarray([one for one, _ in fresh], dtype=np.int64),
                np.asarray([documents[one] for one, _ in fresh], dtype=np.int64),
                from_halves(b"".join(stored), self.dim)
                if size
                else np.empty((len(fresh), 0), dtype=np.float32),
            )
        # Four numbers tell: no vector has four zeros at its beginning.
        self.without = self._count - int(self._rows[: self._count, :4].any(axis=1).sum())
        self.generation = generation

    def _dropped(self, index: Searchable[Any]) -> list[tuple[int, int]]:
        """All chunks and their documents; what is not among them any more is dropped."""
        there = index.chunk_ids(0)
        now = np.asarray([one for one, _ in there], dtype=np.int64)
        kept = np.isin(self.ids, now, assume_unique=True)
        count = int(kept.sum())
        for array in (self._rows, self._ids, self._documents):
            array[:count] = array[: self._count][kept]
        self._count = count
        return there

    def nearest(self, vector: Any, count: int, only: Any | None = None) -> list[tuple[int, float]]:
        """The chunks whose cosine with `vector` (unit length) is largest, best first; of the documents `only`."""
        ids, rows = self.ids, self._rows[: self._count]
        if only is not None:
            wanted = np.flatnonzero(np.isin(self._documents[: self._count], only))
            ids, rows = ids[wanted], rows[wanted]
        if not len(ids):
            return []
        cosines = rows @ vector
        if len(ids) > count:
            best = np.argpartition(cosines, -count)[-count:]
        else:
            best = np.arange(len(ids))
        best = best[np.lexsort((ids[best], -cosines[best]))]
        return [(int(ids[at]), float(cosines[at])) for at in best]

    def cosines(self, vector: Any, chunks: list[int]) -> dict[int, float]:
        """The cosines of these chunks with `vector`, of those that are there."""
        at = np.searchsorted(self.ids, chunks)
        at[at == self._count] = 0
        if not self._count:
            return {}
        values = self._rows[at] @ vector
        return {
            one: float(value)
            for one, place, value in zip(chunks, at, values, strict=True)
            if self.ids[place] == one
        }

    def chunks_of(self, documents: Any) -> set[int]:
        """The chunks of these documents."""
        return set(self.ids[np.isin(self._documents[: self._count], documents)].tolist())

    def _append(self, ids: Any, documents: Any, rows: Any) -> None:
        needed = self._count + len(ids)
        if needed > len(self._ids):
            room = (
                needed
                if not self._count
                else needed + max(_GROWTH_ROWS, int(needed * _GROWTH_SHARE))
            )
            self._rows = _grown(self._rows, room, self._count)
            self._ids = _grown(self._ids, room, self._count)
            self._documents = _grown(self._documents, room, self._count)
        self._rows[self._count : needed] = rows
        self._ids[self._count : needed] = ids
        self._documents[self._count : needed] = documents
        self._count = needed


def _grown(array: Any, room: int, count: int) -> Any:
    larger = np.empty((room, *array.shape[1:]), dtype=array.dtype)
    larger[:count] = array[:count]
    return larger
