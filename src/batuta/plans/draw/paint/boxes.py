"""Boxes: how large each has to be, and how it is painted. Lengths in pixels."""

from typing import NamedTuple

from batuta.plans.draw.layout.geometry import Rect
from batuta.plans.draw.paint.badges import (
    asks_badge,
    effect_tile,
    may_fail_badge,
    state_badge,
    undo_badge,
)
from batuta.plans.draw.paint.canvas import Canvas
from batuta.plans.draw.paint.text import clean, fit, mono_width, width_of
from batuta.plans.draw.picture import Box

__all__ = ["FULL", "INSIDE_PAD", "SMALL", "Measures", "inside_of", "paint_box", "size_of"]


class Measures(NamedTuple):
    """A kind of box: `name`, `use` and `meta` are sizes of letters; widths include everything."""

    small: bool
    pad: float
    tile: float
    name: float
    use: float
    meta: float
    head: float  # height of name and use
    foot: float  # height of the line below
    line: float  # height of the condition
    width_min: float
    width_max: float


FULL = Measures(False, 11, 30, 13.5, 11, 11.5, 52, 24, 16, 148, 264)
SMALL = Measures(True, 7, 22, 12, 10, 10.5, 36, 0, 0, 112, 178)

# Around the plan that is drawn in a box.
INSIDE_PAD = 14.0
_STACK = 4.0  # how far each sheet of a stack looks out
_BADGE = 19.0  # a badge and the space before it


def size_of(box: Box, measures: Measures) -> tuple[float, float]:
    """Width and height of the box with the sheets of its stack."""
    m = measures
    head = m.pad + m.tile + 9
    name = width_of(clean(box.name), m.name, bold=True) + _BADGE * _badges(box)
    use = mono_width(clean(box.use), m.use)
    width = head + max(name, use) + m.pad
    height = m.head
    if m.small:
        width += max(width_of(_small_time(box), m.meta) + 8, 0) if _small_time(box) else 0
    else:
        height += m.foot + (m.line if box.when else 0)
        left, right = _foot(box)
        if box.when:
            width = max(width, 2 * m.pad + mono_width("when " + clean(box.when, 200), 10.5))
        width = max(width, 2 * m.pad + width_of(left, m.meta) + width_of(right, m.meta) + 18)
    width = min(max(width, m.width_min), m.width_max)
    return width, height + (2 * _STACK if box.stack else 0)


def paint_box(
    canvas: Canvas, box: Box, rect: Rect, measures: Measures, *, named: bool = True
) -> None:
    """The box in `rect`, whose size is that of `size_of`, or wider, or higher by what is drawn inside of it.

    `named` False: what is around it says what is read out of it.
    """
    m = measures
    canvas.open_group(
        box.says if named else "", "faded" if box.state in ("skipped", "cancelled") else ""
    )
    height = rect.height - (2 * _STACK if box.stack else 0)
    if box.stack:
        for sheet in (2, 1):
            inset, reach = sheet * 5.0, sheet * _STACK
            canvas.rect(
                rect.x + inset,
                rect.y + height - 12 + reach,
                rect.width - 2 * inset,
                12,
                "sheet",
                round_=6,
            )
    if box.critical:
        canvas.rect(rect.x - 3, rect.y - 3, rect.width + 6, height + 6, "glow", round_=11)
    canvas.rect(rect.x, rect.y, rect.width, height, _frame(box), round_=8)
    _head(canvas, box, rect, m)
    if not m.small:
        _lower(canvas, box, rect, m, height if box.inside is None else _own_height(box, m))
    if box.inside is not None:
        y = rect.y + _own_height(box, m)
        canvas.rect(rect.x + 6, y + 2, rect.width - 12, rect.y + height - y - 8, "panel", round_=6)
    canvas.close_group()


def inside_of(box: Box, rect: Rect, measures: Measures, width: float) -> tuple[float, float]:
    """Where the plan begins, of that `width`, that is drawn inside of `box`: x and y."""
    return rect.x + (rect.width - width) / 2, rect.y + _own_height(box, measures) + INSIDE_PAD - 3


