"""How sure a score is: the share of like scores that were right."""

from typing import Any, NamedTuple

import numpy

__all__ = ["Said", "Sureness", "believed", "fitted"]

np: Any = numpy  # whose annotations are not strict

Array = Any  # of NumPy

# The share of texts that have none of the labels, where that may be. It decides what threshold 0.5 gives up: with
# 0.03, one or two in a hundred of the texts that have a label; with 0.1 four (CLINC150, validation part).
_STRANGE_SHARE = 0.02
# Where texts are known that have none, how much examples of labels that were left out still count among the strangers:
# they are nearer to the others than true strangers are.
_APART_SHARE = 0.1
# What names, descriptions and single examples allow, for (score, lead, strange, 1); a weak belief where there is more
# to go by, so that three examples prove nothing. Fitted on 51 tasks of 3 to 150 labels drawn from CLINC150 (training
# and validation part); fitted on one half of them it errs by 0.04 on the other (ECE).
_BELIEF = np.array([0.0, 7.0, 0.0, 0.1])
_BELIEF_OF_NONE = np.array([2.5, 8.0, 0.0, -1.2])
_AS_IT_IS = np.array([1.0, 0.0, 0.0, 0.0])
_DOUBT = np.diag([0.05, 0.05, 0.05, 0.2])
_ROUNDS = 25
# Nobody has counted how often beliefs are right: they are never surer than this.
_BELIEVED_MAX = 0.95


class Said(NamedTuple):
    """Of some texts each: the best label, its score, its lead over the second, and the score of "none of these".

    The last is 0 if there are no texts to know it from.
    """

    best: Array
    score: Array
    lead: Array
    strange: Array

    @staticmethod
    def of(scores: Array, none: int | None) -> "Said":
        """What `scores` (a row for each text) say; `none` is the last column, if there is one for it."""
        strange = scores[:, none] if none is not None else np.zeros(len(scores))
        own = scores[:, :none] if none is not None else scores
        best = own.argmax(axis=1)
        score = own.max(axis=1)
        second = np.partition(own, -2, axis=1)[:, -2] if own.shape[1] > 1 else np.zeros(len(own))
        return Said(best, score, score - second, strange)


class Sureness(NamedTuple):
    """A logistic curve over what was said."""

    score: float
    lead: float
    strange: float
    shift: float
    most: float = 1.0

    def __call__(self, said: Said) -> Array:
        """How sure each answer is, 0 to 1."""
        at = (
            self.score * said.score
            + self.lead * said.lead
            + self.strange * said.strange
            + self.shift
        )
        return np.minimum(self.most, _chance(at))


def believed() -> tuple[Sureness, Sureness]:
    """What `fitted` gives where there is nothing to fit: names and descriptions, but no examples."""
    return Sureness(*map(float, _BELIEF), most=_BELIEVED_MAX), Sureness(
        *map(float, _BELIEF_OF_NONE), most=_BELIEVED_MAX
    )


def fitted(alone: Array, of: Array, apart: Array, none: int | None) -> tuple[Sureness, Sureness]:
    """How sure an answer is if the text has one of the labels, and if it may have none.

    `alone`: the scores of examples when they were not known; `of`: the label of each; `apart`: the scores of examples
    when nothing of their label was known; `none`: the label of those that have none, if there are such.

    For the second, as many strangers as others are compared first, so that it learns how strangers look; then that
    curve is moved and stretched to what is right as often as it says if strangers are as few as they are.
    """
    inside, outside = Said.of(alone, none), Said.of(apart, none)
    right = (inside.best == of).astype(float)
    own = (of != none) if none is not None else np.ones(len(of), dtype=bool)
    sure = _curve(_seen(inside), right, own.astype(float), _BELIEF)
    seen = np.concatenate([_seen(inside), _seen(outside)])
    right = np.concatenate([right * own, np.zeros(len(apart))])
    strange = int((~own).sum())
    share = _APART_SHARE if strange else 1.0
    known = np.concatenate([own, np.zeros(len(apart), dtype=bool)])
    stranger = np.concatenate(
        [~own * (1 - share) / max(strange, 1), np.full(len(apart), share / max(len(apart), 1))]
    )
    look = _curve(seen, right, known + own.sum() * stranger, _BELIEF_OF_NONE)
    along = np.zeros_like(seen)
    along[:, 0] = seen @ np.array(look[:4])
    along[:, 3] = 1
    odds = _STRANGE_SHARE / (1 - _STRANGE_SHARE)
    scale, _, _, shift, _ = _curve(along, right, known + odds * own.sum() * stranger, _AS_IT_IS)
    return sure, Sureness(
        scale * look.score, scale * look.lead, scale * look.strange, scale * look.shift + shift
    )


def _seen(said: Said) -> Array:
    return np.stack([said.score, said.lead, said.strange, np.ones(len(said.score))], axis=1).astype(
        float
    )


def _chance(at: Array) -> Array:
    return 1 / (1 + np.exp(-np.clip(at, -30, 30)))


def _curve(seen: Array, right: Array, counts: Array, belief: Array) -> Sureness:
    """The logistic curve that makes `right` likeliest, by Newton's method; how often each counts: `counts`."""
    at = belief.copy()
    for _ in range(_ROUNDS):
        chance = _chance(seen @ at)
        slope = seen.T @ (counts * (chance - right)) + _DOUBT @ (at - belief)
        bend = (seen * (counts * np.maximum(chance * (1 - chance), 1e-6))[:, None]).T @ seen
        step = np.linalg.solve(bend + _DOUBT, slope)
        here = _unlikely(at, seen, right, counts, belief)
        # Far from the best curve a whole step leads astray: half of it until it leads down.
        while (
            _unlikely(at - step, seen, right, counts, belief) > here
            and float(np.abs(step).max()) > 1e-4
        ):
            step = step / 2
        at = at - step
        if float(np.abs(step).max()) < 1e-4:
            break
    return Sureness(*map(float, at))


def _unlikely(at: Array, seen: Array, right: Array, counts: Array, belief: Array) -> float:
    """The negative logarithm of how likely `right` is, and the belief."""
    signed = np.where(right > 0, 1, -1) * (seen @ at)
    away = at - belief
    return float(counts @ np.logaddexp(0, -signed) + away @ _DOUBT @ away / 2)
