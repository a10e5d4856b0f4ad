"""The pieces of a collection that answer a question, or the honest answer that there are none.

Words and meaning are weighed by what the question is like: ids, quotations and rare names must be found as they are;
a question in other words than the text is found by meaning, and there the words it happens to share are noise.
"""

import asyncio
import math
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import msgspec
import numpy as np

from batuta.errors import CallFailed, InputError
from batuta.knowledge.capability import LIMIT_DEFAULT, LIMIT_MAX
from batuta.knowledge.lexical import Words, by_words
from batuta.knowledge.query import Query, read_query
from batuta.knowledge.searchable import Piece, Searchable
from batuta.knowledge.vectors import Vectors
from batuta.ports import Embedder

__all__ = ["RELEVANT", "Collection", "Found", "Scored"]

# If nothing scores so much, nothing is relevant; beside a piece that does, those are given that score less, too: who
# asks for several things gets the second and the third.
RELEVANT, BESIDE = 0.5, 0.2

# How many pieces more than asked for are looked at closely.
_MORE = 6
# How many of the nearest vectors are looked at.
_NEAREST = 50
# The share that words have in the evidence, by what the question is like: what must stand as it is does; nothing but
# words that count; a sentence, which may be in other words than the text.
_SHARE_OF_EXACT = 0.7
_SHARE_OF_KEYWORDS = 0.6
_SHARE_OF_PROSE = 0.4
_KEYWORDS_MAX = 3
# Evidence of which half is right, and how fast that changes around it; and the cosines from no evidence to all of it.
# Measured with `benchmarks/relevance.py`, and with 30 questions that the documents of this project answer, 28 that they
# do not, and 10 in other languages. In a straight line: what is cut off at both ends cannot be ranked any more.
_EVIDENCE_EVEN, _EVIDENCE_STEP = 0.45, 0.08
_EVIDENCE_BESIDE = _EVIDENCE_EVEN - _EVIDENCE_STEP * math.log(1 / BESIDE - 1)
_COSINE_SPAN = 0.25
# So far above even a piece is about the same; what is nearer still counts half, or words would say nothing any more.
_COSINE_NEAR = 0.1


P = TypeVar("P", bound=Piece)


class Scored(msgspec.Struct, Generic[P], frozen=True):
    """A piece that was found. `score` is from 0 to 1: how likely it is relevant."""

    hit: P
    score: float


class Found(msgspec.Struct, Generic[P], frozen=True):
    """What a search gave; nothing relevant if `hits` is empty. `note`: why it may have missed something, or ""."""

    hits: list[Scored[P]]
    note: str = ""


