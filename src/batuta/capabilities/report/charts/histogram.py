"""How often numbers are how large."""

import math
from collections.abc import Sequence

from batuta.capabilities.report.charts.frame import (
    LETTERS,
    WIDTH,
    begun,
    below,
    framed,
    gridlines,
    labels_width,
)
from batuta.capabilities.report.charts.scale import scale_of
from batuta.capabilities.report.model import Chart
from batuta.capabilities.report.words import axis_text
from batuta.plans.draw.paint.canvas import number
from batuta.plans.draw.paint.text import clean, width_of

__all__ = ["binned", "histogram"]

_HEIGHT = 220.0
_BINS_MIN, _BINS_MAX = 5, 40


def histogram(chart: Chart, numbers: Sequence[float], number_: int) -> str:
    """The chart; `numbers` are sorted."""
    edges, counts = binned(numbers, chart.bins)
    frame = begun(chart.title, [], chart.y_title)
    bottom = frame.top + _HEIGHT
    y = scale_of(0.0, float(max(counts, default=1)), bottom, frame.top, whole=True)
    left = labels_width(y, "")
    x = scale_of(edges[0], edges[-1], left + 4, WIDTH - 12, marks=8, tight=True)
    canvas = frame.canvas
    gridlines(canvas, y, left, WIDTH - 4, "")
    for at, count in enumerate(counts):
        begin, end = x.at(edges[at]), x.at(edges[at + 1])
        canvas.open_group(
            f"{axis_text(edges[at])} to {axis_text(edges[at + 1], chart.unit)}: {count:,}"
        )
        if count:
            canvas.rect(
                begin + 0.6,
                y.at(count),
                max(end - begin - 1.2, 0.8),
                bottom - y.at(count),
                "f1",
                round_=1.5,
            )
        canvas.close_group()
    last = -1e9
    for tick in x.ticks:
        words = axis_text(tick, chart.unit)
        half = width_of(words, LETTERS) / 2
        if x.at(tick) - half > last + 10:
            last = below(canvas, x.at(tick), bottom + 20, words)
            canvas.path(f"M{number(x.at(tick))} {number(bottom)}v4", "c0")
    height = bottom + 28
    if chart.x_title:
        height += 18
        canvas.text(WIDTH / 2, height - 6, clean(chart.x_title, 120), "ca", anchor="middle")
    span = f"from {axis_text(edges[0])} to {axis_text(edges[-1])}"
    says = f"{chart.title or 'Histogram'}: {len(numbers):,} numbers {span}"
    return framed(frame, height + 4, says, number_)


def binned(numbers: Sequence[float], bins: int | None = None) -> tuple[list[float], list[int]]:
    """Edges of bins, and how many of the sorted `numbers` are in each; the last one has its upper edge in it.

    Their width is by the rule of Freedman and Diaconis, made round.
    """
    if not numbers:
        return [0.0, 1.0], [0]
    low, high = numbers[0], numbers[-1]
    if low == high:
        pad = abs(low) * 0.05 or 0.5
        return [low - pad, high + pad], [len(numbers)]
    middle = numbers[3 * len(numbers) // 4] - numbers[len(numbers) // 4]
    width = 2 * middle / len(numbers) ** (1 / 3) if middle else 0.0
    wanted = math.ceil((high - low) / width) if width else round(math.sqrt(len(numbers)))
    wanted = bins or min(max(wanted, _BINS_MIN), _BINS_MAX)
    scale = scale_of(low, high, 0.0, 1.0, marks=wanted)
    edges = list(scale.ticks)
    counts = [0] * (len(edges) - 1)
    at = 0
    for one in numbers:
        while at < len(counts) - 1 and one >= edges[at + 1]:
            at += 1
        counts[at] += 1
    return edges, counts
