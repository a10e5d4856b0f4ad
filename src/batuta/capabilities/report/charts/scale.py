"""From numbers to places: round marks, and as many as there is room for."""

import math
from typing import NamedTuple

__all__ = ["Scale", "scale_of"]

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


class Scale(NamedTuple):
    """Numbers from `low` to `high` at places from `begin` to `end` (pixels; `end` may be the smaller one)."""

    low: float
    high: float
    begin: float
    end: float
    ticks: tuple[float, ...]

    def at(self, number: float) -> float:
        """The place of `number`."""
        share = (number - self.low) / (self.high - self.low)
        return self.begin + share * (self.end - self.begin)


def scale_of(
    low: float,
    high: float,
    begin: float,
    end: float,
    *,
    marks: int = 5,
    whole: bool = False,
    tight: bool = False,
) -> Scale:
    """A scale with about `marks` round marks that has `low` and `high` on it.

    `whole`: marks are whole numbers. `tight`: it ends with the numbers, not with a mark.
    """
    assert marks > 0
    if not low < high:
        pad = abs(low) * 0.1 or 1.0
        low, high = low - pad, high + pad
    step = _step((high - low) / marks)
    if whole:
        step = max(1.0, round(step)) if step < 10 else step
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    if tight:
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    else:
        low, high = first * step, last * step
    # 12 figures: 3 * 0.1 is not 0.3 otherwise.
    ticks = tuple(float(f"{at * step:.12g}") for at in range(int(first), int(last) + 1))
    return Scale(low, high, begin, end, ticks)


def _step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(one for one in _STEPS if one * power >= rough * 0.9) * power
