"""The axis of time: seconds to places, with the long stretches cut out in which nothing but waiting goes on.

A run that calls for a second and waits for a person for three days would be a line of nothing otherwise.
"""

import math
from collections.abc import Iterable
from typing import NamedTuple

from batuta.spec.figures import round_duration

__all__ = ["Axis", "Piece", "Tick", "axis_of"]

# A wait is cut if it is longer than all work together, and than this many seconds.
_CUT_MIN_S = 0.25
_CUTS_MAX = 8
# All cuts together take no more than this of the width.
_CUTS_SHARE_MAX = 0.4
# What people call round, from a second to a day.
_ROUND_S = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400,
)  # fmt: skip


class Piece(NamedTuple):
    """From second `begin` to `end` (of the Unix epoch), drawn from `left` to `right`; `cut`: much shortened."""

    begin: float
    end: float
    left: float
    right: float
    cut: bool


class Tick(NamedTuple):
    """A mark at `x`."""

    x: float
    label: str


class Axis(NamedTuple):
    """The pieces of the time of a run, in order, from 0 to `width`."""

    pieces: tuple[Piece, ...]
    width: float

    def at(self, time: float) -> float:
        """Where `time` (seconds of the Unix epoch) is; what is outside is at the nearest end."""
        for piece in self.pieces:
            if time <= piece.end:
                length = piece.end - piece.begin
                share = (time - piece.begin) / length if length > 0 else 0.0
                place = piece.left + (piece.right - piece.left) * min(max(share, 0.0), 1.0)
                return min(place, self.width)
        return self.width

    def ticks(self, apart: float) -> list[Tick]:
        """Marks at round times at least `apart` from each other: since the beginning, behind a cut since its end."""
        first = self.pieces[0].begin
        seconds = sum(piece.end - piece.begin for piece in self.pieces if not piece.cut)
        room = sum(piece.right - piece.left for piece in self.pieces if not piece.cut)
        step = _round_step(seconds / max(room, 1.0) * apart)
        ticks: list[Tick] = []
        for piece in self.pieces:
            if piece.cut:
                continue
            rate = (piece.right - piece.left) / max(piece.end - piece.begin, 1e-9)
            since = piece.begin - first
            for index in range(int((piece.end - piece.begin) / step) + 1):
                x = piece.left + index * step * rate
                near = bool(ticks) and x - ticks[-1].x < apart * 0.8
                if near and index == 0 and ticks[-1].x > 0:
                    ticks.pop()  # where it goes on behind a cut says more
                elif near:
                    continue
                if not index or not since:
                    label = round_duration(since + index * step) if since or index else "0"
                else:
                    label = f"+{round_duration(index * step)}"
                ticks.append(Tick(x, label))
        return ticks


def axis_of(
    begin: float, end: float, busy: Iterable[tuple[float, float]], width: float, cut: float
) -> Axis:
    """The axis from `begin` to `end`, in `width`; `busy` are the times of calls, none of which is cut.

    A cut takes `cut` of the width, or less where there are many.
    """
    end = max(end, begin + 1e-3)
    gaps: list[tuple[float, float]] = []
    last, working = begin, 0.0
    for first, until in sorted(busy):
        first, until = min(max(first, begin), end), min(until, end)
        if first > last:
            gaps.append((last, first))
        if until > last:
            working += until - max(first, last)
            last = until
    if end > last:
        gaps.append((last, end))
    limit = max(_CUT_MIN_S, working)
    cuts = [gap for gap in gaps if gap[1] - gap[0] > limit] if working else []
    cuts = sorted(sorted(cuts, key=lambda gap: gap[0] - gap[1])[:_CUTS_MAX])
    return Axis(tuple(_pieces(begin, end, cuts, width, cut)), width)


def _pieces(
    begin: float, end: float, cuts: list[tuple[float, float]], width: float, cut: float
) -> Iterable[Piece]:
    share = min(cut / width, _CUTS_SHARE_MAX / max(len(cuts), 1))
    whole = end - begin - sum(last - first for first, last in cuts)
    rate = width * (1 - share * len(cuts)) / max(whole, 1e-9)
    x, time = 0.0, begin
    for first, last in cuts:
        if first > time:
            yield Piece(time, first, x, x + (first - time) * rate, False)
            x += (first - time) * rate
        yield Piece(first, last, x, x + share * width, True)
        x, time = x + share * width, last
    if end > time or not cuts:
        yield Piece(time, end, x, width, False)


def _round_step(seconds: float) -> float:
    """The next round number of seconds, minutes, hours or days that is not less."""
    seconds = max(seconds, 1e-3)
    if 1 <= seconds <= _ROUND_S[-1]:
        return float(next(step for step in _ROUND_S if seconds <= step))
    unit = _ROUND_S[-1] if seconds > 1 else 1
    power = 10.0 ** math.floor(math.log10(seconds / unit))
    return next(f for f in (1, 2, 5, 10) if f * power * unit >= seconds * 0.999) * power * unit
