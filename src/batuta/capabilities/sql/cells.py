"""Values of databases as JSON, and rows within their bounds."""

import base64
import datetime
import math
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any, cast

from batuta.capabilities.sql.running import Bounds, Rows
from batuta.capabilities.sql.trouble import Trouble
from batuta.errors import BatutaError
from batuta.spec.value import encode

__all__ = ["Collected", "cell", "distinct"]

_PLAIN = frozenset({str, int, bool, type(None)})
# Nested arrays and documents deeper than this are nobody's data.
_DEPTH_MAX = 64


def cell(value: Any, depth: int = 0) -> Any:
    """One value as JSON: decimals and dates as texts, bytes in base64.

    Raises:
        ValueError: JSON has no word for it (NaN, infinity).
    """
    if type(value) in _PLAIN:
        return value
    if type(value) is float:
        if math.isfinite(value):
            return value
        raise ValueError(f"{value} is no JSON number")
    match value:
        case Decimal():
            if not value.is_finite():
                raise ValueError(f"{value} is no decimal number")
            return format(value, "f") if -30 < value.adjusted() < 60 else str(value)
        case datetime.datetime() | datetime.date() | datetime.time():
            return value.isoformat()
        case datetime.timedelta():
            return _duration(value)
        case bytes() | bytearray() | memoryview():
            return base64.b64encode(cast("bytes", value)).decode()
        case dict():
            inner = _deeper(depth)
            items = cast("dict[Any, Any]", value).items()
            return {str(key): cell(one, inner) for key, one in items}
        case list() | tuple():
            inner = _deeper(depth)
            return [cell(one, inner) for one in cast("Sequence[Any]", value)]
        case _:
            return str(value)


def _deeper(depth: int) -> int:
    if depth >= _DEPTH_MAX:
        raise ValueError(f"it is nested deeper than {_DEPTH_MAX} levels")
    return depth + 1


def _duration(value: datetime.timedelta) -> str:
    """ISO 8601: `P1DT2S`."""
    sign, value = ("-", -value) if value.days < 0 else ("", value)
    seconds = format(Decimal(value.seconds) + Decimal(value.microseconds) / 1_000_000, "f")
    return f"{sign}P{value.days}DT{seconds}S"


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """`names` with a number behind those that were there before: a row is a map.

    >>> distinct(["id", "id", ""])
    ('id', 'id_2', 'column_3')
    """
    taken: dict[str, None] = {}
    for index, name in enumerate(names, 1):
        name = name or f"column_{index}"
        chosen, count = name, 1
        while chosen in taken:
            count += 1
            chosen = f"{name}_{count}"
        taken[chosen] = None
    return tuple(taken)


class Collected:
    """Takes rows as the driver gives them until a bound is reached.

    `bytes_of_row`: what a row has taken on average so far, for how many to fetch next.
    """

    def __init__(
        self, columns: Sequence[str], bounds: Bounds, convert: Callable[[Any], Any] = cell
    ) -> None:
        self.columns = distinct(columns)
        self.truncated = False
        self._bounds = bounds
        self._convert = convert
        self._rows: list[list[Any]] = []
        self._bytes = 0

    def add(self, row: Sequence[Any]) -> bool:
        """Keep one more row; False if there was no room for it.

        Raises `Trouble` if a value cannot be said in JSON, or the first row alone is too large.
        """
        if len(self._rows) >= self._bounds.rows:
            self.truncated = True
            return False
        values: list[Any] = []
        for name, value in zip(self.columns, row, strict=True):
            try:
                values.append(self._convert(value))
            except ValueError as error:
                place = f"row {len(self._rows) + 1}, column {name[:64]!r}"
                remedy = "leave the column out (`columns`), or cast it in a query of your own"
                raise Trouble("invalid_data", f"{place}: {error}", remedy) from None
        try:
            size = len(encode(values))
        except BatutaError as error:
            raise Trouble("invalid_data", error.message) from None
        if self._bytes + size > self._bounds.bytes:
            if not self._rows:
                text = f"the first row has {size:,} bytes, and {self._bounds.bytes:,} may be given"
                raise Trouble(
                    "too_large", text, "ask for fewer columns, or raise `bytes_max` in batuta.yaml"
                )
            self.truncated = True
            return False
        self._bytes += size
        self._rows.append(values)
        return True

    def next_count(self, most: int) -> int:
        """How many rows to fetch next so that they, and one more, fill the bounds: 1 to `most`."""
        rows = self._bounds.rows - len(self._rows) + 1
        if not self._rows:
            return 1
        of_row = self._bytes // len(self._rows) + 1
        return max(1, min(most, rows, (self._bounds.bytes - self._bytes) // of_row + 1))

    def rows(self, changed: int | None = None) -> Rows:
        """What was kept."""
        return Rows(self.columns, self._rows, self.truncated, changed)
