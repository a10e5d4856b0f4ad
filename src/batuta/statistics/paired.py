"""Is one of two versions better, by their scores on the same cases?

Where each score is 0 or 1 McNemar's test decides, exactly (McNemar, 1947): only cases on which the two differ count.
For other scores it is the randomization test: if the versions were alike, each difference could as well have the other
sign (Fisher, 1935). The interval of the difference is the bootstrap over cases.
"""

import random
from collections.abc import Sequence
from itertools import product
from math import comb, erfc, sqrt
from statistics import fmean
from typing import Literal

import msgspec

from batuta.statistics.intervals import MANY_MIN, spread_of

__all__ = ["Comparison", "Test", "Word", "compared"]

Word = Literal["better", "worse", "no difference shown"]
Test = Literal["mcnemar", "randomization", "none"]

_SURE = 0.05
_SEED = 20_261_122
# Up to so many differences all signs are tried: 4,096.
_EXACT_MAX = 12
_DRAWS = 4_000
# Differences that are smaller are how computers add.
_ALIKE = 1e-9


class Comparison(msgspec.Struct, frozen=True):
    """What the pairs say.

    `difference` of the means, second less first, and its 95 % interval. `better`, `worse`, `same`: on so many cases the
    second is. `p`: how likely a difference this large is between versions that are alike. `word`: what can be said.
    """

    cases: int
    difference: float
    low: float
    high: float
    better: int
    worse: int
    same: int
    p: float
    test: Test
    word: Word


def compared(first: Sequence[float], second: Sequence[float]) -> Comparison:
    """What scores of two versions on the same cases, in the same order, say of them."""
    assert len(first) == len(second), "pairs"
    if not first:
        return Comparison(0, 0.0, -1.0, 1.0, 0, 0, 0, 1.0, "none", "no difference shown")
    differences = [b - a for a, b in zip(first, second, strict=True)]
    better = sum(one > _ALIKE for one in differences)
    worse = sum(one < -_ALIKE for one in differences)
    binary = all(score in (0, 1) for score in (*first, *second))
    p = mcnemar(better, worse) if binary else randomization(differences)
    mean = fmean(differences)
    low, high = spread_of(differences)
    word: Word = "no difference shown"
    if p < _SURE:
        word = "better" if mean > 0 else "worse"
    return Comparison(
        len(first),
        mean,
        low,
        high,
        better,
        worse,
        len(first) - better - worse,
        p,
        "mcnemar" if binary else "randomization",
        word,
    )


def mcnemar(better: int, worse: int) -> float:
    """The two-sided exact p of so many cases for the one and for the other.

    >>> mcnemar(0, 0), mcnemar(5, 0), round(mcnemar(6, 0), 5), mcnemar(3, 3)
    (1.0, 0.0625, 0.03125, 1.0)
    """
    count, fewer = better + worse, min(better, worse)
    tail = sum(comb(count, k) for k in range(fewer + 1))
    # Whole numbers: 2 ** -count is nothing to a float from 1,075 on.
    return min(1.0, 2 * tail / 2**count)


def randomization(differences: Sequence[float]) -> float:
    """The two-sided p that the mean of `differences` is 0: exact for few, by draws, or as normal for very many.

    >>> randomization([0.1, 0.2, 0.1]), randomization([0.0, 0.0])
    (0.25, 1.0)
    """
    told = [one for one in differences if abs(one) > _ALIKE]
    observed = abs(sum(told)) - _ALIKE
    if len(told) <= _EXACT_MAX:
        signs = list(product((1, -1), repeat=len(told)))
        as_large = sum(_flipped(told, one) >= observed for one in signs)
        return as_large / len(signs)
    if len(told) > MANY_MIN:
        return erfc(observed / sqrt(2 * sum(one * one for one in told)))
    chance = random.Random(_SEED)
    as_large = 0
    for _ in range(_DRAWS):
        bits = chance.getrandbits(len(told))
        flipped = sum(one if bits >> at & 1 else -one for at, one in enumerate(told))
        as_large += abs(flipped) >= observed
    # The signs that were seen are one of the draws.
    return (as_large + 1) / (_DRAWS + 1)


def _flipped(differences: Sequence[float], signs: Sequence[int]) -> float:
    return abs(sum(one * sign for one, sign in zip(differences, signs, strict=True)))
