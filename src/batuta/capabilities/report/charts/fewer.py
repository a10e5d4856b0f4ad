"""Fewer points than there are, where more could not be told apart; and the words that say so."""

from collections.abc import Sequence
from typing import TypeVar

from batuta.capabilities.report.charts.data import Data, Series

__all__ = ["one_in", "outlined", "sampled"]

# Points of one line that can be told apart.
_POINTS_MAX = 1_440
_DOTS_MAX = 5_000
_One = TypeVar("_One")
_Point = tuple[float, float]


def outlined(data: Data) -> Data:
    """Lines of at most so many points: of every stretch the lowest and the highest, so that no peak is lost."""
    longest = max((len(one.points) for one in data.series), default=0)
    if longest <= _POINTS_MAX:
        return data
    series = [Series(one.name, _outline(one.points)) for one in data.series]
    shown = max(len(one.points) for one in series)
    note = (
        f"of {longest:,} points the line has {shown:,}: the lowest and the highest of each stretch"
    )
    return data._replace(series=series, note=_joined(data.note, note))


def sampled(data: Data) -> Data:
    """The points with at most so many in all: every so many-th, which keeps dense places dense."""
    whole = sum(len(one.points) for one in data.series)
    step = -(-whole // _DOTS_MAX)
    if step <= 1:
        return data
    series = [Series(one.name, one.points[::step]) for one in data.series]
    note = f"the picture has every {_ordinal(step)} of {whole:,} points"
    return data._replace(series=series, note=_joined(data.note, note))


def one_in(rows: Sequence[_One], most: int, note: str) -> tuple[list[_One], str]:
    """At most `most` of `rows`, evenly from all of them, and `note` with what was left out."""
    step = -(-len(rows) // most)
    if step <= 1:
        return list(rows), note
    said = f"the table has every {_ordinal(step)} of {len(rows):,} rows"
    return list(rows[::step]), _joined(note, said)


def _outline(points: Sequence[_Point]) -> list[_Point]:
    if len(points) <= _POINTS_MAX:
        return list(points)
    stretch = -(-2 * len(points) // (_POINTS_MAX - 2))
    kept = [points[0]]
    for begin in range(0, len(points), stretch):
        of = range(begin, min(begin + stretch, len(points)))
        ends = {
            min(of, key=lambda at: points[at][1]),
            max(of, key=lambda at: points[at][1]),
        } - {0}
        kept += [points[at] for at in sorted(ends)]
    if kept[-1] is not points[-1]:
        kept.append(points[-1])
    return kept


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{'th' if 10 < number % 100 < 14 else ending}"


def _joined(*notes: str) -> str:
    return "; ".join(filter(None, notes))
