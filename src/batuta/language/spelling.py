"""How texts are spelt: their words, pairs of neighbours and pieces of words, as sparse vectors."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import chain, pairwise
from math import log
from typing import Any, NamedTuple

import numpy

from batuta.language.weights import EMPTY
from batuta.language.words import stem, words

__all__ = ["Alike", "Lexicon", "Rows", "Sparse", "words_of"]

np: Any = numpy  # whose annotations are not strict

Array = Any  # of NumPy

# What is behind these says nothing more about what a text is about.
_CHARS_MAX, _WORDS_MAX = 4_000, 300
# Shares of pairs and of pieces where a word has 1. Measured on the validation part of CLINC150.
_PAIR, _PIECES = 0.7, 0.7
_PIECE_CHARS = (2, 3, 4)
# Of so many words it is kept where they and their pieces are: to look for it is two thirds of the time of a text.
_LOOKED_UP_MAX = 16_384
# What this share of the rows has is a column of a matrix: to multiply one cell takes a hundredth of what it takes
# to find one that is there.
_COMMON = 0.1


class Sparse(NamedTuple):
    """A vector: the places where something is, ascending by first sight, and what is there."""

    places: Array
    values: Array


class Rows(NamedTuple):
    """Sparse vectors as the rows of a matrix: row i is `places[begins[i]:begins[i + 1]]`, and so its values."""

    begins: Array
    places: Array
    values: Array

    def __len__(self) -> int:
        return len(self.begins) - 1

    def row(self, at: int) -> Sparse:
        here = slice(self.begins[at], self.begins[at + 1])
        return Sparse(self.places[here], self.values[here])

    def gram(self) -> Array:
        """The inner products of all rows: (n, n), float32."""
        return Alike(self)([self.row(at) for at in range(len(self))])

    def turned(self, weights: Array, count: int) -> Array:
        """The product of the transposed with a matrix that has a row for every row: (`count` places, columns)."""
        made = np.zeros((count, weights.shape[1]), dtype=np.float32)
        for at in range(len(self)):
            places, values = self.row(at)
            made[places] += values[:, None] * weights[at]
        return made


def words_of(text: str) -> list[str]:
    """The first 300 words of `text`, folded."""
    return [word.text for word in words(text[:_CHARS_MAX])[:_WORDS_MAX]]


class Alike:
    """The inner products of `rows` with other vectors.

    The commonest places are multiplied as a matrix, and of the others each vector meets those rows that it shares a
    place with: ten times as fast as only one of the two.
    """

    def __init__(self, rows: Rows) -> None:
        counts = np.bincount(rows.places) if len(rows.places) else np.zeros(1, dtype=np.int64)
        self._rank = np.empty(len(counts), dtype=np.int64)
        self._rank[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
        owner = np.repeat(np.arange(len(rows)), np.diff(rows.begins))
        ranks = self._rank[rows.places]
        self._width = int((counts > _COMMON * len(rows)).sum())
        common = ranks < self._width
        self._dense = np.zeros((len(rows), self._width), dtype=np.float32)
        self._dense[owner[common], ranks[common]] = rows.values[common]
        rare = ranks[~common] - self._width
        order = np.argsort(rare, kind="stable")
        self._owners, self._values = owner[~common][order], rows.values[~common][order]
        self._sizes = np.bincount(rare, minlength=len(counts) - self._width)
        self._starts = np.cumsum(self._sizes) - self._sizes

    def __call__(self, vectors: Sequence[Sparse]) -> Array:
        """(number of `vectors`, number of rows), float32."""
        rows, width = self._dense.shape
        dense = np.zeros((len(vectors), width), dtype=np.float32)
        rest: list[tuple[Array, Array]] = []
        for at, one in enumerate(vectors):
            known = one.places < len(self._rank)
            ranks, values = self._rank[one.places[known]], one.values[known]
            common = ranks < width
            dense[at, ranks[common]] = values[common]
            rest.append((ranks[~common] - width, values[~common]))
        made = dense @ self._dense.T
        for at, (rare, values) in enumerate(rest):
            # All rows that have one of these places, one place after the other.
            shared = self._sizes[rare]
            ends = np.cumsum(shared)
            total = int(ends[-1]) if len(ends) else 0
            found = np.repeat(self._starts[rare] - ends + shared, shared) + np.arange(total)
            worth = self._values[found] * np.repeat(values, shared)
            made[at] += np.bincount(self._owners[found], worth, minlength=rows)
        return made


class Lexicon:
    """What of some texts is worth remembering, and vectors of texts by that.

    TF-IDF: what is frequent in a text counts more (by the logarithm), what is rare among all texts too. Words with
    their pairs are one half of unit length, pieces of words another, so that neither drowns the other.

    `seen_min`: what fewer texts have is forgotten; `count_max`: so much is kept, the commonest first;
    `plain`: words that hold sentences together count nothing.
    """

    def __init__(
        self, texts: Sequence[Sequence[str]], *, seen_min: int, count_max: int, plain: bool
    ) -> None:
        seen = Counter(feature for text in texts for feature in dict.fromkeys(_spelt(text, plain)))
        kept = [name for name, count in seen.most_common(count_max) if count >= seen_min]
        self.names = kept
        self._plain = plain
        self._places = {feature: at for at, feature in enumerate(kept)}
        n = len(texts)
        self._worth = np.array(
            [
                (_PAIR if name[0] == "b" else 1.0) * (log((1 + n) / (1 + seen[name])) + 1)
                for name in kept
            ],
            dtype=np.float32,
        )
        self._piece = np.array([name[0] == "c" for name in kept], dtype=bool)
        self._of_word = lru_cache(_LOOKED_UP_MAX)(partial(_of_word, self._places))

    def __call__(self, text: Sequence[str]) -> Sparse:
        stems = _stems(text, self._plain)
        counts = Counter(_known(self._places, _neighbours(stems)))
        counts.update(chain.from_iterable(map(self._of_word, stems)))
        places = np.fromiter(counts, dtype=np.int64, count=len(counts))
        values = (
            1 + np.log(np.fromiter(counts.values(), dtype=np.float32, count=len(counts)))
        ) * self._worth[places]
        piece = self._piece[places]
        squares = values * values
        whole, pieces = float(squares @ ~piece), float(squares @ piece)
        values *= np.where(piece, _PIECES / max(pieces, 1e-12) ** 0.5, 1 / max(whole, 1e-12) ** 0.5)
        return Sparse(places, values.astype(np.float32))

    def rows(self, texts: Sequence[Sequence[str]]) -> Rows:
        """The vectors of `texts`."""
        made = [self(text) for text in texts]
        begins = np.zeros(len(made) + 1, dtype=np.int64)
        begins[1:] = np.cumsum([len(one.places) for one in made])
        return Rows(
            begins,
            np.concatenate([one.places for one in made]),
            np.concatenate([one.values for one in made]),
        )


def _spelt(text: Sequence[str], plain: bool) -> Iterator[str]:
    stems = _stems(text, plain)
    yield from _neighbours(stems)
    for one in stems:
        yield from _word(one)


def _stems(text: Sequence[str], plain: bool) -> list[str]:
    return [stem(word) for word in text if not (plain and word in EMPTY)]


def _neighbours(stems: Sequence[str]) -> list[str]:
    return [f"b:{one} {behind}" for one, behind in pairwise(("^", *stems, "$"))] if stems else []


def _word(one: str) -> list[str]:
    """A word and its pieces."""
    padded = f"<{one}>"
    pieces = [
        f"c:{padded[at : at + size]}"
        for size in _PIECE_CHARS
        for at in range(len(padded) - size + 1)
    ]
    return [f"w:{one}", *pieces]


def _of_word(places: Mapping[str, int], one: str) -> tuple[int, ...]:
    return tuple(_known(places, _word(one)))


def _known(places: Mapping[str, int], features: Iterable[str]) -> list[int]:
    """The places of the features that are known."""
    return [at for one in features if (at := places.get(one)) is not None]
