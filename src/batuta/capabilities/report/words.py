"""Values in words and figures, as tables, facts and axes show them."""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

__all__ = ["axis_text", "cell_text", "date_text", "figures_of", "is_number", "number_of"]

_CELL_CHARS_MAX = 4_000
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def cell_text(value: Any, figures: int | None = None) -> str:
    """`value` as it stands in a table: a number as it is written, yes or no, – for nothing.

    `figures`: so many behind the point of a number that is not whole by its type.
    """
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case float():
            return (
                f"{value:.10g}" if figures is None or abs(value) >= 1e15 else f"{value:.{figures}f}"
            )
        case str():
            return value if len(value) <= _CELL_CHARS_MAX else value[: _CELL_CHARS_MAX - 1] + "…"
        case int():
            return str(value)
        case _:
            text = json.dumps(value, ensure_ascii=False, default=str)
            return text if len(text) <= _CELL_CHARS_MAX else text[: _CELL_CHARS_MAX - 1] + "…"


def axis_text(number: float, unit: str = "", figures: int = 0) -> str:
    """`number` in the few letters that an axis or a bar has room for; `figures` at least behind the point.

    >>> axis_text(1200), axis_text(0.25, "%"), axis_text(12.5, "€"), axis_text(3_400_000), axis_text(1e-9)
    ('1,200', '0.25 %', '12.5 €', '3.4 M', '1e-09')
    """
    size = abs(number)
    if size >= 1e15 or 0 < size < 1e-4:
        text = f"{number:.3g}"
    elif size >= 1e9:
        text = _short(number / 1e9) + " bn"
    elif size >= 1e6:
        text = _short(number / 1e6) + " M"
    elif figures and size >= 1:
        text = f"{number:,.{figures}f}"
    elif number == int(number):
        text = f"{int(number):,}"
    else:
        text = _short(number)
    return f"{text} {unit}" if unit else text


def _short(number: float) -> str:
    """Three figures behind the point at most, and none that says nothing."""
    figures = 2 if abs(number) >= 1 else 4
    text = f"{number:,.{figures}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def figures_of(numbers: Iterable[Any]) -> int:
    """How many figures behind the point a column of numbers is shown with: as many as one has, 4 at most."""
    most = 0
    for one in numbers:
        if isinstance(one, float) and abs(one) < 1e15:
            most = max(most, len(f"{one:.4f}".rstrip("0").partition(".")[2]))
    return most


def date_text(day: date, with_year: bool) -> str:
    """`22 Nov`, `22 Nov 2026`."""
    text = f"{day.day} {_MONTHS[day.month - 1]}"
    return f"{text} {day.year}" if with_year else text


def is_number(value: Any) -> bool:
    """True for an int or a float that is none of true and false."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def number_of(value: Any) -> float | None:
    """`value` as a number, also if it is the text of one (as decimals of databases are); None for nothing.

    Raises:
        ValueError: it is something else.
    """
    if value is None or value == "":
        return None
    if is_number(value):
        return float(value)
    if isinstance(value, str) and len(value) <= 40:
        number = float(value.strip().replace("_", "x"))
        if number - number == 0:  # neither infinite nor no number
            return number
    raise ValueError("is no number")
