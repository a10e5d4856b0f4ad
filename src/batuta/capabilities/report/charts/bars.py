"""Bars: upright where the names fit below them, lying where they do not; beside each other or stacked."""

from typing import NamedTuple

from batuta.capabilities.report.charts.data import Data
from batuta.capabilities.report.charts.frame import (
    LETTERS,
    WIDTH,
    begun,
    below,
    framed,
    gridlines,
    labels_width,
    tick_unit,
)
from batuta.capabilities.report.charts.scale import Scale, scale_of
from batuta.capabilities.report.model import Chart
from batuta.capabilities.report.words import axis_text, figures_of
from batuta.plans.draw.paint.canvas import Canvas, number
from batuta.plans.draw.paint.text import clean, fit, width_of

__all__ = ["bars"]

_UPRIGHT_MAX = 16
_HEIGHT = 240.0
_THICK = 18.0
_THIN = 14.0
_ROUND = 3.0
_NAMES_ROOM = 250.0
_BAR_MAX = 56.0
_NUMBER_ROOM = 46.0


class _Bar(NamedTuple):
    """A bar of one series at a place, from `low` to `high`; `slot`: which of those beside each other it is."""

    place: int
    slot: int
    series: int
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.high if self.high > 0 else self.low


class _Bars(NamedTuple):
    """All that is painted. `abreast`: how many stand beside each other at a place; 1 where they are stacked."""

    bars: list[_Bar]
    names: list[str]
    unit: str
    counted: bool
    stacked: bool
    abreast: int

    @property
    def low(self) -> float:
        return min([0.0, *(one.low for one in self.bars)])

    @property
    def high(self) -> float:
        return max([0.0, *(one.high for one in self.bars)])

    def says(self, bar: _Bar) -> str:
        value = bar.high - bar.low if self.stacked else bar.value
        return f"{self.names[bar.place]}: {axis_text(value, self.unit)}"

    def ends(self) -> list[tuple[int, float]]:
        """The number at the end of each bar, by its place: the sum of those that are stacked, if all go one way."""
        if self.abreast > 1:
            return []
        if not self.stacked:
            return [(bar.place, bar.value) for bar in self.bars]
        if self.low < 0:
            return []
        sums: dict[int, float] = {}
        for bar in self.bars:
            sums[bar.place] = max(sums.get(bar.place, 0.0), bar.high)
        return list(sums.items())


def bars(chart: Chart, data: Data, number_: int) -> str:
    """The chart."""
    stacked = chart.stacked and len(data.series) > 1
    names = [clean(name, 120) for name in data.names]
    abreast = 1 if stacked else max(len(data.series), 1)
    all_ = _Bars(_bars_of(data, stacked), names, chart.unit, chart.y is None, stacked, abreast)
    frame = begun(chart.title, [one.name for one in data.series], chart.y_title, chart.unit)
    slot = (WIDTH - 60) / max(len(names), 1)
    roomy = all(width_of(name, LETTERS) <= slot - 8 for name in names)
    if len(names) <= _UPRIGHT_MAX and roomy:
        height = _upright(frame.canvas, all_, frame.top)
    else:
        height = _lying(frame.canvas, all_, frame.top)
    if chart.x_title:
        height += 20
        frame.canvas.text(WIDTH / 2, height - 4, clean(chart.x_title, 120), "ca", anchor="middle")
    span = f"from {axis_text(all_.low)} to {axis_text(all_.high, chart.unit)}"
    return framed(frame, height + 4, f"{chart.title or 'Bars'}: {len(names)} bars {span}", number_)


def _bars_of(data: Data, stacked: bool) -> list[_Bar]:
    found: list[_Bar] = []
    up: dict[int, float] = {}
    down: dict[int, float] = {}
    for index, series in enumerate(data.series):
        for place, value in series.points:
            at = int(place)
            if not stacked:
                found.append(_Bar(at, index, index, min(value, 0.0), max(value, 0.0)))
                continue
            sums = up if value >= 0 else down
            begin = sums.get(at, 0.0)
            sums[at] = begin + value
            low, high = sorted((begin, begin + value))
            found.append(_Bar(at, 0, index, low, high))
    return found


