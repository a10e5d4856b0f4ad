"""A report as one page of HTML: no script, nothing from elsewhere, and a policy that keeps it so."""

from collections.abc import Sequence
from typing import Any

from batuta.capabilities.report.charts.paint import painted
from batuta.capabilities.report.inert import html_of
from batuta.capabilities.report.model import Chart, Detail, Fact, Section, Table
from batuta.capabilities.report.style import SHEET, SHEET_DIGEST
from batuta.capabilities.report.tables import Column, shown_columns
from batuta.capabilities.report.words import axis_text, cell_text, is_number
from batuta.plans.draw.paint.text import safe

__all__ = ["html_page"]

# Nothing is loaded, run, sent or framed: what is in the text cannot change that.
_POLICY = (
    f"default-src 'none'; style-src '{SHEET_DIGEST}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_FACTS_LARGE_MAX = 9


def html_page(
    title: str, subtitle: str, sections: Sequence[Section], footer: str, language: str
) -> str:
    """The page. Raises `Trouble` at a chart or table that cannot be shown."""
    page = _Page()
    body = "".join(page.section(one) for one in sections)
    sub = f'<p class="sub">{safe(subtitle)}</p>' if subtitle else ""
    foot = f"<footer>{safe(footer)}</footer>" if footer else ""
    return (
        f'<!doctype html>\n<html lang="{safe(language)}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY_IN_META}">'
        '<meta name="referrer" content="no-referrer">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{safe(title)}</title><style>{SHEET}</style></head>\n"
        f"<body><main><header><h1>{safe(title)}</h1>{sub}</header>\n{body}{foot}</main></body></html>\n"
    )


# `frame-ancestors` is for headers only; browsers complain about it in a page.
_POLICY_IN_META = _POLICY.rpartition(";")[0]


class _Page:
    """Counts what needs a number of its own."""

    def __init__(self) -> None:
        self._charts = 0

    def section(self, one: Section) -> str:
        heading = f"<h2>{safe(one.heading)}</h2>" if one.heading else ""
        parts = [
            heading,
            html_of(one.text) if one.text else "",
            _quote(one.quote),
            _large_facts(one.facts),
            *(self.chart(chart) for chart in one.charts),
            _table(one.table, one.heading) if one.table else "",
            *(self.detail(detail) for detail in one.details),
        ]
        return f"<section>{''.join(parts)}</section>\n"

    def chart(self, chart: Chart) -> str:
        if not chart.rows:
            words = (
                f"{chart.title}: there is nothing to show."
                if chart.title
                else "There is nothing to show."
            )
            return f"<figure><figcaption>{safe(words)}</figcaption></figure>"
        self._charts += 1
        made = painted(chart, self._charts)
        caption = html_of(chart.caption) if chart.caption else ""
        note = f"<p>{safe(made.note)}</p>" if made.note else ""
        columns = [Column(str(at), name, at > 0) for at, name in enumerate(made.header)]
        rows = [[_number(cell) for cell in row] for row in made.rows]
        numbers = f'<details class="nums"><summary>The numbers</summary>{_grid(columns, rows, chart.title)}</details>'
        name = safe(chart.title or "Chart")
        return (
            f'<figure><div class="pic" tabindex="0" role="group" aria-label="{name}">{made.svg}</div>'
            f"<figcaption>{caption}{note}{numbers}</figcaption></figure>"
        )

    def detail(self, one: Detail) -> str:
        parts = [
            _small_facts(one.facts),
            _quote(one.quote),
            html_of(one.text) if one.text else "",
            _table(one.table, one.title) if one.table else "",
        ]
        return f'<details><summary>{safe(one.title)}</summary><div class="in">{"".join(parts)}</div></details>'


def _quote(text: str) -> str:
    return f'<div class="quote">{safe(text)}</div>' if text else ""


def _large_facts(facts: Sequence[Fact]) -> str:
    if not facts:
        return ""
    made: list[str] = []
    for one in facts:
        value = _fact_text(one)
        large = len(value) <= _FACTS_LARGE_MAX
        style = (
            ""
            if large
            else ' class="long"'
            if len(value) <= 2 * _FACTS_LARGE_MAX
            else ' class="longer"'
        )
        note = f'<dd class="note">{safe(one.note)}</dd>' if one.note else ""
        made.append(
            f'<div class="fact {one.tone}"><dt>{safe(one.label)}</dt><dd{style}>{safe(value)}</dd>{note}</div>'
        )
    return f'<dl class="facts of{_abreast(len(made))}">{"".join(made)}</dl>'


def _abreast(count: int) -> int:
    """How many facts stand side by side so that the last line is as full as it can be: 2 to 5."""
    if count <= 5:
        return max(count, 2)
    return min((4, 3, 5), key=lambda one: -count % one)


def _small_facts(facts: Sequence[Fact]) -> str:
    if not facts:
        return ""
    made = [
        f'<dt>{safe(one.label)}</dt><dd class="{one.tone}">{safe(_fact_text(one))}'
        + (f' <span class="note">{safe(one.note)}</span></dd>' if one.note else "</dd>")
        for one in facts
    ]
    return f'<dl class="few">{"".join(made)}</dl>'


def _fact_text(one: Fact) -> str:
    return (
        axis_text(float(one.value))
        if is_number(one.value) and one.value is not None
        else cell_text(one.value)
    )


def _table(table: Table, name: str) -> str:
    columns = shown_columns(table)
    rows = [[row.get(column.key) for column in columns] for row in table.rows[: table.rows_max]]
    grid = _grid(columns, rows, name) if columns else '<p class="more">There are no rows.</p>'
    rest = len(table.rows) - len(rows)
    more = f'<p class="more">and {rest:,} more</p>' if rest > 0 else ""
    caption = f'<div class="cap">{html_of(table.caption)}</div>' if table.caption else ""
    return grid + more + caption


def _grid(columns: Sequence[Column], rows: Sequence[Sequence[Any]], name: str) -> str:
    head = "".join(
        f'<th scope="col"{_align(column)}>{safe(column.title)}</th>' for column in columns
    )
    body = "".join(
        "<tr>"
        + "".join(_cell(column, value) for column, value in zip(columns, row, strict=True))
        + "</tr>"
        for row in rows
    )
    label = safe(name or "Table")
    return (
        f'<div class="wrap" tabindex="0" role="region" aria-label="{label}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(column: Column, value: Any) -> str:
    if value is None or value == "":
        return f"<td{_align(column, 'none')}>–</td>"
    return f"<td{_align(column)}>{safe(cell_text(value, column.figures))}</td>"


def _align(column: Column, more: str = "") -> str:
    names = " ".join(filter(None, ["r" if column.right else "", more]))
    return f' class="{names}"' if names else ""


def _number(value: Any) -> Any:
    return axis_text(value) if isinstance(value, float) else value
