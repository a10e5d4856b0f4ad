"""The arithmetic of `local.py`: shares, thresholds, and how far confidence is from what is right."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

BINS = 10  # of the expected calibration error
# On the validation part, the threshold calls at least so many of its 100 strangers none: the goal is 0.65 of others.
NONE_SHARE = 0.75
HALF = 0.5  # the threshold that `local.classify` has if it may be none

Row = tuple[str, str]


class Said(NamedTuple):
    """What was said of one text: the best label, whether it is more like a stranger, how sure, and in how many ms."""

    best: str | None
    stranger: bool
    sure: float
    ms: float

    def none_at(self, level: float) -> bool:
        return self.stranger or self.best is None or self.sure < level


class Figures(NamedTuple):
    """One line of the table; shares of texts, milliseconds of processor time, seconds to learn."""

    accuracy: float  # in scope, if it had to give a label
    kept: float  # in scope, right and not "none of these", at the threshold of the validation part
    strangers: float  # out of scope, and said to be none, at the same threshold
    kept_half: float  # the same two at threshold 0.5
    strangers_half: float
    ece: float  # of the confidence, in scope
    ece_of_none: float  # over in-scope and out-of-scope texts
    ms: float
    learned_s: float


def figures(
    rows: Sequence[Row],
    inside: Sequence[Said],
    outside: Sequence[Said],
    level: float,
    learned_s: float,
) -> Figures:
    """The figures of what was said of in-scope `rows` and of out-of-scope texts."""
    right = [one.best == label for (_, label), one in zip(rows, inside, strict=True)]

    def kept(at: float) -> float:
        return share([hit and not one.none_at(at) for hit, one in zip(right, inside, strict=True)])

    def none(at: float) -> float:
        return share([one.none_at(at) for one in outside])

    judged = [(one.sure, hit) for one, hit in zip(inside, right, strict=True)]
    strangers = [(one.sure, False) for one in outside]
    ms = sum(one.ms for one in (*inside, *outside)) / (len(inside) + len(outside))
    return Figures(
        share(right),
        kept(level),
        none(level),
        kept(HALF),
        none(HALF),
        calibration_error(judged),
        calibration_error([*judged, *strangers]),
        ms,
        learned_s,
    )


def level_of(outside: Sequence[Said]) -> float:
    """The lowest threshold at which three quarters of the strangers of the validation part are none."""
    sure = sorted(-1.0 if one.none_at(0) else one.sure for one in outside)
    return max(0.0, sure[min(int(NONE_SHARE * len(sure)), len(sure) - 1)])


def share(hits: Sequence[bool]) -> float:
    return sum(hits) / len(hits)


def calibration_error(judged: Sequence[tuple[float, bool]]) -> float:
    """The mean distance between how sure answers were and how often they were right, in ten bins."""
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for sure, right in judged:
        bins[min(int(sure * BINS), BINS - 1)].append((sure, right))
    return sum(
        abs(sum(sure for sure, _ in one) - sum(right for _, right in one)) for one in bins.values()
    ) / len(judged)
