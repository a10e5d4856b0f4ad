"""What texts mean: the average of their words, and which words stand beside each other."""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import log
from typing import Any

import numpy

from batuta.language.weights import EMPTY
from batuta.ports import Embedder

__all__ = ["Meaning", "meanings_of"]

np: Any = numpy  # whose annotations are not strict

Array = Any  # of NumPy

# Which word is put beside each to see how heavily it weighs: any that weighs neither much nor little.
_ANCHOR = "me"
_HEAVIEST = 10.0
# The powers of a word's weight and of its rarity among the known texts. With ten examples of each label, (0.35, 0.25)
# is as good as (0.5, 0) on all of CLINC150 and better within one of its domains; (0, 0.5), without weights, is 1 point
# worse (validation part).
_WEIGHT_POWER, _RARITY_POWER = 0.35, 0.25
# Directions in which the known texts differ much count more, by this power of their variance, of which a tenth of the
# average is in every direction. A quarter to half a point better with 0 to 100 examples
# of 150 labels, and with 10 within a domain (validation part).
_VARIANCE_POWER, _VARIANCE_LEAST = 0.2, 0.1
# Of fewer texts, the variance is that of these texts and not of what is asked: with ten, "book me a flight to Rome" was
# as near to a plan that answers tickets as its own words.
_VARIANCE_TEXTS_MIN = 100
# How many random features pairs of neighbours have. Of 768 with sharpness 0.5, 1 and 2, the last two are as good.
_PAIRS = 768
# What stands before the first word and behind the last: nothing, and so much of it.
_EDGE = 0.5


async def meanings_of(embedder: Embedder, words: Sequence[str]) -> dict[str, Array]:
    """The vector of each of `words`, as long as the word weighs.

    An embedder gives directions only. But that of a word beside another leans to the heavier one: so their ratio is
    asked of it. For one that adds up the vectors of words, as static ones do, it is exact: "the" weighs a twelfth of
    "vaccination", and that is known before any text was seen. Raises what the embedder raises.
    """
    plain = [word.encode("utf-8", "replace").decode() for word in words]
    made = await embedder.embed([_ANCHOR, *plain, *(f"{word} {_ANCHOR}" for word in plain)])
    anchor, alone, beside = made[0], made[1 : len(plain) + 1], made[len(plain) + 1 :]
    # beside = heavy · alone + light · anchor, by least squares.
    common, own, other = alone @ anchor, (alone * beside).sum(axis=1), beside @ anchor
    heavy, light = own - common * other, other - common * own
    ratio = np.where((heavy > 1e-6) & (light > 1e-6), heavy / np.maximum(light, 1e-6), 1)
    lengths = np.clip(ratio, 1 / _HEAVIEST, _HEAVIEST) ** _WEIGHT_POWER
    return dict(zip(words, (alone * lengths[:, None]).astype(np.float32), strict=True))


class Meaning:
    """Texts as vectors of unit length, given the vectors of their words as `meanings_of` makes them.

    `averages`: those of `texts`, (n, `dim`); `plain`: words that hold sentences together mean nothing.
    """

    def __init__(
        self, texts: Sequence[Sequence[str]], vectors: Mapping[str, Array], dim: int, *, plain: bool
    ) -> None:
        n = len(texts)
        seen = Counter(word for text in texts for word in set(text))
        self._rarity = {
            word: log((1 + n) / (1 + count) + 0.05) ** _RARITY_POWER for word, count in seen.items()
        }
        self._unseen = log(1 + n) ** _RARITY_POWER
        self._plain = plain
        self._dim = dim
        # The same in every process: what was learned is the same everywhere.
        chance = np.random.default_rng(20)
        self._turns = chance.standard_normal((2 * dim, _PAIRS)).astype(np.float32)
        self._shifts = chance.uniform(0, 2 * np.pi, _PAIRS).astype(np.float32)
        plainly = np.stack([self._average(text, vectors) for text in texts])
        self._varied = _varied(plainly)
        self.averages = _units(plainly @ self._varied)

    def average(self, text: Sequence[str], vectors: Mapping[str, Array]) -> Array:
        """The weighted average of the words, `dim` numbers; directions in which the known texts vary count more."""
        return _unit(self._average(text, vectors) @ self._varied)

    def _average(self, text: Sequence[str], vectors: Mapping[str, Array]) -> Array:
        known = self._known(text)
        if not known:
            return np.zeros(self._dim, dtype=np.float32)
        return _unit(self._rarities(known) @ np.stack([vectors[word] for word in known]))

    def pairs(self, text: Sequence[str], vectors: Mapping[str, Array]) -> Array:
        """Which words, roughly, stand beside each other: "from Rome to Paris" is not "from Paris to Rome".

        The average over the pairs of random features of a Gaussian kernel (Rahimi and Recht, 2007): texts are near
        if they have pairs of words that mean nearly the same.
        """
        known = self._known(text)
        matrix = np.zeros((len(known) + 2, self._dim), dtype=np.float32)
        weights = np.full(len(known) + 2, _EDGE, dtype=np.float32)
        if known:
            own = np.stack([vectors[word] for word in known])
            lengths = np.maximum(np.sqrt((own * own).sum(axis=1)), 1e-9)
            matrix[1:-1] = own / lengths[:, None]
            weights[1:-1] = lengths * self._rarities(known)
        turned = matrix[:-1] @ self._turns[: self._dim] + matrix[1:] @ self._turns[self._dim :]
        return _unit(np.sqrt(weights[:-1] * weights[1:]) @ np.cos(turned + self._shifts))

    def _known(self, text: Sequence[str]) -> list[str]:
        return [word for word in text if not (self._plain and word in EMPTY)] or list(text)

    def _rarities(self, words: Sequence[str]) -> Array:
        return np.array([self._rarity.get(word, self._unseen) for word in words], dtype=np.float32)


def _unit(vector: Array) -> Array:
    length = float(np.sqrt(vector @ vector))
    return vector / length if length else vector


def _units(rows: Array) -> Array:
    return rows / np.maximum(np.sqrt((rows * rows).sum(axis=1, keepdims=True)), 1e-9)


def _varied(averages: Array) -> Array:
    """What to multiply meanings with, so that directions of much variance count more: the covariance to a power."""
    dim = averages.shape[1]
    if len(averages) < _VARIANCE_TEXTS_MIN:
        return np.eye(dim, dtype=np.float32)
    covariance = averages.T @ averages / len(averages)
    covariance[np.diag_indices(dim)] += _VARIANCE_LEAST * max(
        float(np.trace(covariance)) / dim, 1e-9
    )
    sizes, sides = np.linalg.eigh(covariance)
    return ((sides * np.maximum(sizes, 1e-9) ** _VARIANCE_POWER) @ sides.T).astype(np.float32)
