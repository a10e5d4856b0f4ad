"""Lines over numbers, times or names; and points."""

from collections.abc import Sequence

from batuta.capabilities.report.charts.data import Data, Series, day_of
from batuta.capabilities.report.charts.frame import (
    LETTERS,
    WIDTH,
    Frame,
    begun,
    below,
    framed,
    gridlines,
    labels_width,
    tick_unit,
)
from batuta.capabilities.report.charts.scale import Scale, scale_of
from batuta.capabilities.report.model import Chart
from batuta.capabilities.report.words import axis_text, date_text
from batuta.plans.draw.paint.canvas import Canvas, number
from batuta.plans.draw.paint.text import clean, width_of

__all__ = ["label_of", "lines", "points"]

_HEIGHT = 250.0
_MARKED_MAX = 40
# From so many days on, labels have the year.
_YEAR_DAYS = 300


def lines(chart: Chart, data: Data, number_: int) -> str:
    """A chart of lines."""
    flat = [y for one in data.series for _, y in one.points] or [0.0]
    # Counts and money stand on zero; what lies far from it, like a temperature, is looked at closely.
    low = min(flat)
    base = 0.0 if 0 <= low <= max(flat) * 0.6 else low
    frame = begun(chart.title, [one.name for one in data.series], chart.y_title, chart.unit)
    y = scale_of(min(base, low), max(flat), frame.top + _HEIGHT, frame.top, whole=chart.y is None)
    canvas, x = frame.canvas, _x_scale(data.series, labels_width(y, tick_unit(chart.unit)))
    gridlines(canvas, y, x.begin, WIDTH - 4, tick_unit(chart.unit))
    _x_labels(canvas, x, data, data.series, frame.top + _HEIGHT + 20)
    for index, one in enumerate(data.series):
        style = f"s{index + 1}"
        path = "".join(
            f"{'L' if at else 'M'}{number(x.at(px))} {number(y.at(py))}"
            for at, (px, py) in enumerate(one.points)
        )
        if len(data.series) == 1 and len(one.points) > 1:
            ground = y.at(max(y.low, 0.0) if y.high > 0 else y.high)
            first, last = x.at(one.points[0][0]), x.at(one.points[-1][0])
            canvas.path(
                f"{path}L{number(last)} {number(ground)}L{number(first)} {number(ground)}Z",
                f"a{index + 1}",
            )
        canvas.path(path, f"cs {style}")
        if len(one.points) <= _MARKED_MAX:
            for px, py in one.points:
                canvas.open_group(f"{one.name or label_of(px, data)}: {axis_text(py, chart.unit)}")
                canvas.circle(x.at(px), y.at(py), 3.2, f"cd f{index + 1}")
                canvas.close_group()
    return _ended(chart, frame, data.series, number_, "Lines")


def points(chart: Chart, data: Data, number_: int) -> str:
    """A chart of points."""
    flat = [y for one in data.series for _, y in one.points] or [0.0]
    frame = begun(chart.title, [one.name for one in data.series], chart.y_title, chart.unit)
    low = min(flat)
    y = scale_of(
        0.0 if 0 <= low <= max(flat) * 0.6 else low, max(flat), frame.top + _HEIGHT, frame.top
    )
    canvas, x = (
        frame.canvas,
        _x_scale(data.series, labels_width(y, tick_unit(chart.unit)), loose=True),
    )
    gridlines(canvas, y, x.begin, WIDTH - 4, tick_unit(chart.unit))
    _x_labels(canvas, x, data, data.series, frame.top + _HEIGHT + 20)
    for index, one in enumerate(data.series):
        for px, py in one.points:
            canvas.circle(x.at(px), y.at(py), 3.4, f"cp f{index + 1}")
    return _ended(chart, frame, data.series, number_, "Points")


def _ended(chart: Chart, frame: Frame, series: Sequence[Series], number_: int, what: str) -> str:
    canvas, top = frame
    height = top + _HEIGHT + 28
    if chart.x_title:
        height += 18
        canvas.text(WIDTH / 2, height - 6, clean(chart.x_title, 120), "ca", anchor="middle")
    shown = sum(len(one.points) for one in series)
    says = f"{chart.title or what}: {shown:,} points in {len(series)} series"
    return framed(frame, height + 4, says, number_)


def _x_scale(series: Sequence[Series], left: float, *, loose: bool = False) -> Scale:
    flat = [x for one in series for x, _ in one.points] or [0.0]
    low, high = min(flat), max(flat)
    if loose and low < high:
        pad = (high - low) * 0.03
        low, high = low - pad, high + pad
    return scale_of(low, high, left, WIDTH - 14, marks=7, tight=True)


def _x_labels(canvas: Canvas, x: Scale, data: Data, series: Sequence[Series], y: float) -> None:
    """Numbers at round places; times and names where there is something, as many as fit."""
    if data.kind == "number":
        places = list(x.ticks)
    else:
        places = sorted({place for one in series for place, _ in one.points})
    span = (max(places) - min(places)) if places else 0.0
    last = -1e9
    for index, place in enumerate(places):
        if data.kind == "number":
            words = axis_text(place)
        elif data.kind == "date":
            words = date_text(day_of(place), span > _YEAR_DAYS or index == 0)
        else:
            words = clean(data.names[int(place)], 40)
        half = width_of(words, LETTERS) / 2
        at = min(max(x.at(place), half), WIDTH - half)
        if at - half < last + 14:
            continue
        last = below(canvas, at, y, words)


def label_of(place: float, data: Data) -> str:
    """The place of a point in words."""
    if data.kind == "date":
        return date_text(day_of(place), True)
    return axis_text(place) if data.kind == "number" else data.names[int(place)]
