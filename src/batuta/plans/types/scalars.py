"""Whether numbers, texts and truths of one shape are accepted by another."""

from collections.abc import Iterable

from batuta.plans.types.describe import described_shape, described_values
from batuta.plans.types.formats import formats_apart
from batuta.plans.types.shape import Number, String
from batuta.plans.types.verdict import YES, Fit, Verdict

__all__ = ["booleans_fit", "numbers_fit", "strings_fit"]


def booleans_fit(source: frozenset[bool], target: frozenset[bool]) -> Fit:
    """Whether each of `source` is one of `target`, or some, or none."""
    if source <= target:
        return YES
    verdict: Verdict = "maybe" if source & target else "no"
    return Fit(verdict, f"{described_values(source)} where {described_values(target)} is wanted")


def numbers_fit(source: Number, target: Number) -> Fit:
    """Whether the numbers of `source` are within `target`, marks apart."""
    if source.values is not None:
        return _chosen(source.values, [target.has(value) for value in source.values], target)
    why = f"{described_shape(source)} where {described_shape(target)} is wanted"
    if target.values is not None:
        return Fit("maybe" if any(map(source.has, target.values)) else "no", why)
    if _beyond(source, target) or _beyond(target, source):
        return Fit("no", why)
    if target.integer and not source.integer:
        return Fit("maybe", why)
    if _reaches(source.low, source.low_open, target.low, target.low_open, 1):
        if _reaches(source.high, source.high_open, target.high, target.high_open, -1):
            return YES
    return Fit("maybe", why)


def _beyond(a: Number, b: Number) -> bool:
    """All of `a` is above all of `b`."""
    if a.low is None or b.high is None:
        return False
    return a.low > b.high or (a.low == b.high and (a.low_open or b.high_open))


def _reaches(
    own: float | None, own_open: bool, limit: float | None, limit_open: bool, sign: int
) -> bool:
    """The bound `own` is within `limit`; `sign` is 1 for lower bounds, -1 for upper ones."""
    if limit is None:
        return True
    if own is None:
        return False
    if own == limit:
        return own_open or not limit_open
    return (own > limit) == (sign > 0)


def strings_fit(source: String, target: String) -> Fit:
    """Whether the texts of `source` are within `target`, marks apart."""
    fit = _texts(source, target)
    if fit.verdict == "no" or not target.format or source.format == target.format:
        return fit
    why = f"{described_shape(source)} where {described_shape(target)} is wanted"
    if formats_apart(source.format, target.format):
        return Fit("no", why)
    return fit if fit.verdict == "maybe" else Fit("maybe", why)


def _texts(source: String, target: String) -> Fit:
    if source.values is not None:
        return _chosen(source.values, [target.has(value) for value in source.values], target)
    why = f"{described_shape(source)} where {described_shape(target)} is wanted"
    if target.values is not None:
        return Fit("maybe" if any(map(source.has, target.values)) else "no", why)
    low, high = source.low, source.high
    if (target.high is not None and low > target.high) or (high is not None and high < target.low):
        return Fit("no", why)
    short = low < target.low
    long = target.high is not None and (high is None or high > target.high)
    return Fit("maybe", why) if short or long else YES


def _chosen(
    values: Iterable[float] | Iterable[str], accepted: list[bool], target: Number | String
) -> Fit:
    """Listed values, each of which is `accepted` or not."""
    if all(accepted):
        return YES
    refused = [value for value, good in zip(values, accepted, strict=True) if not good]
    why = f"{described_values(refused)} where {described_shape(target)} is wanted"
    return Fit("maybe" if any(accepted) else "no", why)
