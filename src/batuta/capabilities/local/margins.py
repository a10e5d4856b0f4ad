"""Learning from many texts: a linear support vector machine per label, all of them in one pass.

Dual coordinate descent for the squared hinge loss (Hsieh et al., "A dual coordinate descent method for large-scale
linear SVM", ICML 2008; what LIBLINEAR does), with the labels as a vector: every text is looked at once for all
labels, and only the few labels are touched whose margin it still violates. 15,000 texts with 151 labels take about
2 s a pass. It may be interrupted, asked, and continued with more texts.
"""

from collections.abc import Sequence
from typing import Any

import numpy

from batuta.language.spelling import Rows, Sparse

__all__ = ["Margins"]

np: Any = numpy  # whose annotations are not strict

Array = Any  # of NumPy

# What a violated margin costs. Measured on the validation part of CLINC150: of 0.25, 0.5 and 1 the best.
_COST = 0.5
# Smaller changes are left for the next pass.
_LEAST = 2e-3


class Margins:
    """Weights that separate each of `count` labels from the others.

    `spelt` and `dense` are the features of the same texts, `dim` how many the first have; `of` the number of the label
    of each.
    """

    def __init__(self, spelt: Rows, dim: int, dense: Array, of: Array, count: int) -> None:
        self._rows, self._dense_rows, self._of = spelt, dense, of
        self.spelt = np.zeros((dim, count), dtype=np.float32)
        self._dense = np.zeros((count, dense.shape[1]), dtype=np.float32)
        self._duals = np.zeros((len(of), count), dtype=np.float32)
        squares = spelt.values * spelt.values
        sums = np.concatenate([[0.0], np.cumsum(squares, dtype=np.float64)])
        self._curvature = (
            (sums[spelt.begins[1:]] - sums[spelt.begins[:-1]]).astype(np.float32)
            + (dense * dense).sum(axis=1)
            + np.float32(0.5 / _COST)
        )
        self._chance = np.random.default_rng(3)

    def learn(self, texts: Sequence[int], passes: int) -> None:
        """Go `passes` times through `texts` (their numbers), in random order. What was learned before is kept."""
        for _ in range(passes):
            for at in self._chance.permutation(texts):
                self._see(at)

    def done(self) -> None:
        """Forget the texts: nothing more will be learned."""
        del self._rows, self._dense_rows, self._duals, self._curvature

    def scores(self, dense: Array, spelling: Sparse) -> Array:
        """The scores of all labels for one text: above 1 clearly in, below -1 clearly out."""
        return spelling.values @ self.spelt[spelling.places] + self._dense @ dense

    def scores_of(self, at: int) -> Array:
        """The same for a text that it has the features of."""
        return self.scores(self._dense_rows[at], self._rows.row(at))

    def _see(self, at: int) -> None:
        """One step: move the duals of one text to where the loss is least if all others stay."""
        spelling, dense, own, duals = (
            self._rows.row(at),
            self._dense_rows[at],
            self._of[at],
            self._duals[at],
        )
        # Violated is a margin below 1: of the score for the text's own label, of the negative score for every other.
        margin = -self.scores(dense, spelling)
        margin[own] = -margin[own]
        slope = margin - 1 + duals * np.float32(0.5 / _COST)
        change = np.maximum(duals - slope / self._curvature[at], 0) - duals
        touched = np.flatnonzero(np.abs(change) > _LEAST)
        if not len(touched):
            return
        step = change[touched]
        duals[touched] += step
        step = np.where(touched == own, step, -step)
        self.spelt[spelling.places[:, None], touched] += spelling.values[:, None] * step
        self._dense[touched] += step[:, None] * dense
