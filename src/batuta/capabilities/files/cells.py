"""What the cells of a table are: texts in the file, typed values for a step."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from math import isfinite
from typing import Any, Literal

from batuta.reading.tree import INTEGER_MAX, INTEGER_MIN

__all__ = ["CellType", "Guess", "read_cell"]

CellType = Literal["string", "integer", "number", "boolean", "date", "datetime"]

_INTEGER = re.compile(r"[+-]?[0-9]{1,40}", re.ASCII)
# A number that is written as it would be read: 007 and 1_000 are texts.
_PLAIN_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?", re.ASCII)
_PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_DATETIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?",
    re.ASCII,
)
_BOOLEANS = {"true": True, "false": False}
# A float gives back so many figures as they were; more of them are kept as text.
_FIGURES_MAX = 15
_NUMBER_CHARS_MAX = 400
# If so many of a hundred cells are of one type and the rest is not, the rest is told.
_MOSTLY = 0.9
_ODD_MAX = 3


def _integer(cell: str) -> int:
    if not _INTEGER.fullmatch(cell):
        raise ValueError("is no whole number")
    value = int(cell)
    if not INTEGER_MIN <= value <= INTEGER_MAX:
        raise ValueError("has more than 64 bits")
    return value


def _number(cell: str) -> float | int:
    if len(cell) > _NUMBER_CHARS_MAX or not _NUMBER.fullmatch(cell):
        raise ValueError("is no number")
    value = float(cell)
    if not isfinite(value):
        raise ValueError("is larger than any number")
    return value


def _boolean(cell: str) -> bool:
    value = _BOOLEANS.get(cell.lower())
    if value is None:
        raise ValueError("is neither true nor false")
    return value


def _date(cell: str) -> str:
    if not _DATE.fullmatch(cell):
        raise ValueError("is no date like 2026-11-22")
    return date.fromisoformat(cell).isoformat()


def _datetime(cell: str) -> str:
    if not _DATETIME.fullmatch(cell):
        raise ValueError("is no time like 2026-11-22T16:30:00Z")
    datetime.fromisoformat(cell[:19])
    return cell


_READERS: dict[str, Callable[[str], Any]] = {
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
}


def read_cell(cell: str, kind: str) -> Any:
    """`cell` as a value of the type `kind`; an empty one is null, but in a column of texts.

    Raises:
        ValueError: it is none; the text says why.
    """
    if kind == "string":
        return cell
    stripped = cell.strip()
    if not stripped:
        return None
    return _READERS[kind](stripped)


def _plainly(cell: str) -> str:
    """The narrowest type that `cell` is written in without a doubt."""
    if _PLAIN_INTEGER.fullmatch(cell):
        return "integer" if INTEGER_MIN <= int(cell) <= INTEGER_MAX else "string"
    if _PLAIN_NUMBER.fullmatch(cell):
        figures = sum(char.isdigit() for char in cell.lower().partition("e")[0])
        return "number" if figures <= _FIGURES_MAX and isfinite(float(cell)) else "string"
    if cell.lower() in _BOOLEANS:
        return "boolean"
    for kind, pattern in (("date", _DATE), ("datetime", _DATETIME)):
        if pattern.fullmatch(cell):
            try:
                _READERS[kind](cell)
            except ValueError:
                return "string"
            return kind
    return "string"


class Guess:
    """The type of one column, from the cells that were seen. `odd`: lines and cells that made it a text."""

    __slots__ = ("_counts", "odd")

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self.odd: list[tuple[int, str]] = []

    def see(self, line: int, cell: str) -> None:
        """Take in the cell of one row, which stands in `line`."""
        stripped = cell.strip()
        if not stripped:
            return
        kind = _plainly(stripped)
        self._counts[kind] = self._counts.get(kind, 0) + 1
        if kind == "string" and len(self.odd) < _ODD_MAX:
            self.odd.append((line, stripped))

    @property
    def kind(self) -> str:
        """The narrowest type that all cells have; text if there is none, or nothing was seen."""
        kinds = self._counts.keys()
        if kinds == {"integer", "number"}:
            return "number"
        return next(iter(kinds)) if len(kinds) == 1 else "string"

    @property
    def mostly(self) -> str:
        """The type that nearly all cells of a column of texts have, "" if there is none."""
        whole = sum(self._counts.values())
        counts = dict(self._counts)
        texts = counts.pop("string", 0)
        if not texts or not counts:
            return ""
        if counts.keys() == {"integer", "number"}:
            counts = {"number": counts["integer"] + counts["number"]}
        kind = max(counts, key=lambda one: counts[one])
        return kind if counts[kind] >= _MOSTLY * whole else ""


def kinds_of_json(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The types of the columns of rows that were JSON; `any` where they differ."""
    kinds: dict[str, str] = {}
    for row in rows:
        for name, value in row.items():
            kind = _kind_of_json(value)
            known = kinds.setdefault(name, kind)
            if known == kind or kind == "null":
                continue
            if known == "null":
                kinds[name] = kind
            elif {known, kind} == {"integer", "number"}:
                kinds[name] = "number"
            else:
                kinds[name] = "any"
    return {name: "any" if kind == "null" else kind for name, kind in kinds.items()}


def _kind_of_json(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "list"
        case _:
            return "map"


def check_json(value: Any, kind: str) -> Any:
    """`value`, a cell that was JSON, as one of the type `kind`. Raises `ValueError` as `read_cell` does."""
    if value is None:
        return None
    if isinstance(value, str) and kind in ("date", "datetime", "string"):
        return read_cell(value, kind) if kind != "string" else value
    given = _kind_of_json(value)
    if given == kind or (kind == "number" and given == "integer"):
        return value
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    raise ValueError(f"is {given}, not {kind}")
