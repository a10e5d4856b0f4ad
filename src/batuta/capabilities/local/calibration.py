"""How sure a score is: the share of like scores that were right."""

from typing import Any, NamedTuple

import numpy

__all__ = ["Sureness", "believed", "fitted"]

np: Any = numpy  # whose annotations are not strict

Array = Any  # of NumPy

# How many texts have none of the labels, for each that has one, where that may be. What is left out as a whole label
# is nearer to the others than strangers are: counting it as one in five gives one in ten of what comes its due.
_STRANGERS = 0.05
# A weak belief in what names and descriptions alone allow, so that three examples prove nothing.
_BELIEF = np.array([22.0, 0.0, -1.0])
_DOUBT = np.diag([0.05, 0.05, 0.2])
_ROUNDS = 25
# Nobody has counted how often beliefs are right: they are never surer than this.
_BELIEVED_MAX = 0.95


class Sureness(NamedTuple):
    """A logistic curve over the best score and its lead over the second."""

    score: float
    lead: float
    shift: float
    most: float = 1.0

    def __call__(self, score: float, lead: float) -> float:
        at = self.score * score + self.lead * lead + self.shift
        return min(self.most, float(1 / (1 + np.exp(-np.clip(at, -30, 30)))))


def believed() -> tuple[Sureness, Sureness]:
    """What `fitted` gives where there is nothing to fit: names and descriptions, but no examples."""
    belief = Sureness(*map(float, _BELIEF), most=_BELIEVED_MAX)
    return belief, belief


def fitted(alone: Array, apart: Array, of: Array) -> tuple[Sureness, Sureness]:
    """How sure an answer is if the text has one of the labels, and if it may have none.

    `alone`: the scores of every example without itself; `apart`: without its whole label; `of`: the label it has.
    """
    right = (alone.argmax(axis=1) == of).astype(float)
    inside, outside = _seen(alone), _seen(apart)
    ones = np.ones(len(of))
    sure = _curve(inside, right, ones)
    both = _curve(
        np.concatenate([inside, outside]),
        np.concatenate([right, 0 * right]),
        np.concatenate([ones, _STRANGERS * ones]),
    )
    return sure, both


def _seen(scores: Array) -> Array:
    if scores.shape[1] < 2:
        return np.stack([scores[:, 0], scores[:, 0], np.ones(len(scores))], axis=1)
    two = np.partition(scores, -2, axis=1)[:, -2:]
    return np.stack([two[:, 1], two[:, 1] - two[:, 0], np.ones(len(scores))], axis=1)


def _curve(seen: Array, right: Array, counts: Array) -> Sureness:
    """The logistic curve that makes `right` likeliest, by Newton's method."""
    at = _BELIEF.copy()
    for _ in range(_ROUNDS):
        chance = 1 / (1 + np.exp(-np.clip(seen @ at, -30, 30)))
        slope = seen.T @ (counts * (chance - right)) + _DOUBT @ (at - _BELIEF)
        bend = (seen * (counts * np.maximum(chance * (1 - chance), 1e-6))[:, None]).T @ seen
        step = np.linalg.solve(bend + _DOUBT, slope)
        at = at - np.clip(step, -5, 5)
        if float(np.abs(step).max()) < 1e-4:
            break
    return Sureness(*map(float, at))
