"""Which columns of a table are shown, in which order, and on which side their cells stand."""

from typing import NamedTuple

from batuta.capabilities.files.trouble import Trouble
from batuta.capabilities.report import model
from batuta.capabilities.report.words import figures_of, is_number

__all__ = ["COLUMNS_MAX", "Column", "shown_columns"]

# More columns are a file of its own.
COLUMNS_MAX = 60


class Column(NamedTuple):
    """`key` in the rows, `title` above. `right`: its cells are numbers, with `figures` behind the point."""

    key: str
    title: str
    right: bool
    figures: int | None = None


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
    return [_shown(one, table) for one in named]


def _shown(column: model.Column, table: model.Table) -> Column:
    values = [row.get(column.name) for row in table.rows[: table.rows_max]]
    there = [value for value in values if value is not None and value != ""]
    numbers = bool(there) and all(is_number(value) for value in there)
    right = column.align == "right" if column.align else numbers
    figures = (
        figures_of(there) if numbers and any(isinstance(one, float) for one in there) else None
    )
    return Column(column.name, column.title or column.name, right, figures)
