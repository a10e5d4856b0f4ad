"""Learning from few texts: kernel ridge regression, in closed form.

The nearness of two texts is exp(2(c - 1)), c the cosine of their meanings, and a share of how alike they are spelt.
Scores are linear in what was learned, so what would have been said of a text without that text, or without its whole
label, is known without learning again (the residual through the hat matrix; Cook and Weisberg, 1982). The first
calibrates how sure an answer is, the second how a text looks that has none of the labels. (Which directions of meaning
count is taken from all texts, without their labels.)
"""

from typing import Any

import numpy

from batuta.capabilities.local.spelling import Rows, Sparse

__all__ = ["Ridge"]

np: Any = numpy  # whose annotations are not strict

Array = Any  # of NumPy

# Measured on the validation part of CLINC150 with ten examples: all labels, and each domain alone. Of sharpness 1 to 6,
# 2 and 3 are best; of shares 0 to 1, 0.1 and 0.2; the ridge may be 0.05 to 0.2.
_SHARPNESS = 2.0
_SPELLING = 0.15
_RIDGE = 0.1
# Directions in which the known texts differ much count more, by this power of their variance, of which a tenth of the
# average is in every direction. Half a point better with 0, 3 and 10 examples, for all labels and within domains.
_VARIANCE_POWER, _VARIANCE_LEAST = 0.2, 0.1


class Ridge:
    """What was learned of texts.

    `averages`: their meanings, None if nobody knows them; `spelt`: their spelling, in `dim` features; `of`: the number
    of the label of each, below `count`.

    `judged`: also find `alone` and `apart`, the scores of every text without itself and without its whole label.
    """

    def __init__(
        self, averages: Array | None, spelt: Rows, dim: int, of: Array, count: int, *, judged: bool
    ) -> None:
        self._turn = _turned(averages) if averages is not None else None
        self._averages = _units(averages @ self._turn) if averages is not None else None
        share = _SPELLING if averages is not None else 1.0
        gram = share * spelt.gram()
        if self._averages is not None:
            gram += np.exp(_SHARPNESS * (self._averages @ self._averages.T - 1))
        gram[np.diag_indices_from(gram)] += _RIDGE
        target = np.full((len(of), count), -1 / max(count - 1, 1), dtype=np.float32)
        target[np.arange(len(of)), of] = 1
        self.alone: Array | None = None
        self.apart: Array | None = None
        if judged:
            inverse = np.linalg.inv(gram)
            weights = inverse @ target
            self.alone = target - weights / np.diag(inverse)[:, None]
            self.apart = _apart(inverse, weights, target, of)
        else:
            weights = np.linalg.solve(gram, target)
        self._weights = weights
        self.spelt = share * spelt.turned(weights, dim)

    def scores(self, average: Array | None, spelling: Sparse) -> Array:
        """The scores of all labels for one text: about 1 for the right one and 0 for the others."""
        made = spelling.values @ self.spelt[spelling.places]
        if self._averages is None or self._turn is None:
            return made
        own = _units((average @ self._turn)[None])[0]
        return made + np.exp(_SHARPNESS * (self._averages @ own - 1)) @ self._weights


def _turned(averages: Array) -> Array:
    """What to multiply meanings with, so that directions of much variance count more: the covariance to a power."""
    covariance = averages.T @ averages / len(averages)
    dim = len(covariance)
    covariance[np.diag_indices(dim)] += _VARIANCE_LEAST * max(
        float(np.trace(covariance)) / dim, 1e-9
    )
    sizes, sides = np.linalg.eigh(covariance)
    return ((sides * np.maximum(sizes, 1e-9) ** _VARIANCE_POWER) @ sides.T).astype(np.float32)


def _units(rows: Array) -> Array:
    return rows / np.maximum(np.sqrt((rows * rows).sum(axis=1, keepdims=True)), 1e-9)


def _apart(inverse: Array, weights: Array, target: Array, of: Array) -> Array:
    apart = np.empty_like(target)
    for label in np.unique(of):
        rows = np.flatnonzero(of == label)
        apart[rows] = target[rows] - np.linalg.solve(inverse[np.ix_(rows, rows)], weights[rows])
    return apart
