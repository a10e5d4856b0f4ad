"""Bars: upright where the names fit below them, lying where they do not; beside each other or stacked."""

from typing import NamedTuple

from batuta.capabilities.report.charts.data import Data
from batuta.capabilities.report.charts.frame import (
    LETTERS,
    WIDTH,
    begun,
    framed,
    gridlines,
    labels_width,
)
from batuta.capabilities.report.charts.scale import Scale, scale_of
from batuta.capabilities.report.model import Chart
from batuta.capabilities.report.words import axis_text
from batuta.plans.draw.canvas import Canvas, number
from batuta.plans.draw.text import clean, fit, width_of

__all__ = ["bars"]

_UPRIGHT_MAX = 16
_HEIGHT = 240.0
_LINE = 26.0
_THIN = 14.0
_ROUND = 3.0
_NAMES_ROOM = 250.0
_BAR_MAX = 56.0


class _Bar(NamedTuple):
    place: int
    slot: int
    series: int
    low: float
    high: float
    end: bool


def bars(chart: Chart, data: Data, number_: int) -> str:
    """The chart."""
    stacked = chart.stacked and len(data.series) > 1
    made = _bars_of(data, stacked)
    lowest = min([0.0, *(one.low for one in made)])
    highest = max([0.0, *(one.high for one in made)])
    counted = chart.y is None
    names = [clean(name, 120) for name in data.names]
    slot = (WIDTH - 60) / max(len(names), 1)
    roomy = all(width_of(name, LETTERS) <= slot - 8 for name in names)
    frame = begun(chart.title, [one.name for one in data.series], chart.y_title)
    if len(names) <= _UPRIGHT_MAX and roomy:
        bottom = frame.top + _HEIGHT
        scale = scale_of(lowest, highest, bottom, frame.top, whole=counted)
        _upright(frame.canvas, chart, made, names, scale, len(data.series) if not stacked else 1)
        height = bottom + 26 + (20 if chart.x_title else 0)
    else:
        height = _lying(
            frame.canvas,
            chart,
            made,
            names,
            frame.top,
            (lowest, highest),
            len(data.series) if not stacked else 1,
        )
    if chart.x_title:
        frame.canvas.text(WIDTH / 2, height - 4, clean(chart.x_title, 120), "ca", anchor="middle")
    says = f"{chart.title or 'Bars'}: {len(names)} bars from {axis_text(lowest)} to {axis_text(highest, chart.unit)}"
    return framed(frame, height + 4, says, number_)


def _bars_of(data: Data, stacked: bool) -> list[_Bar]:
    found: list[_Bar] = []
    above: dict[int, float] = {}
    below: dict[int, float] = {}
    for index, series in enumerate(data.series):
        for place, value in series.points:
            at = int(place)
            if not stacked:
                found.append(_Bar(at, index, index, min(value, 0.0), max(value, 0.0), True))
                continue
            sums = above if value >= 0 else below
            begin = sums.get(at, 0.0)
            sums[at] = begin + value
            low, high = sorted((begin, begin + value))
            found.append(_Bar(at, 0, index, low, high, False))
    return found


def _upright(
    canvas: Canvas,
    chart: Chart,
    made: list[_Bar],
    names: list[str],
    scale: Scale,
    side_by_side: int,
) -> None:
    left = labels_width(scale, chart.unit)
    gridlines(canvas, scale, left, WIDTH - 4, chart.unit)
    slot = (WIDTH - 4 - left) / max(len(names), 1)
    wide = min(slot * 0.72, _BAR_MAX * side_by_side)
    one = wide / side_by_side
    zero = scale.at(0.0)
    for bar in made:
        x = left + bar.place * slot + (slot - wide) / 2 + bar.slot * one
        top, bottom = scale.at(bar.high), scale.at(bar.low)
        value = bar.high if bar.high > 0 else bar.low
        words = f"{names[bar.place]}: {axis_text(bar.high - bar.low if not bar.end else value, chart.unit)}"
        canvas.open_group(words)
        canvas.path(
            _column(x + one * 0.04, one * 0.92, top, bottom, zero, bar.end), f"f{bar.series + 1}"
        )
        canvas.close_group()
        text = axis_text(value)
        if bar.end and side_by_side == 1 and width_of(text, LETTERS) <= slot:
            y = top - 6 if value >= 0 else bottom + 14
            canvas.text(x + one / 2, y, text, "cv", anchor="middle")
    for at, name in enumerate(names):
        canvas.text(left + (at + 0.5) * slot, scale.begin + 18, name, "cl", anchor="middle")