def _own_height(box: Box, measures: Measures) -> float:
    return size_of(box, measures)[1] - (2 * _STACK if box.stack else 0)


def _frame(box: Box) -> str:
    said = {
        "failed": "s-bad f-bad-tint", "in doubt": "s-bad f-bad-tint", "waiting": "s-ask f-ask-tint",
        "retrying": "s-ask f-ask-tint", "running": "s-run f-run-tint", "skipped": "cut", "cancelled": "cut",
    }.get(box.state, "")  # fmt: skip
    frame = "box " + said if said else "box"
    if box.denied:
        frame = "box s-bad f-bad-tint"
    return frame + " crit" if box.critical and frame == "box" else frame


def _head(canvas: Canvas, box: Box, rect: Rect, m: Measures) -> None:
    x, y = rect.x + m.pad, rect.y + (m.head - m.tile) / 2 + (0 if m.small else 1)
    effect_tile(canvas, box.effect, x, y, m.tile)
    left, right = x + m.tile + 9, rect.right - m.pad
    small = _small_time(box) if m.small else ""
    if small:
        taken = width_of(small, m.meta) + 8
        canvas.text(right, rect.y + m.head - 9, small, "ts mu", anchor="end")
    else:
        taken = 0.0
    room = right - left - _BADGE * _badges(box)
    name_y, use_y = (rect.y + 15.5, rect.y + 28) if m.small else (rect.y + 23.5, rect.y + 39)
    canvas.text(
        left,
        name_y,
        fit(clean(box.name), room, m.name, bold=True),
        f"{'ns' if m.small else 'n'} tx",
    )
    use = fit(clean(box.use), right - left - taken, m.use, mono=True)
    canvas.text(left, use_y, use, f"m {'us' if m.small else 'u'} mu")
    _paint_badges(canvas, box, right, name_y - (4 if m.small else 4.6), 0.78 if m.small else 1.0)


def _badges(box: Box) -> int:
    return bool(box.state) + box.asks + bool(box.undo) + box.may_fail


def _paint_badges(canvas: Canvas, box: Box, right: float, middle: float, scale: float) -> None:
    x = right - 8 * scale
    if box.state:
        state_badge(canvas, box.state, x, middle, scale)
        x -= _BADGE * scale
    if box.asks:
        asks_badge(canvas, x, middle, scale)
        x -= _BADGE * scale
    if box.undo:
        undo_badge(canvas, x, middle, scale)
        x -= _BADGE * scale
    if box.may_fail:
        may_fail_badge(canvas, x, middle, scale)


def _small_time(box: Box) -> str:
    return clean(box.time if "?" not in box.time else box.cost, 24)


def _foot(box: Box) -> tuple[str, str]:
    """What stands at the left and at the right of the last line."""
    state = box.state if box.state not in ("", "done") else ""
    if box.denied:
        state = "refused by policy"
    elif box.doubtful:
        state = "may be refused"
    return clean(box.times, 40), " · ".join(
        clean(one, 40) for one in (box.cost, box.time, state) if one
    )


def _lower(canvas: Canvas, box: Box, rect: Rect, m: Measures, height: float) -> None:
    y = rect.y + m.head
    left, right = rect.x + m.pad, rect.right - m.pad
    if box.when:
        words = fit("when " + clean(box.when, 200), right - left, 10.5, mono=True)
        canvas.text(left, y + 8, words, "m x mu")
        y += m.line
    canvas.path(f"M{rect.x + 1:.1f} {y:.1f}H{rect.right - 1:.1f}", "l")
    base = rect.y + height - 8
    first, last = _foot(box)
    room = right - left
    if last:
        last = fit(last, room, m.meta)
        style = (
            "f-bad"
            if box.state in ("failed", "in doubt") or box.denied
            else "f-ask"
            if box.state in ("waiting", "retrying") or box.doubtful
            else "mu"
        )
        canvas.text(right, base, last, f"t {style}", anchor="end")
        room -= width_of(last, m.meta) + 12
    canvas.text(left, base, fit(first, max(room, 0), m.meta), "t mu")
