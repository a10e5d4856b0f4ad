"""Learning from few texts: kernel ridge regression, in closed form.

The nearness of two texts is exp(2(c - 1)), c the cosine of their meanings, and a share of how alike they are spelt.
Scores are linear in what was learned, so what would have been said of a text without that text, or without its whole
label, is known without learning again (the residual through the hat matrix; Cook and Weisberg, 1982). The first
calibrates how sure an answer is, the second how a text looks that has none of the labels.
"""

from typing import Any

import numpy

from batuta.language.spelling import Rows, Sparse

__all__ = ["Ridge"]

np: Any = numpy  # whose annotations are not strict

Array = Any  # of NumPy

# Measured on the validation part of CLINC150 with ten examples: all labels, and each domain alone. Of sharpness 1 to 6,
# 2 and 3 are best; of shares 0 to 1, 0.1 and 0.2; the ridge may be 0.05 to 0.2.
_SHARPNESS = 2.0
_SPELLING = 0.15
_RIDGE = 0.1


class Ridge:
    """What was learned of texts.

    `averages`: their meanings, None if nobody knows them; `spelt`: their spelling, in `dim` features; `of`: the number
    of the label of each, below `count`.

    `judged`: also find `alone` and `apart`, the scores of every text without itself and without its whole label.
    """

    def __init__(
        self, averages: Array | None, spelt: Rows, dim: int, of: Array, count: int, *, judged: bool
    ) -> None:
        self._averages = averages
        share = _SPELLING if averages is not None else 1.0
        gram = share * spelt.gram()
        if averages is not None:
            gram += np.exp(_SHARPNESS * (averages @ averages.T - 1))
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
        made = spelling.values @ self.spelt.take(spelling.places, axis=0)
        if self._averages is None:
            return made
        return made + np.exp(_SHARPNESS * (self._averages @ average - 1)) @ self._weights


def _apart(inverse: Array, weights: Array, target: Array, of: Array) -> Array:
    apart = np.empty_like(target)
    for label in np.unique(of):
        rows = np.flatnonzero(of == label)
        apart[rows] = target[rows] - np.linalg.solve(inverse[np.ix_(rows, rows)], weights[rows])
    return apart