def _lying(
    canvas: Canvas,
    chart: Chart,
    made: list[_Bar],
    names: list[str],
    top: float,
    range_: tuple[float, float],
    side_by_side: int,
) -> float:
    """Names at the left, bars to the right of them; where the picture ends."""
    room = min(max((width_of(name, LETTERS) for name in names), default=0.0), _NAMES_ROOM) + 14
    scale = scale_of(*range_, room, WIDTH - 64, marks=6, whole=chart.y is None)
    line = _LINE if side_by_side == 1 else _THIN * side_by_side + 12
    bottom = top + line * len(names)
    for tick in scale.ticks:
        x = scale.at(tick)
        canvas.path(f"M{number(x)} {number(top)}V{number(bottom)}", "c0" if tick == 0 else "cg")
        canvas.text(x, bottom + 18, axis_text(tick, chart.unit), "cl", anchor="middle")
    thick = min(line * 0.68, _THIN * side_by_side + (4 if side_by_side == 1 else 0))
    one = thick / side_by_side
    zero = scale.at(0.0)
    for bar in made:
        y = top + bar.place * line + (line - thick) / 2 + bar.slot * one
        left, right = scale.at(bar.low), scale.at(bar.high)
        value = bar.high if bar.high > 0 else bar.low
        shown = axis_text(bar.high - bar.low if not bar.end else value, chart.unit)
        canvas.open_group(f"{names[bar.place]}: {shown}")
        canvas.path(
            _row(left, right, y + one * 0.04, one * 0.92, zero, bar.end), f"f{bar.series + 1}"
        )
        canvas.close_group()
        if bar.end and one >= 10:
            if value >= 0:
                canvas.text(right + 6, y + one / 2 + 4, axis_text(value), "cv")
            else:
                canvas.text(left - 6, y + one / 2 + 4, axis_text(value), "cv", anchor="end")
    for at, name in enumerate(names):
        words = fit(name, _NAMES_ROOM, LETTERS)
        canvas.text(room - 10, top + (at + 0.5) * line + 4, words, "cl", anchor="end")
    return bottom + 26 + (20 if chart.x_title else 0)


def _column(x: float, width: float, top: float, bottom: float, zero: float, round_end: bool) -> str:
    """An upright bar, round where it ends and square where it stands."""
    begin, end = (bottom, top) if top < zero or not bottom > zero else (top, bottom)
    r = min(_ROUND, width / 2, abs(bottom - top)) if round_end else 0.0
    back = end + r if end < begin else end - r
    one, other, two, three = number(x), number(x + width), number(x + r), number(x + width - r)
    rim = number(end)
    return (
        f"M{one} {number(begin)}V{number(back)}Q{one} {rim} {two} {rim}H{three}"
        f"Q{other} {rim} {other} {number(back)}V{number(begin)}Z"
    )


def _row(left: float, right: float, y: float, height: float, zero: float, round_end: bool) -> str:
    """A lying bar."""
    begin, end = (left, right) if right > zero or not left < zero else (right, left)
    r = min(_ROUND, height / 2, abs(right - left)) if round_end else 0.0
    back = end - r if end > begin else end + r
    one, other, two, three = number(y), number(y + height), number(y + r), number(y + height - r)
    rim = number(end)
    return (
        f"M{number(begin)} {one}H{number(back)}Q{rim} {one} {rim} {two}V{three}"
        f"Q{rim} {other} {number(back)} {other}H{number(begin)}Z"
    )
