"""local.anomaly: the numbers in a table that are unlike the others of their column."""

from collections.abc import Sequence
from math import isfinite
from statistics import fmean, median
from typing import Annotated, Any, TypedDict

import msgspec

from batuta.capabilities.function import capability
from batuta.errors import CallFailed

__all__ = ["Anomalies", "Anomaly", "Column", "anomaly"]

# The deviation of most normal data is 1.4826 times the median of the distances from its median.
_DEVIATIONS_PER_MAD = 1.4826
_DEVIATIONS_PER_MEAN = 1.2533
# Of fewer numbers nobody can say which is odd.
_COUNT_MIN = 5
_ROWS_MAX = 200_000
_COLUMNS_MAX = 200


class Anomaly(TypedDict):
    """A number far from its column's: `row` counts from 0, `score` in deviations, negative below the median."""

    row: int
    column: str
    value: float
    score: float


class Column(TypedDict):
    """What is usual in a column: its median, one deviation, and the bounds that the threshold draws."""

    median: float
    deviation: float
    low: float
    high: float
    count: int


class Anomalies(TypedDict):
    """The strangest first; what is usual, by column; why a column was left out, by column."""

    anomalies: list[Anomaly]
    columns: dict[str, Column]
    skipped: dict[str, str]


@capability("local.anomaly", effect="pure", reach="local")
def anomaly(
    rows: Annotated[list[dict[str, Any]], msgspec.Meta(description="at most 200,000")],
    columns: Annotated[
        list[str] | None, msgspec.Meta(description="which to look at; all with numbers by default")
    ] = None,
    threshold: Annotated[
        Annotated[float, msgspec.Meta(gt=0, le=1_000)],
        msgspec.Meta(description="so many deviations from the median are too many"),
    ] = 3.5,
) -> Anomalies:
    """Finds numbers that are far from the median of their column, however many others are odd, too (up to half).

    Deviations are 1.4826 times the median distance from the median, so that the odd ones do not hide each other. Texts
    that are numbers count as such; what is empty or no number is passed over. Trends and seasons are not looked for.
    """
    if len(rows) > _ROWS_MAX:
        raise CallFailed(f"rows: {len(rows):,} of them; at most {_ROWS_MAX:,}", code="too_large")
    names = list(
        dict.fromkeys(name for row in rows for name in row) if columns is None else columns
    )
    if len(names) > _COLUMNS_MAX:
        raise CallFailed(f"columns: {len(names):,}; at most {_COLUMNS_MAX}", code="too_large")
    found: list[Anomaly] = []
    usual: dict[str, Column] = {}
    skipped: dict[str, str] = {}
    for name in names:
        there = [
            (at, number)
            for at, row in enumerate(rows)
            if (number := _number(row.get(name))) is not None
        ]
        if len(there) < _COUNT_MIN:
            if columns is not None or there:
                skipped[name] = (
                    f"{len(there)} numbers; {_COUNT_MIN} are needed to say what is usual"
                )
            continue
        column = _usual([number for _, number in there], threshold)
        usual[name] = column
        found += _odd(name, there, column)
    return {
        "anomalies": sorted(found, key=lambda one: (-abs(one["score"]), one["row"], one["column"])),
        "columns": usual,
        "skipped": skipped,
    }


def _usual(numbers: Sequence[float], threshold: float) -> Column:
    middle = median(numbers)
    distances = [abs(number - middle) for number in numbers]
    deviation = _DEVIATIONS_PER_MAD * median(distances)
    if deviation == 0.0:
        # More than half are the same; the mean distance still tells how far the others are.
        deviation = _DEVIATIONS_PER_MEAN * fmean(distances)
    return {
        "median": middle,
        "deviation": deviation,
        "low": middle - threshold * deviation,
        "high": middle + threshold * deviation,
        "count": len(numbers),
    }


def _odd(name: str, there: Sequence[tuple[int, float]], column: Column) -> list[Anomaly]:
    if column["deviation"] == 0.0:
        return []
    return [
        {
            "row": at,
            "column": name,
            "value": number,
            "score": round((number - column["median"]) / column["deviation"], 4),
        }
        for at, number in there
        if not column["low"] <= number <= column["high"]
    ]


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value.replace(",", "") if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        return None
    # Beyond this, distances overflow.
    return number if isfinite(number) and abs(number) < 1e150 else None
