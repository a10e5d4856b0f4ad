"""A report as Markdown: the same sections, with charts as tables of their numbers."""

import re
from collections.abc import Sequence
from typing import Any

from batuta.capabilities.report.charts.paint import painted
from batuta.capabilities.report.inert_markdown import escaped, markdown_of
from batuta.capabilities.report.model import Chart, Detail, Fact, Section, Table
from batuta.capabilities.report.tables import shown_columns
from batuta.capabilities.report.words import axis_text, cell_text, is_number

__all__ = ["markdown_page"]

_BAR_MAX = 24


def markdown_page(title: str, subtitle: str, sections: Sequence[Section], footer: str) -> str:
    """The document. Raises `Trouble` at a chart or table that cannot be shown."""
    parts = [f"# {_line(title)}", _line(subtitle)]
    for section in sections:
        parts += _section(section)
    if footer:
        parts += ["---", f"*{_line(footer)}*"]
    return "\n\n".join(part for part in parts if part) + "\n"


def _section(one: Section) -> list[str]:
    return [
        f"## {_line(one.heading)}" if one.heading else "",
        markdown_of(one.text),
        _quote(one.quote),
        _facts(one.facts),
        *(_chart(chart) for chart in one.charts),
        _table(one.table) if one.table else "",
        *(part for detail in one.details for part in _detail(detail)),
    ]


def _detail(one: Detail) -> list[str]:
    return [
        f"### {_line(one.title)}",
        _facts(one.facts),
        _quote(one.quote),
        markdown_of(one.text),
        _table(one.table) if one.table else "",
    ]


def _quote(text: str) -> str:
    """Line by line, as it is: two blanks at the end keep a line for itself."""
    if not text:
        return ""
    return "\n".join(
        f"> {escaped(line, start=True)}  " if line.strip() else ">" for line in text.splitlines()
    )


def _facts(facts: Sequence[Fact]) -> str:
    lines: list[str] = []
    for one in facts:
        value = one.value
        text = (
            axis_text(float(value)) if is_number(value) and value is not None else cell_text(value)
        )
        note = f" ({_line(one.note)})" if one.note else ""
        lines.append(f"- {_line(one.label)}: **{_line(text)}**{note}")
    return "\n".join(lines)


def _chart(chart: Chart) -> str:
    title = f"**{_line(chart.title)}**" if chart.title else ""
    if not chart.rows:
        return "\n\n".join(filter(None, [title, "There is nothing to show."]))
    made = painted(chart, 0)
    header, rows = made.header, made.rows
    single = len(header) == 2 and chart.kind in ("bar", "histogram")
    numbers = [row[1] for row in rows if len(row) > 1 and is_number(row[1])]
    most = max(numbers, default=0)
    if single and most > 0 and min(numbers) >= 0:
        header = [*header, " "]
        rows = [[*row, "█" * round(_BAR_MAX * (row[1] or 0) / most)] for row in rows]
    right = [
        False,
        *([True] * (len(made.header) - 1)),
        *([False] * (len(header) - len(made.header))),
    ]
    shown = [[axis_text(cell) if isinstance(cell, float) else cell for cell in row] for row in rows]
    return "\n\n".join(
        filter(
            None, [title, _grid(header, right, shown), markdown_of(chart.caption), _line(made.note)]
        )
    )


def _table(table: Table) -> str:
    columns = shown_columns(table)
    if not columns:
        return "There are no rows."
    rows = [
        [
            cell_text(row.get(one.key) if row.get(one.key) != "" else None, one.figures)
            for one in columns
        ]
        for row in table.rows[: table.rows_max]
    ]
    grid = _grid([column.title for column in columns], [column.right for column in columns], rows)
    rest = len(table.rows) - len(rows)
    more = f"and {rest:,} more" if rest > 0 else ""
    return "\n\n".join(filter(None, [grid, more, markdown_of(table.caption)]))


def _grid(header: Sequence[str], right: Sequence[bool], rows: Sequence[Sequence[Any]]) -> str:
    lines = [
        _row(header),
        _row(["--:" if one else "---" for one in right], raw=True),
        *(_row(row) for row in rows),
    ]
    return "\n".join(lines)


def _row(cells: Sequence[Any], *, raw: bool = False) -> str:
    shown = [str(cell) if raw else _line(cell_text(cell if cell != "" else None)) for cell in cells]
    return "| " + " | ".join(shown) + " |"


def _line(text: str) -> str:
    """`text` on one line, letter by letter."""
    return escaped(re.sub(r"\s+", " ", text).strip())
