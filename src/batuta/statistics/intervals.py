"""Where the true mean of scores may lie, by a sample of them: 95 % intervals.

Shares (each score 0 or 1): Wilson's interval, which holds for few cases and for shares near 0 and 1 (Wilson, 1927).
Other scores: the percentile bootstrap over cases (Efron, 1979), with a fixed seed. It is too narrow where there are few
cases, or all are alike; then Wilson's is taken, for nothing between 0 and 1 varies more than a share. Of more than
1,000 cases the mean is as good as normal, and nothing has to be drawn.
"""

import random
from collections.abc import Sequence
from math import sqrt
from statistics import fmean, stdev
from typing import Literal, NamedTuple

__all__ = [
    "FEW_MAX",
    "MANY_MIN",
    "Interval",
    "Method",
    "interval_of",
    "percentile",
    "spread_of",
    "wilson",
]

Method = Literal["wilson", "bootstrap", "normal", "none"]

# Of fewer cases a bootstrap says more than it knows.
FEW_MAX = 20
# Of more the mean is as good as normal.
MANY_MIN = 1_000
# Two-sided 95 %.
_Z = 1.959964
_TAIL = 0.025
_SEED = 20_261_122
# Samples that are drawn: the ends of the interval then move by about a hundredth of its width.
_DRAWS = 2_000


class Interval(NamedTuple):
    """The mean, and between which figures the true one lies with 95 %; `method` says how that is known."""

    mean: float
    low: float
    high: float
    method: Method


def interval_of(scores: Sequence[float]) -> Interval:
    """The interval of scores from 0 to 1. Without any, nothing is known: from 0 to 1."""
    if not scores:
        return Interval(0.0, 0.0, 1.0, "none")
    mean = fmean(scores)
    shares = all(score in (0, 1) for score in scores)
    if shares or len(scores) < FEW_MAX or min(scores) == max(scores):
        return Interval(mean, *wilson(mean, len(scores)), "wilson")
    low, high = spread_of(scores)
    method: Method = "normal" if len(scores) > MANY_MIN else "bootstrap"
    return Interval(mean, max(low, 0.0), min(high, 1.0), method)


def wilson(share: float, count: int) -> tuple[float, float]:
    """The ends of Wilson's interval for a `share` of `count` cases.

    >>> [round(end, 3) for end in wilson(1.0, 10)], [round(end, 3) for end in wilson(0.5, 100)]
    ([0.722, 1.0], [0.404, 0.596])
    """
    squared = _Z * _Z / count
    middle = (share + squared / 2) / (1 + squared)
    half = _Z / (1 + squared) * sqrt(share * (1 - share) / count + squared / (4 * count))
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def spread_of(values: Sequence[float]) -> tuple[float, float]:
    """Between which figures the true mean of any values lies with 95 %: by their bootstrap, or as a normal variable."""
    count = len(values)
    if count > MANY_MIN:
        half = _Z * stdev(values) / sqrt(count)
        return fmean(values) - half, fmean(values) + half
    chance = random.Random(_SEED)
    means = sorted(sum(chance.choices(values, k=count)) / count for _ in range(_DRAWS))
    return percentile(means, _TAIL), percentile(means, 1 - _TAIL)


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which `share` of the sorted `ordered` lies, between two of them if need be.

    >>> percentile([1.0, 2.0, 4.0], 0.5), percentile([1.0, 2.0], 0.25), percentile([3.0], 0.9)
    (2.0, 1.25, 3.0)
    """
    at = share * (len(ordered) - 1)
    below = int(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (at - below)
