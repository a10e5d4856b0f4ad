"""Rows in columns: aligned at any width, with colours or without."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from batuta.doors.cli.terminal.text import cells, fit

__all__ = ["Row", "Span", "coloured", "columns", "tree_lines"]

# A line that is longer is no longer read as a line.
WIDTH_MAX = 120
NAME_SHARE = 0.45
LABEL_MIN = 4
# What is left of a column that gives way, in cells.
SHRUNK_MIN = 8

_CODES = {"good": "32", "bad": "31", "ask": "33", "run": "36", "dim": "2", "bold": "1", "plain": ""}


class Row(NamedTuple):
    """One line of the tree; `rank` says how much it is worth seeing: 0 most."""

    depth: int
    mark: str
    style: str
    name: str
    note: str
    state: str
    time: str
    cost: str
    rank: int


class Span(NamedTuple):
    """A piece of a line: good, bad, ask, run, dim, bold or plain."""

    text: str
    style: str = "plain"


def tree_lines(head: Row, rows: Sequence[Row], width: int) -> list[list[Span]]:
    """The header and its tree, aligned in `width` columns."""
    width = max(min(width, WIDTH_MAX) - 1, 20)
    state = max((cells(row.state) for row in (head, *rows)), default=0)
    time = max((cells(row.time) for row in (head, *rows)), default=0)
    cost = max((cells(row.cost) for row in (head, *rows)), default=0)
    right = state + time + cost + 2 + (2 if time else 0) + (2 if cost else 0)
    most = max(int(width * NAME_SHARE), 12)
    named = [row for row in rows if row.state]
    longest = max((2 * row.depth + 4 + cells(row.name) for row in named), default=0)
    deepest = max((2 * row.depth + 4 for row in named), default=0)
    name = max(min(longest, most), deepest + LABEL_MIN)
    lines = [_header_line(head, width, right, (state, time, cost))]
    for row in rows:
        indent = "  " * row.depth + "  "
        if not row.state:
            lines.append([Span(fit(f"{indent}{row.mark} {row.name}", width).rstrip(), "dim")])
            continue
        label = fit(row.name, name - len(indent) - 2)
        note = fit(row.note, max(width - name - right - 2, 0))
        dim = row.style == "dim"
        lines.append(
            _trimmed(
                [
                    Span(indent),
                    Span(f"{row.mark} ", row.style),
                    Span(label, "dim" if dim else "plain"),
                    Span("  " + note, "dim"),
                    *_right(row, (state, time, cost)),
                ]
            )
        )
    return lines


def _header_line(head: Row, width: int, right: int, sizes: tuple[int, int, int]) -> list[Span]:
    room = max(width - right - 2, 8)
    name = fit(head.name, min(cells(head.name), max(room - cells(head.note) - 2, 8)))
    note = fit("  " + head.note, max(room - cells(name), 0))
    return _trimmed(
        [Span(f"{head.mark} ", head.style), Span(name, "bold"), Span(note, "dim"), *_right(head, sizes)]
    )  # fmt: skip


def _right(row: Row, sizes: tuple[int, int, int]) -> list[Span]:
    state, time, cost = sizes
    spans = [Span("  "), Span(fit(row.state, state), row.style)]
    if time:
        spans.append(Span("  " + fit(row.time, time, right=True), "dim"))
    if cost:
        spans.append(Span("  " + fit(row.cost, cost, right=True), "dim"))
    return spans


def _trimmed(spans: list[Span]) -> list[Span]:
    while spans and not spans[-1].text.strip():
        spans.pop()
    if spans:
        spans[-1] = Span(spans[-1].text.rstrip(), spans[-1].style)
    return spans


def coloured(spans: Iterable[Span], *, colour: bool) -> str:
    """One line as text, with the codes that terminals know if `colour`."""
    if not colour:
        return "".join(span.text for span in spans)
    return "".join(
        f"\x1b[{_CODES[span.style]}m{span.text}\x1b[0m" if _CODES[span.style] else span.text
        for span in spans
    )


def columns(
    rows: Sequence[Sequence[str]], *, right: Iterable[int] = (), width: int = 0, shrink: int = -1
) -> list[str]:
    """Cells under each other, two spaces apart; the columns in `right` are flush right.

    `width`: the line may be so wide; the column `shrink` gives what is too much (never more than all but 8 cells).
    """
    flush = set(right)
    sizes = [max(cells(row[at]) for row in rows) for at in range(len(rows[0]))] if rows else []
    surplus = sum(sizes) + 2 * sum(size > 0 for size in sizes) - 2 - width if width else 0
    if sizes and surplus > 0:
        sizes[shrink] = max(sizes[shrink] - surplus, min(sizes[shrink], SHRUNK_MIN))
    return [
        "  ".join(
            fit(text, size, right=at in flush)
            for at, (text, size) in enumerate(zip(row, sizes, strict=True))
        ).rstrip()
        for row in rows
    ]
