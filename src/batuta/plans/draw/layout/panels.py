"""Panels: where the boxes of a group stand in it, and the lines between them. Lengths in pixels."""

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

from batuta.plans.draw.layout.geometry import Curve, Rect, Route
from batuta.plans.draw.layout.group import Unit

__all__ = ["Panel", "panel_of"]

_PAD = 14.0
_TITLE = 20.0
# How much wider than high a panel is, about.
_ASPECT = 1.6
# Between boxes: beside each other, beside each other with an arrow between, and below each other.
_BESIDE, _ARROW, _BELOW = 12.0, 28.0, 12.0
_BELOW_WINDING = 24.0


class Panel(NamedTuple):
    """A unit with places: `rects` of its boxes by number, and `routes` between two, all from its upper left corner."""

    width: float
    height: float
    rects: dict[int, Rect]
    routes: dict[tuple[int, int], Route]
    title: str


def panel_of(unit: Unit, sizes: Sequence[tuple[float, float]]) -> Panel:
    """The panel of `unit`, whose boxes have `sizes` (width, height)."""
    if unit.single:
        box = unit.rows[0][0]
        width, height = sizes[box]
        return Panel(width, height, {box: Rect(0, 0, width, height)}, {}, "")
    return _winding(unit.rows[0], sizes) if unit.winding else _grid(unit.rows, sizes)


def _grid(rows: Sequence[Sequence[int]], sizes: Sequence[tuple[float, float]]) -> Panel:
    """Chains side by side: each a line of boxes, the lines in columns."""
    length = len(rows[0])
    wide = max(sizes[box][0] for row in rows for box in row)
    high = max(sizes[box][1] for row in rows for box in row)
    cell = length * wide + (length - 1) * _ARROW
    columns = max(round(math.sqrt(len(rows) * (high + _BELOW) / (cell + _BESIDE) * _ASPECT)), 1)
    columns = min(columns, len(rows))
    # The last line is as full as it can be.
    columns = math.ceil(len(rows) / math.ceil(len(rows) / columns))
    rects: dict[int, Rect] = {}
    routes: dict[tuple[int, int], Route] = {}
    for index, row in enumerate(rows):
        x = _PAD + index % columns * (cell + _BESIDE + (_ARROW - _BESIDE) * (length > 1))
        y = _PAD + _TITLE + index // columns * (high + _BELOW)
        for box in row:
            rects[box] = Rect(x, y, sizes[box][0], sizes[box][1])
            x += wide + _ARROW
        for one, other in itertools.pairwise(row):
            routes[one, other] = (_across(rects[one], rects[other], high),)
    what = "steps" if length == 1 else f"chains of {length} steps"
    return _panel(rects, routes, f"{len(rows):,} {what} side by side")


def _winding(chain: Sequence[int], sizes: Sequence[tuple[float, float]]) -> Panel:
    """One chain: to the right, down, back to the left, and so on."""
    wide = max(sizes[box][0] for box in chain)
    high = max(sizes[box][1] for box in chain)
    share = (high + _BELOW_WINDING) / (wide + _ARROW)
    columns = max(round(math.sqrt(len(chain) * share * _ASPECT)), 1)
    columns = math.ceil(len(chain) / math.ceil(len(chain) / columns))
    rects: dict[int, Rect] = {}
    routes: dict[tuple[int, int], Route] = {}
    for index, box in enumerate(chain):
        line, place = divmod(index, columns)
        column = place if line % 2 == 0 else columns - 1 - place
        x = _PAD + column * (wide + _ARROW)
        y = _PAD + _TITLE + line * (high + _BELOW_WINDING)
        rects[box] = Rect(x, y, sizes[box][0], sizes[box][1])
        if index:
            last = chain[index - 1]
            down = place == 0
            link = _down if down else _across
            routes[last, box] = (link(rects[last], rects[box], high),)
    return _panel(rects, routes, f"{len(chain):,} steps one after the other")


def _across(one: Rect, other: Rect, high: float) -> Curve:
    """From side to side, at the middle of what all boxes of the line have."""
    y = one.y + min(one.height, other.height, high) / 2
    begin, end = (one.right, other.x) if one.x < other.x else (one.x, other.right)
    third = (end - begin) / 3
    return Curve(begin, y, begin + third, y, end - third, y, end, y)


def _down(one: Rect, other: Rect, _: float) -> Curve:
    x = one.x + min(one.width, other.width) / 2
    third = (other.y - one.bottom) / 3
    return Curve(x, one.bottom, x, one.bottom + third, x, other.y - third, x, other.y)


def _panel(rects: dict[int, Rect], routes: dict[tuple[int, int], Route], title: str) -> Panel:
    width = max(rect.right for rect in rects.values()) + _PAD
    height = max(rect.bottom for rect in rects.values()) + _PAD
    return Panel(width, height, rects, routes, title)
