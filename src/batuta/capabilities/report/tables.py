"""Which columns of a table are shown, in which order, and on which side their cells stand."""

from typing import NamedTuple

from batuta.capabilities.files.trouble import Trouble
from batuta.capabilities.report import model
from batuta.capabilities.report.words import is_number

__all__ = ["COLUMNS_MAX", "Column", "shown_columns"]

# More columns are a file of its own.
COLUMNS_MAX = 60


class Column(NamedTuple):
    """`key` in the rows, `title` above, `right`: its cells are numbers, and stand where figures line up."""

    key: str
    title: str
    right: bool


def shown_columns(table: model.Table) -> list[Column]:
    """The columns of `table`: those it names, or all that its rows have, in the order in which they come up.

    Raises:
        Trouble: there are too many.
    """
    named: list[model.Column]
    if table.columns is None:
        keys = dict.fromkeys(key for row in table.rows for key in row)
        named = [model.Column(key) for key in keys]
    else:
        named = [model.Column(one) if isinstance(one, str) else one for one in table.columns]
    if len(named) > COLUMNS_MAX:
        raise Trouble(
            "too_large",
            f"table: {len(named):,} columns; at most {COLUMNS_MAX} can be shown",
            "choose some (`columns`), or write the rows to a file of their own",
        )
    return [Column(one.name, one.title or one.name, _right(one, table)) for one in named]


def _right(column: model.Column, table: model.Table) -> bool:
    if column.align:
        return column.align == "right"
    values = [row.get(column.name) for row in table.rows[:200]]
    there = [value for value in values if value is not None and value != ""]
    return bool(there) and all(is_number(value) for value in there)