class Collection(Generic[P]):
    """A collection that can be searched. Keeps its vectors in memory, and follows what others ingest."""

    def __init__(self, index: Searchable[P], embedder: Embedder) -> None:
        self._index = index
        self._embedder = embedder
        self._vectors = Vectors(embedder.dim)
        self._one_at_a_time = asyncio.Lock()

    async def search(
        self, text: str, *, limit: int = LIMIT_DEFAULT, filters: Mapping[str, Any] | None = None
    ) -> Found[P]:
        """The at most `limit` pieces that are likely relevant to `text`, best first; of documents that `filters` fit.

        Raises:
            InputError: `text` is empty, or `limit` or a filter is wrong. KnowledgeError: the store cannot be read.
        """
        query = read_query(text)
        if not query.text:
            raise InputError("the question is empty", remedy="say what to look for")
        if not 1 <= limit <= LIMIT_MAX:
            raise InputError(f"limit is {limit}, expected 1 to {LIMIT_MAX}")
        vector, note = await self._direction(query)
        async with self._one_at_a_time:
            found, short = await asyncio.to_thread(
                self._search, query, vector, limit, filters or {}
            )
        return Found(found, "; ".join(filter(None, (short, note))))

    async def _direction(self, query: Query) -> tuple[Any, str]:
        """The vector of the question; None, and why, if its embedder cannot be asked."""
        try:
            return (await self._embedder.embed([query.text], question=True))[0], ""
        except (CallFailed, InputError) as error:
            return None, f"found by words alone: {self._embedder.name}: {error.message[:300]}"

    def _search(
        self, query: Query, vector: Any, limit: int, filters: Mapping[str, Any]
    ) -> tuple[list[Scored[P]], str]:
        """The hits, and a note. What has no vector, or is asked without one, is found by its words."""
        vectors = self._vectors
        index: Searchable[P] = self._index
        vectors.bring_up_to_date(index, self._embedder.name)
        vector, note = self._comparable(vector)
        documents = index.fitting(filters) if filters else None
        only = None if documents is None else vectors.chunks_of(documents)
        if not len(vectors.ids):
            return [], "there is nothing in this collection: batuta knowledge status"
        if only is not None and not only:
            return [], "no document fits the filters"
        words = by_words(index, query, len(vectors.ids), only)
        nearest = vectors.nearest(vector, _NEAREST, documents)
        cosines = vectors.cosines(vector, list(words.scores)) | dict(nearest)
        share = _share_of_words(query, words)
        evidence = {
            chunk: self._evidence(words.scores.get(chunk, 0.0), cosine, share)
            for chunk, cosine in cosines.items()
        }
        best = sorted(evidence, key=lambda chunk: (-evidence[chunk], chunk))[: limit + _MORE]
        # At a second look a piece may have more than it seems, but not more than every word.
        best = [chunk for chunk in best if evidence[chunk] + share / 2 >= _EVIDENCE_BESIDE]
        hits: Mapping[int, P] = index.hits(best) if best else {}
        seen = [
            (self._second_look(hit, words, cosines[chunk], share), hit)
            for chunk in best
            if (hit := hits.get(chunk)) is not None
        ]
        seen.sort(key=lambda one: (-one[0], one[1].id))
        if not seen or _likely(seen[0][0]) < RELEVANT:
            return [], note
        given = [Scored(hit, score) for found, hit in seen if (score := _likely(found)) >= BESIDE]
        return _distinct(given)[:limit], note

    def _comparable(self, vector: Any) -> tuple[Any, str]:
        """The question's vector as one of the collection's space, and what is to be said of it."""
        vectors, name = self._vectors, self._embedder.name
        if vector is None:
            return np.zeros(vectors.dim, dtype=np.float32), ""
        if vectors.dim and len(vector) != vectors.dim:
            numbers = f"{len(vector)} numbers, and what is kept has {vectors.dim}"
            return np.zeros(vectors.dim, dtype=np.float32), (
                f"found by words alone: {name} gives {numbers}; another `version` in batuta.yaml embeds all anew"
            )
        if vectors.without:
            return (vector if vectors.dim else np.zeros(0, dtype=np.float32)), (
                f"{vectors.without:,} of {len(vectors.ids):,} pieces are found by words alone: {name} has not seen"
                f" them; {self._index.remedy}"
            )
        return vector, ""

    def _evidence(self, words: float, cosine: float, share: float) -> float:
        """What speaks for a piece, by its words and its meaning."""
        if not cosine:  # not by a millionth: one of both has no direction
            return words
        above = cosine - self._embedder.even
        if above > _COSINE_NEAR:
            above = (above + _COSINE_NEAR) / 2
        meaning = 0.5 + above / _COSINE_SPAN
        return share * words + (1 - share) * meaning

    def _second_look(self, hit: P, words: Words, cosine: float, share: float) -> float:
        """The evidence for a piece by what stands in it."""
        found = words.found_in(self._index.terms(f"{hit.heading} {hit.text}"))
        if hit.id in words.verbatim:
            found = max(found, words.scores[hit.id])
        return self._evidence(found, cosine, share)


def _distinct(found: list[Scored[P]]) -> list[Scored[P]]:
    """Without pieces that say the same as a better one: licences and footers stand in many files."""
    first: dict[str, Scored[P]] = {}
    for one in found:
        first.setdefault(one.hit.text, one)
    return list(first.values())


def _share_of_words(query: Query, words: Words) -> float:
    """How much the words of the question count, against its meaning."""
    if words.exact:
        return _SHARE_OF_EXACT
    bare = len(words.asked) <= _KEYWORDS_MAX and len(words.asked) == len(query.text.split())
    return _SHARE_OF_KEYWORDS if bare else _SHARE_OF_PROSE


def _likely(evidence: float) -> float:
    """How likely a piece is relevant, 0 to 1."""
    return round(1 / (1 + math.exp((_EVIDENCE_EVEN - evidence) / _EVIDENCE_STEP)), 4)
