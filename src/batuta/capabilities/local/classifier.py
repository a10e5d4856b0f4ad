"""Learning labels from examples: ridge regression over the nearness to known texts and over their spelling.

Scores are linear, so what it would have said of an example without that example, or without its whole label, is known
without learning again (the residual through the hat matrix). The first calibrates how sure an answer is, the second how
a text looks that has none of the labels.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy

from batuta.capabilities.local.calibration import believed, fitted
from batuta.capabilities.local.features import Array, Lexicon, Meaning, words_of
from batuta.capabilities.local.labels import Known

__all__ = ["Classifier", "Guess", "learned"]

np: Any = numpy  # whose annotations are not strict

# Of two texts whose vectors have the cosine c, the nearness is exp(3(c - 1)). Measured on CLINC150, as the next two.
_SHARPNESS = 3.0
_SPELLING = 0.25
_RIDGE = 0.2
# Principal directions of the meanings that are kept; what is lost counts as distance.
_DIRECTIONS, _DIRECTIONS_FROM = 384, 800
# Up to so many texts, all are compared with; of more, a sample, and the spelling has fewer features.
_EXACT_MAX = 3_000
_SAMPLE = 2_500
_SPELLINGS, _SPELLINGS_OF_MANY = 8_192, 4_096
_BLOCK = 1_024
# How sure an answer is, is learned from so many texts.
_CURVE_MIN, _CURVE_MAX = 40, 2_000


class Guess(NamedTuple):
    """The scores of all labels (about 0 to 1), how sure the best is, and what speaks for it."""

    scores: Array
    best: int
    sure: float
    words: list[str]
    nearest: str


class Classifier:
    """What was learned. Unchangeable; may be asked from several threads."""

    def __init__(self, known: Known, vectors: Mapping[str, Array], dim: int) -> None:
        texts = [words_of(text) for text in known.texts]
        self.known = known
        self._exact = len(texts) <= _EXACT_MAX
        plain = not known.taught
        size = _SPELLINGS if self._exact else _SPELLINGS_OF_MANY
        self._lexicon = Lexicon(texts, size, plain=plain)
        self._meaning = Meaning(texts, dim, plain=plain) if dim else None
        chosen = np.arange(len(texts))
        if not self._exact:
            chosen = np.sort(np.random.default_rng(3).permutation(len(texts))[:_SAMPLE])
        self._chosen = chosen
        near = self._learn_nearness(texts, vectors)
        spelt = self._lexicon.rows(texts) * self._spelling
        self._weigh(near, spelt)

    def guess(self, text: str, vectors: Mapping[str, Array], *, none: bool) -> Guess:
        """What `text` is; `none`: it may be nothing of this."""
        words = words_of(text)
        places, values = self._lexicon(words)
        own = self._spelt[places] * (values * self._spelling)[:, None]
        scores = own.sum(axis=0)
        near = None
        if self._meaning is not None:
            near = self._nearness(self._meaning(words, vectors)[None])[0]
            scores = scores + near @ self._near
        best = int(scores.argmax())
        second = float(np.partition(scores, -2)[-2]) if len(scores) > 1 else 0.0
        sureness = self._sure_of_none if none else self._sure
        top = float(scores[best])
        speaking: list[str] = [
            self._lexicon.names[places[at]][2:]
            for at in np.argsort(-own[:, best])[:12]
            if own[at, best] > 0 and self._lexicon.names[places[at]][0] == "w"
        ]
        nearest = ""
        if near is not None and len(near):
            at: int = self._chosen[int(near.argmax())]
            nearest = self.known.texts[at]
        return Guess(scores, best, sureness(top, top - second), speaking[:3], nearest)

    def _learn_nearness(
        self, texts: Sequence[Sequence[str]], vectors: Mapping[str, Array]
    ) -> Array:
        """How near every text is to the chosen ones; nothing if nobody knows what words mean."""
        self._spelling = np.float32(_SPELLING**0.5 if self._meaning is not None else 1.0)
        if self._meaning is None:
            return np.zeros((len(texts), 0), dtype=np.float32)
        meanings = np.stack([self._meaning(text, vectors) for text in texts])
        sample = meanings[self._chosen]
        self._directions = _principal(sample) if len(sample) > _DIRECTIONS else None
        self._landmarks = self._placed(sample)
        return np.concatenate(
            [
                self._nearness(meanings[first : first + _BLOCK])
                for first in range(0, len(meanings), _BLOCK)
            ]
        )

    def _placed(self, meanings: Array) -> Array:
        """In the principal directions, and one more for what they do not cover, so that lengths stay."""
        if self._directions is None:
            return meanings
        kept = meanings @ self._directions
        lost = np.sqrt(np.maximum(1 - (kept * kept).sum(axis=1), 0))
        return np.concatenate([kept, lost[:, None]], axis=1)

    def _nearness(self, meanings: Array) -> Array:
        return np.exp(_SHARPNESS * (self._placed(meanings) @ self._landmarks.T - 1))

    def _weigh(self, near: Array, spelt: Array) -> None:
        of = np.array(self.known.of)
        count = len(self.known.names) + (self.known.none is not None)
        target = np.full((len(of), count), -1 / max(count - 1, 1), dtype=np.float32)
        target[np.arange(len(of)), of] = 1
        left_out: Left | None = None
        taught = self.known.taught and len(of) >= _CURVE_MIN
        if self._exact:
            gram = (near if near.shape[1] else 0) + spelt @ spelt.T
            gram[np.diag_indices_from(gram)] += _RIDGE
            if not taught:
                weights = np.linalg.solve(gram, target)
            else:
                inverse = np.linalg.inv(gram)
                weights = inverse @ target
                left_out = _left_out_exactly(inverse, weights, target, of)
            self._near = weights if near.shape[1] else np.zeros((0, count), dtype=np.float32)
            self._spelt = spelt.T @ weights
        else:
            rows = np.concatenate([near, spelt], axis=1)
            some = _whole_labels(of)
            gram = rows.T @ rows
            gram[np.diag_indices_from(gram)] += _RIDGE
            # One factorisation for both: what was learned, and what is needed to leave texts out of it.
            solved = np.linalg.solve(gram, np.concatenate([rows.T @ target, rows[some].T], axis=1))
            weights = solved[:, :count]
            self._near, self._spelt = weights[: near.shape[1]], weights[near.shape[1] :]
            hat = rows[some] @ solved[:, count:]
            left_out = _left_out(hat, rows[some] @ weights, target[some], of[some])
        self._sure, self._sure_of_none = fitted(*left_out) if left_out else believed()


def _principal(meanings: Array) -> Array:
    """The principal directions, from a sample: what is compared for every request becomes four times smaller."""
    rows = np.random.default_rng(11).permutation(len(meanings))[:_DIRECTIONS_FROM]
    some = meanings[np.sort(rows)]
    sizes, sides = np.linalg.eigh(some @ some.T)
    best = slice(-min(_DIRECTIONS, len(some)), None)
    return np.ascontiguousarray(
        some.T @ (sides[:, best] / np.sqrt(np.maximum(sizes[best], 1e-6))), dtype=np.float32
    )


Left = tuple[Array, Array, Array]


def _left_out_exactly(inverse: Array, weights: Array, target: Array, of: Array) -> Left:
    """The scores of every text without itself, without all of its label, and its label."""
    alone = target - weights / np.diag(inverse)[:, None]
    apart = np.empty_like(target)
    for label in np.unique(of):
        rows = np.flatnonzero(of == label)
        block = inverse[np.ix_(rows, rows)]
        apart[rows] = target[rows] - np.linalg.solve(block, weights[rows])
    return alone, apart, of


def _left_out(hat: Array, said: Array, target: Array, of: Array) -> Left:
    """The same from the hat matrix of some of the texts and what was said of them."""
    wrong = target - said
    alone = target - wrong / np.maximum(1 - np.diag(hat), 1e-3)[:, None]
    apart = np.empty_like(target)
    for label in np.unique(of):
        own = np.flatnonzero(of == label)
        rest = np.eye(len(own), dtype=np.float32) - hat[np.ix_(own, own)]
        apart[own] = target[own] - np.linalg.solve(rest, wrong[own])
    return alone, apart, of


def _whole_labels(of: Array) -> Array:
    """All texts of as many labels as make up 2,000 texts: enough for a curve with three numbers."""
    some: list[Array] = []
    count = 0
    for label in np.random.default_rng(7).permutation(np.unique(of)):
        own = np.flatnonzero(of == label)
        if some and count + len(own) > _CURVE_MAX:
            break
        some.append(own[:_CURVE_MAX])
        count += len(own)
    return np.concatenate(some)


def learned(known: Known, vectors: Mapping[str, Array], dim: int) -> Classifier:
    """The classifier of `known`, given the vectors of all its words; `dim` 0: there are none."""
    return Classifier(known, vectors, dim)
