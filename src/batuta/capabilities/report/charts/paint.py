"""One chart as a picture, and as the table that says the same."""

from typing import Any, NamedTuple

from batuta.capabilities.report.charts.bars import bars
from batuta.capabilities.report.charts.data import Data, data_of, numbers_of, points_of
from batuta.capabilities.report.charts.fewer import one_in, outlined, sampled
from batuta.capabilities.report.charts.histogram import binned, histogram
from batuta.capabilities.report.charts.lines import label_of, lines, points
from batuta.capabilities.report.model import Chart
from batuta.capabilities.report.words import axis_text

__all__ = ["Painted", "painted"]

# Rows of the table below a picture.
_ROWS_MAX = 500


class Painted(NamedTuple):
    """`svg`, the numbers as a table (`header`, `rows`), and what was left out or put together (`note`)."""

    svg: str
    header: list[str]
    rows: list[list[Any]]
    note: str


def painted(chart: Chart, number: int) -> Painted:
    """The picture of `chart`; `number` tells it from the others of its page. Raises `Trouble`."""
    match chart.kind:
        case "histogram":
            numbers = numbers_of(chart)
            edges, counts = binned(numbers, chart.bins)
            rows: list[list[Any]] = [
                [f"{axis_text(edges[at])} – {axis_text(edges[at + 1], chart.unit)}", count]
                for at, count in enumerate(counts)
            ]
            return Painted(
                histogram(chart, numbers, number), [chart.x_title or chart.x, "count"], rows, ""
            )
        case "scatter":
            data = points_of(chart)
            all_ = [
                [label_of(x, data), y, *([one.name] if chart.by else [])]
                for one in data.series
                for x, y in one.points
            ]
            y_name = chart.y_title or (chart.y if isinstance(chart.y, str) else "y")
            header = [chart.x_title or chart.x, y_name, *([chart.by] if chart.by else [])]
            drawn = sampled(data)
            rows, note = one_in(all_, _ROWS_MAX, drawn.note)
            return Painted(points(chart, drawn, number), header, rows, note)
        case "bar":
            data = data_of(chart)
            return Painted(bars(chart, data, number), *_table(chart, data, data.note))
        case _:
            data = data_of(chart)
            drawn = outlined(data)
            return Painted(lines(chart, drawn, number), *_table(chart, data, drawn.note))


def _table(chart: Chart, data: Data, note: str) -> tuple[list[str], list[list[Any]], str]:
    """A row for each place, a column for each series; and `note` with what the table leaves out."""
    places: dict[float, list[Any]] = {}
    for index, series in enumerate(data.series):
        for place, value in series.points:
            row = places.setdefault(place, [None] * len(data.series))
            row[index] = value
    if chart.kind == "bar":
        named = [(data.names[int(place)], row) for place, row in sorted(places.items())]
    else:
        named = [(label_of(place, data), row) for place, row in sorted(places.items())]
    y = chart.y_title or (chart.y if isinstance(chart.y, str) else "") or "count"
    names = [one.name or y for one in data.series]
    rows, note = one_in([[name, *row] for name, row in named], _ROWS_MAX, note)
    return [chart.x_title or chart.x, *names], rows, note
