"""The rows of a chart as series of numbers."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Literal, NamedTuple

from batuta.capabilities.files.trouble import Trouble
from batuta.capabilities.report.model import Chart
from batuta.capabilities.report.words import cell_text, is_number, number_of

__all__ = [
    "NAMES_MAX",
    "SERIES_MAX",
    "Data",
    "Series",
    "data_of",
    "day_of",
    "numbers_of",
    "points_of",
]

# More series than colours that can be told apart: the smallest become one.
SERIES_MAX = 8
# Bars that can be read in one picture: the smallest become one.
NAMES_MAX = 30
_OTHERS = "others"

Kind = Literal["name", "number", "date"]
_DAY_S = 86_400.0

_Gathered = dict[str, dict[str, list[float]]]  # numbers by series and by name


class Series(NamedTuple):
    """`points` are (place, number). A place is that in `Data.names`, a number, or a time in days since 1970."""

    name: str
    points: list[tuple[float, float]]


class Data(NamedTuple):
    """`kind`: what x is. `names`: what stands at the places of bars. `note`: what was put together, "" if nothing."""

    kind: Kind
    names: list[str]
    series: list[Series]
    note: str


def data_of(chart: Chart) -> Data:
    """What a chart of bars, lines or points shows.

    Raises:
        Trouble: a row has no number where one is wanted.
    """
    many = _many(chart)
    values = _values(chart, many)
    kind = _kind(chart)
    measure = chart.measure or ("sum" if many else "count")
    gathered: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    places: dict[str, float] = {}
    for row, per_series in zip(chart.rows, values, strict=True):
        name = _name(row.get(chart.x))
        if name not in places:
            places[name] = _place(row.get(chart.x), kind, len(places), chart)
        for series, number in per_series:
            if number is not None:
                gathered[series][name].append(number)
    series, note = _fewer_series(gathered)
    if chart.kind != "bar":
        made = [
            Series(one, sorted((places[name], _measured(of[name], measure)) for name in of))
            for one, of in series.items()
        ]
        return Data(kind, list(places), made, note)
    return _bars(chart, series, places, kind, measure, note)


def points_of(chart: Chart) -> Data:
    """What a chart of points shows: each row for itself. Raises `Trouble`."""
    kind = _kind(chart)
    if kind == "name":
        raise Trouble(
            "invalid", f"chart: {chart.x[:80]!r} is neither numbers nor dates in all rows"
        )
    series: dict[str, list[tuple[float, float]]] = {}
    for row, per_series in zip(chart.rows, _values(chart, _many(chart)), strict=True):
        if row.get(chart.x) in (None, ""):
            continue
        place = _place(row[chart.x], kind, 0, chart)
        for name, number in per_series:
            if number is not None:
                series.setdefault(name, []).append((place, number))
    kept, note = _kept(series, {name: float(len(points)) for name, points in series.items()})
    made = [Series(name, series[name]) for name in kept]
    if len(kept) < len(series):
        rest = [point for name, points in series.items() if name not in kept for point in points]
        made.append(Series(_OTHERS, rest))
    return Data(kind, [], made, note)


def numbers_of(chart: Chart) -> list[float]:
    """The numbers of a histogram, sorted. Raises `Trouble`."""
    found = [_number(row.get(chart.x), chart.x, index) for index, row in enumerate(chart.rows)]
    return sorted(number for number in found if number is not None)


def _many(chart: Chart) -> list[str]:
    if chart.y is None:
        return []
    return [chart.y] if isinstance(chart.y, str) else list(chart.y)


def _values(chart: Chart, many: Sequence[str]) -> list[list[tuple[str, float | None]]]:
    """For each row: (name of the series, number)."""
    found: list[list[tuple[str, float | None]]] = []
    for index, row in enumerate(chart.rows):
        if chart.by:
            name = _name(row.get(chart.by))
            number = _number(row.get(many[0]), many[0], index) if many else 1.0
            found.append([(name, number)])
        elif many:
            found.append([(one, _number(row.get(one), one, index)) for one in many])
        else:
            found.append([("", 1.0)])
    return found


def _number(value: Any, column: str, index: int) -> float | None:
    try:
        return number_of(value)
    except (ValueError, TypeError):
        raise Trouble(
            "invalid",
            f"chart: {column[:80]!r} of row {index} is {cell_text(value)[:60]!r}, which is no number",
            "choose another column, or leave the row out",
        ) from None


def _name(value: Any) -> str:
    return cell_text(value) if value != "" else "–"


def _kind(chart: Chart) -> Kind:
    values = [row.get(chart.x) for row in chart.rows]
    there = [value for value in values if value is not None and value != ""]
    if there and all(is_number(value) for value in there):
        # Numbers that bars stand for are names of them: years, grades.
        return "number"
    if there and all(_time(value) is not None for value in there):
        return "date"
    return "name"


def _time(value: Any) -> float | None:
    """Days since 1970 of a date or time in ISO 8601."""
    if not isinstance(value, str) or not 10 <= len(value) <= 40 or value[4:5] != "-":
        return None
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return when.timestamp() / _DAY_S


def _place(value: Any, kind: Kind, index: int, chart: Chart) -> float:
    if chart.kind == "bar" or kind == "name":
        return float(index)
    if kind == "number":
        return float(value) if is_number(value) else 0.0
    return _time(value) or 0.0


def _measured(numbers: list[float], measure: str) -> float:
    if measure == "count":
        return float(len(numbers))
    whole = sum(numbers)
    return whole / len(numbers) if measure == "mean" else whole


def _fewer_series(series: _Gathered) -> tuple[_Gathered, str]:
    """The largest series, and all others as one, whose numbers are measured together."""
    sizes = {
        one: sum(abs(number) for numbers in of.values() for number in numbers)
        for one, of in series.items()
    }
    names, note = _kept(series, sizes)
    kept = {one: series[one] for one in names}
    if note:
        rest: dict[str, list[float]] = defaultdict(list)
        for one in (one for one in series if one not in kept):
            for name, numbers in series[one].items():
                rest[name] += numbers
        kept[_OTHERS] = rest
    return kept, note


def _kept(series: Iterable[str], sizes: Mapping[str, float]) -> tuple[list[str], str]:
    """The series that keep a colour of their own, and what is said of the others."""
    names = list(series)
    if len(names) <= SERIES_MAX:
        return names, ""
    largest = set(sorted(names, key=lambda one: -sizes[one])[: SERIES_MAX - 1])
    note = f"“{_OTHERS}” are {len(names) - len(largest):,} series"
    return [one for one in names if one in largest], note


def _bars(
    chart: Chart,
    series: _Gathered,
    places: dict[str, float],
    kind: Kind,
    measure: str,
    note: str,
) -> Data:
    names = list(places)
    sums = {
        name: sum(_measured(of[name], measure) for of in series.values() if name in of)
        for name in names
    }
    by_value = chart.sort == "value" or (chart.sort is None and chart.y is None)
    if kind == "name" and by_value:
        names.sort(key=lambda name: -sums[name])
    elif kind != "name" and chart.sort is None:
        whole = {_name(row.get(chart.x)): row.get(chart.x) for row in chart.rows}
        names.sort(key=lambda name: _order(whole[name], kind))
    rest: list[str] = []
    if len(names) > NAMES_MAX:
        by_size = sorted(names, key=lambda name: abs(sums[name]))
        smallest = set(by_size[: len(names) - NAMES_MAX + 1])
        rest = [name for name in names if name in smallest]
        names = [name for name in names if name not in smallest]
        note = "; ".join(filter(None, [note, f"“{_OTHERS}” are {len(rest):,} of {len(sums):,}"]))
    made: list[Series] = []
    for one, of in series.items():
        numbers = [of.get(name, []) for name in names]
        if rest:
            numbers.append([number for name in rest for number in of.get(name, [])])
        points = [
            (float(at), _measured(there, measure)) for at, there in enumerate(numbers) if there
        ]
        made.append(Series(one, points))
    return Data(kind, [*names, *([_OTHERS] if rest else [])], made, note)


def _order(value: Any, kind: Kind) -> float:
    if value is None or value == "":
        return float("inf")
    return float(value) if kind == "number" else _time(value) or 0.0


def day_of(place: float) -> date:
    """The day (UTC) that a place on an axis of times is in."""
    return date.fromordinal(date(1970, 1, 1).toordinal() + int(place // 1))
