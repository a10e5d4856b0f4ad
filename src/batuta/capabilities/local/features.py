"""Texts as vectors: what their words mean, in which order they stand, and how they are spelt."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import log
from typing import Any, NamedTuple

import numpy

from batuta.language.weights import EMPTY
from batuta.language.words import stem, words

__all__ = ["Lexicon", "Meaning", "Sparse", "words_of"]

np: Any = numpy  # whose annotations are not strict

Array = Any  # of NumPy

# What is behind these says nothing more about what a text is about.
_CHARS_MAX, _WORDS_MAX = 4_000, 300
# Rarity to this power weighs the meaning of a word: of 0, 0.25, 0.5 and 1 the best on CLINC150 with 10 examples.
_RARITY_POWER = 0.25
# Shares of the parts of a meaning: average, begin and end, extremes, pairs of neighbours. Measured likewise.
_SHARES = (1.0, 0.5, 0.3, 0.25)
# Shares of words, pairs of words, and pieces of words in the spelling.
_WORD, _PAIR, _PIECE = 1.0, 0.7, 0.35
_PAIR_DIM = 256


class Sparse(NamedTuple):
    """A vector of unit length (or nothing): its places, and what is there."""

    places: Array
    values: Array


def words_of(text: str) -> list[str]:
    """The first 300 words of `text`, folded."""
    return [word.text for word in words(text[:_CHARS_MAX])[:_WORDS_MAX]]


class Lexicon:
    """Spelling: words, pairs of neighbours and pieces of words, weighted by rarity; the commonest `dim` of them."""

    def __init__(self, texts: Sequence[Sequence[str]], dim_max: int, *, plain: bool) -> None:
        seen = Counter(feature for text in texts for feature in set(_spelt(text, plain)))
        n = len(texts)
        kept = [feature for feature, _ in seen.most_common(dim_max)]
        self._plain = plain
        self._places = {feature: at for at, feature in enumerate(kept)}
        share = {"w": _WORD, "b": _PAIR, "c": _PIECE}
        self._weights = [
            share[feature[0]] * (log((1 + n) / (1 + seen[feature])) + 1e-3) for feature in kept
        ]
        self.names = kept

    def __call__(self, text: Sequence[str]) -> Sparse:
        counts = Counter(
            at for one in _spelt(text, self._plain) if (at := self._places.get(one)) is not None
        )
        places = np.fromiter(counts, dtype=np.int64, count=len(counts))
        values = np.fromiter(
            ((1 + log(count)) * self._weights[at] for at, count in counts.items()),
            dtype=np.float32,
            count=len(counts),
        )
        length = float(np.sqrt(values @ values))
        return Sparse(places, values / length if length else values)

    def rows(self, texts: Sequence[Sequence[str]]) -> Array:
        """The vectors of `texts` as rows of a matrix."""
        made = np.zeros((len(texts), len(self.names)), dtype=np.float32)
        for row, text in zip(made, texts, strict=True):
            places, values = self(text)
            row[places] = values
        return made


class Meaning:
    """What the words of a text mean, in one vector of unit length, given the vector of each word.

    Besides the average it knows, roughly, what stands first and last, what is extreme, and which words are
    neighbours: "from Rome to Paris" is not "from Paris to Rome".
    """

    def __init__(self, texts: Sequence[Sequence[str]], dim: int, *, plain: bool) -> None:
        seen = Counter(word for text in texts for word in set(text))
        n = len(texts)
        self._weights = {
            word: log((1 + n) / (1 + count) + 1e-6) ** _RARITY_POWER if count < n else 0.05
            for word, count in seen.items()
        }
        self._unseen = log(1 + n) ** _RARITY_POWER
        self._plain = plain
        # The same for every process: what was computed once can be compared later.
        chance = np.random.default_rng(20)
        scale = 1 / np.sqrt(dim)
        self._left = (chance.standard_normal((dim, _PAIR_DIM)) * scale).astype(np.float32)
        self._right = (chance.standard_normal((dim, _PAIR_DIM)) * scale).astype(np.float32)
        self._dim = dim
        self.dim = 5 * dim + _PAIR_DIM

    def __call__(self, text: Sequence[str], vectors: Mapping[str, Array]) -> Array:
        known = [word for word in text if not (self._plain and word in EMPTY)] or list(text)
        if not known:
            return np.zeros(self.dim, dtype=np.float32)
        matrix = np.stack([vectors[word] for word in known])
        weights = np.array(
            [self._weights.get(word, self._unseen) for word in known], dtype=np.float32
        )
        late = np.linspace(0, 1, len(known), dtype=np.float32)
        pairs = ((matrix[:-1] @ self._left) * (matrix[1:] @ self._right)).sum(axis=0)
        parts = (
            weights @ matrix,
            np.concatenate([(weights * (1 - late)) @ matrix, (weights * late) @ matrix]),
            np.concatenate([matrix.max(axis=0), -matrix.min(axis=0)]),
            pairs,
        )
        whole = np.concatenate(
            [_unit(part) * share**0.5 for part, share in zip(parts, _SHARES, strict=True)]
        )
        return _unit(whole).astype(np.float32)


def _spelt(text: Sequence[str], plain: bool) -> Iterator[str]:
    stems = [stem(word) for word in text if not (plain and word in EMPTY)]
    before = "^"
    for one in stems:
        yield f"w:{one}"
        yield f"b:{before} {one}"
        before = one
        padded = f"<{one}>"
        for size in (3, 4):
            for at in range(len(padded) - size + 1):
                yield f"c:{padded[at : at + size]}"
    if stems:
        yield f"b:{before} $"


def _unit(vector: Array) -> Array:
    length = float(np.sqrt(vector @ vector))
    return vector / length if length else vector
