"""What is remembered, by a question: the memories that are likely relevant, or the honest answer that there are none.

Vectors are made when somebody first asks, not when something is remembered: to remember is one write on this machine,
whatever makes the vectors.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from batuta.errors import CallFailed
from batuta.memory.index import ABOUT, SINCE, Index
from batuta.memory.memories import Memories
from batuta.ports import Embedder
from batuta.reading.embedder import EmbedderConfig
from batuta.storage.connection import Connection

__all__ = ["NOTHING", "Finding", "Recall"]

# What a recall gives where there is nothing that could be recalled.
NOTHING: dict[str, Any] = {"memories": [], "none": True, "trusted": False}

# Vectors that are made before one recall; more are made before the next ones.
_EMBEDDED_MAX = 5_000
_BATCH = 500


class Searched(Protocol):
    """A collection that can be asked."""

    async def search(
        self, text: str, *, limit: int, filters: Mapping[str, Any] | None = None
    ) -> Any: ...


class Finding(Protocol):
    """What finds texts by their words and meaning; the application brings that of knowledge."""

    async def embedder(self, settings: Any) -> Embedder: ...

    async def vectors(self, embedder: Embedder, texts: Sequence[str]) -> list[bytes]: ...

    def over(self, index: Index, embedder: Embedder) -> Searched: ...


class Recall:
    """Asks one collection of an open memory."""

    def __init__(
        self, connection: Connection, number: int, finding: Finding, embedder: str | EmbedderConfig
    ) -> None:
        self._connection = connection
        self._number = number
        self._finding = finding
        self._settings = embedder
        self._memories = Memories(connection, number)
        self._one_at_a_time = asyncio.Lock()
        self._open: tuple[Index, Embedder] | None = None
        self._collection: Searched | None = None
        self._embedded = -1  # the generation of which every memory has a vector
        self._whole = 0  # all pieces up to this one have one
        self._seen = 0  # the newest piece that the open collection may have without a vector

    async def recall(
        self, query: str, *, about: str = "", limit: int = 5, since: float = 0.0
    ) -> dict[str, Any]:
        """The at most `limit` memories that are likely relevant to `query`, best first; `about` this only.

        `since`: older ones do not count. Raises `InputError` if something is not installed, `MemoryFileError`.
        """
        async with self._one_at_a_time:
            index, collection = await self._ready()
            if not await asyncio.to_thread(index.is_any, about=about, since=since):
                return NOTHING
            old = await asyncio.to_thread(index.is_any, before=since)
            filters = {ABOUT: about, SINCE: since} if about or old else None
            found = await collection.search(query, limit=limit, filters=filters)
        said = await asyncio.to_thread(
            self._memories.of_revisions, [one.hit.id for one in found.hits]
        )
        memories = [
            said[one.hit.id] | {"score": one.score} for one in found.hits if one.hit.id in said
        ]
        note = {"note": found.note} if found.note else {}
        return {"memories": memories, "none": not memories, "trusted": False} | note

    async def _ready(self) -> tuple[Index, Searched]:
        """The collection, with vectors of what is new."""
        if self._open is None:
            embedder = await self._finding.embedder(self._settings)
            index = await asyncio.to_thread(Index, self._connection, self._number)
            self._open = index, embedder
        index, embedder = self._open
        late = await self._embed(index, embedder)
        if self._collection is None or late:
            self._collection = self._finding.over(index, embedder)
        return index, self._collection

    async def _embed(self, index: Index, embedder: Embedder) -> bool:
        """Make the vectors that are missing, newest first. True if the open collection has done without one of them."""
        generation = await asyncio.to_thread(index.generation)
        if generation == self._embedded:
            return False
        missing = await asyncio.to_thread(
            index.without_vector, embedder.name, _EMBEDDED_MAX, self._whole
        )
        made = 0
        try:
            for at in range(0, len(missing), _BATCH):
                some = missing[at : at + _BATCH]
                vectors = await self._finding.vectors(embedder, [text for _, text in some])
                kept = [(one, vector) for (one, _), vector in zip(some, vectors, strict=True)]
                await asyncio.to_thread(index.keep_vectors, embedder.name, kept)
                made += len(some)
        except CallFailed:  # the search will say so: it asks the same embedder
            pass
        late = any(one <= self._seen for one, _ in missing[:made])
        if missing:
            self._seen = max(self._seen, missing[0][0])
        if made == len(missing) < _EMBEDDED_MAX:
            self._embedded = generation
            self._whole = max(self._whole, self._seen)
        return late