def _upright(canvas: Canvas, all_: _Bars, top: float) -> float:
    """Bars that stand, with their names below them; where the picture ends."""
    scale = scale_of(all_.low, all_.high, top + _HEIGHT, top, whole=all_.counted)
    left = labels_width(scale, tick_unit(all_.unit))
    gridlines(canvas, scale, left, WIDTH, tick_unit(all_.unit))
    slot = (WIDTH - left) / max(len(all_.names), 1)
    wide = min(slot * 0.72, _BAR_MAX * all_.abreast)
    one = wide / all_.abreast
    for bar in all_.bars:
        x = left + bar.place * slot + (slot - wide) / 2 + bar.slot * one
        canvas.open_group(all_.says(bar))
        path = _column(x + one * 0.04, one * 0.92, scale, bar, _round(all_))
        canvas.path(path, f"cb f{bar.series + 1}")
        canvas.close_group()
    figures = min(figures_of(value for _, value in all_.ends()), 2)
    for place, value in all_.ends():
        words = axis_text(value, figures=figures)
        if width_of(words, LETTERS) <= slot:
            y = scale.at(value) + (-6 if value >= 0 else 14)
            canvas.text(left + (place + 0.5) * slot, y, words, "cv", anchor="middle")
    for at, name in enumerate(all_.names):
        canvas.text(left + (at + 0.5) * slot, scale.begin + 18, name, "cl", anchor="middle")
    return scale.begin + 26


def _lying(canvas: Canvas, all_: _Bars, top: float) -> float:
    """Bars that lie, with their names to the left of them; where the picture ends."""
    names = max((width_of(name, LETTERS) for name in all_.names), default=0.0)
    room = min(names, _NAMES_ROOM) + 14
    # Numbers stand behind the ends of bars, to the left of those that go there.
    begin = room + (_NUMBER_ROOM if all_.low < 0 else 0.0)
    scale = scale_of(all_.low, all_.high, begin, WIDTH - _NUMBER_ROOM, marks=6, whole=all_.counted)
    thick = _THICK if all_.abreast == 1 else _THIN * all_.abreast
    line = thick + (8 if all_.abreast == 1 else 14)
    bottom = top + line * len(all_.names)
    for tick in scale.ticks:
        x = scale.at(tick)
        canvas.path(f"M{number(x)} {number(top)}V{number(bottom)}", "c0" if tick == 0 else "cg")
        below(canvas, x, bottom + 18, axis_text(tick, tick_unit(all_.unit)))
    one = thick / all_.abreast
    for bar in all_.bars:
        y = top + bar.place * line + (line - thick) / 2 + bar.slot * one
        canvas.open_group(all_.says(bar))
        canvas.path(
            _row(y + one * 0.04, one * 0.92, scale, bar, _round(all_)), f"cb f{bar.series + 1}"
        )
        canvas.close_group()
    figures = min(figures_of(value for _, value in all_.ends()), 2)
    for place, value in all_.ends():
        x, anchor = scale.at(value) + (6 if value >= 0 else -6), "" if value >= 0 else "end"
        words = axis_text(value, figures=figures)
        canvas.text(x, top + (place + 0.5) * line + 4, words, "cv", anchor=anchor)
    for at, name in enumerate(all_.names):
        words = fit(name, _NAMES_ROOM, LETTERS)
        canvas.text(room - 10, top + (at + 0.5) * line + 4, words, "cl", anchor="end")
    return bottom + 26


def _round(all_: _Bars) -> float:
    return 0.0 if all_.stacked else _ROUND


def _column(x: float, width: float, scale: Scale, bar: _Bar, round_: float) -> str:
    """A standing bar, round where it ends and square where it stands."""
    begin, end = scale.at(bar.low), scale.at(bar.high)
    if bar.high <= 0:
        begin, end = end, begin
    r = min(round_, width / 2, abs(end - begin))
    back = end + r if end < begin else end - r
    one, other, two, three = number(x), number(x + width), number(x + r), number(x + width - r)
    rim = number(end)
    return (
        f"M{one} {number(begin)}V{number(back)}Q{one} {rim} {two} {rim}H{three}"
        f"Q{other} {rim} {other} {number(back)}V{number(begin)}Z"
    )


def _row(y: float, height: float, scale: Scale, bar: _Bar, round_: float) -> str:
    """A lying bar."""
    begin, end = scale.at(bar.low), scale.at(bar.high)
    if bar.high <= 0:
        begin, end = end, begin
    r = min(round_, height / 2, abs(end - begin))
    back = end - r if end > begin else end + r
    one, other, two, three = number(y), number(y + height), number(y + r), number(y + height - r)
    rim = number(end)
    return (
        f"M{number(begin)} {one}H{number(back)}Q{rim} {one} {rim} {two}V{three}"
        f"Q{rim} {other} {number(back)} {other}H{number(begin)}Z"
    )
