"""The steps of an explanation under each other: as a table, or as a tree of what starts together. Pure."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import msgspec

from batuta.doors.cli.terminal.table import Span
from batuta.doors.cli.terminal.text import cells, fit, one_line
from batuta.doors.cli.views.plan_words import ask_mark, calls_cell, cost_cell, time_cell
from batuta.plans.explanation import Explanation, StepExplained

__all__ = ["step_table", "step_tree"]

# Names and capabilities get at least so many cells, and are cut only where there is no room.
NAME_MIN, NAME_MAX = 8, 32
NEEDS_SHOWN_MAX = 4
MARK_CRITICAL, MARK_PLAIN = "●", "·"
_REACH_MARK = {"local": "", "egress": " ↗", "irreversible": " ↯"}
_LEGEND = {" ↗": "↗ leaves this machine", " ↯": "↯ cannot be taken back"}

Line = list[Span]


class _Column(NamedTuple):
    """A heading, and what stands below it for a step."""

    heading: str
    cell: Callable[[StepExplained], str]
    right: bool = False
    style: str = "plain"


def step_table(explanation: Explanation, width: int) -> list[Line]:
    """One row per step, in the order of the plan, with a mark on the critical path."""
    if not explanation.steps:
        return [[Span("no steps", "dim")]]
    steps = list(_with_inner(explanation.steps))
    columns, narrow = _fitting(steps, width)
    rows = [[column.cell(step) for column in columns] for step in steps]
    sizes = _sizes(columns, rows, width - 2)
    lines = [_row(columns, [column.heading for column in columns], sizes, None)]
    lines += [_row(columns, row, sizes, step) for row, step in zip(rows, steps, strict=True)]
    return [*lines, *_legend(steps, narrow=narrow)]


def _with_inner(steps: Sequence[StepExplained], depth: int = 0) -> Iterator[StepExplained]:
    """The steps, each with those of the plan that it carries out below it, a little to the right."""
    for step in steps:
        inside = "" if not depth else "  " * (depth - 1) + "└ "
        critical = step.critical and not depth
        yield msgspec.structs.replace(step, name=inside + step.name, critical=critical)
        if step.inner is not None:
            yield from _with_inner(step.inner.steps, depth + 1)


def _row(
    columns: Sequence[_Column], row: Sequence[str], sizes: Sequence[int], step: StepExplained | None
) -> Line:
    mark, style = ("  ", "plain") if step is None else (f"{_mark(step)} ", _mark_style(step))
    spans = [Span(mark, style)]
    for place, (column, text, size) in enumerate(zip(columns, row, sizes, strict=True)):
        gap = "" if place == 0 else "  "
        style = "dim" if step is None else _style(column, step, text)
        spans.append(Span(gap + fit(text, size, right=column.right), style))
    return _trimmed(spans)


def _style(column: _Column, step: StepExplained, text: str) -> str:
    if step.skipped:
        return "dim"
    if column.heading == "asks":
        return "bad" if step.denied else "ask"
    if column.heading == "step" and step.critical:
        return "bold"
    return "dim" if text in ("?", "–") else column.style


def _fitting(steps: Sequence[StepExplained], width: int) -> tuple[list[_Column], bool]:
    """The columns in full if there is room for them, else in fewer words."""
    wide = [
        _Column("step", _name),
        _Column("uses", _uses, style="dim"),
        _Column("effect", _effect),
        _Column("reach", _reach),
        _Column("calls", calls_cell, right=True),
        _Column("cost", cost_cell, right=True),
        _Column("p50 / p95 (calls)", time_cell, right=True),
        _Column("asks", ask_mark, style="ask"),
    ]
    if _needed(wide, steps) <= width:
        return wide, False
    narrow = [
        _Column("step", _name),
        _Column("uses", _uses, style="dim"),
        _Column("effect", _effect_and_reach),
        _Column("calls", calls_cell, right=True),
        _Column("cost", cost_cell, right=True),
        _Column("p50 / p95 (calls)", time_cell, right=True),
        _Column("asks", ask_mark, style="ask"),
    ]
    if _needed(narrow, steps) > width:
        narrow[4] = _Column("cost", partial(cost_cell, narrow=True), right=True)
        narrow[5] = _Column("p50", partial(time_cell, narrow=True), right=True)
    return narrow, True


def _needed(columns: Sequence[_Column], steps: Sequence[StepExplained]) -> int:
    widths = [
        max(cells(column.heading), *(min(cells(column.cell(step)), NAME_MAX) for step in steps))
        for column in columns
    ]
    return 2 + sum(widths) + 2 * (len(columns) - 1)


def _sizes(columns: Sequence[_Column], rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """How wide each column is; names and capabilities give way where the row is too long."""
    sizes = [
        max(cells(column.heading), *(cells(row[place]) for row in rows))
        for place, column in enumerate(columns)
    ]
    sizes[0], sizes[1] = min(sizes[0], NAME_MAX), min(sizes[1], NAME_MAX)
    surplus = sum(sizes) + 2 * (len(sizes) - 1) - width
    while surplus > 0 and max(sizes[0], sizes[1]) > NAME_MIN:
        sizes[0 if sizes[0] >= sizes[1] else 1] -= 1
        surplus -= 1
    return sizes


def _legend(steps: Sequence[StepExplained], *, narrow: bool) -> list[Line]:
    said = ["● longest chain"] if any(step.critical for step in steps) and len(steps) > 1 else []
    if narrow:
        marks = dict.fromkeys(_REACH_MARK.get(step.reach, "") for step in steps)
        said += [_LEGEND[mark] for mark in marks if mark]
    if any(not step.declared for step in steps):
        said.append("? after an effect: not declared, so the worst is assumed")
    return [[Span("  " + "   ".join(said), "dim")]] if said else []


# ── the tree ─────────────────────────────────────────────────────────────────────────────────────────────────


def step_tree(explanation: Explanation, width: int) -> list[Line]:
    """The steps by waves: what stands under one branch starts together, after the branch above it."""
    steps = {step.name: step for step in explanation.steps}
    if not steps:
        return [[Span("no steps", "dim")]]
    waves = explanation.totals.waves
    name = min(max(cells(one_line(step)) for step in steps), NAME_MAX)
    uses = min(max(cells(_uses(step)) for step in steps.values()), NAME_MAX)
    lines: list[Line] = []
    for number, wave in enumerate(waves):
        last = number == len(waves) - 1
        trunk, below = ("└─ ", "   ") if last else ("├─ ", "│  ")
        if len(wave) == 1:
            branches = [f"{trunk[0]}───── "]
        else:
            words = f"{'at first' if number == 0 else 'then'}, {len(wave):,} together"
            lines.append([Span(trunk, "dim"), Span(words, "dim")])
            branches = [f"{below}├─ "] * (len(wave) - 1) + [f"{below}└─ "]
        for branch, one in zip(branches, wave, strict=True):
            step = steps[one]
            head = [
                Span(branch, "dim"),
                Span(f"{_mark(step)} ", _mark_style(step)),
                Span(fit(one_line(one), name), "bold" if step.critical else "plain"),
                Span("  " + fit(_uses(step), uses) + "  ", "dim"),
            ]
            room = width - sum(cells(span.text) for span in head)
            lines.append(_trimmed([*head, *_notes(step, room)]))
            if step.inner is not None:
                margin = below + ("" if len(wave) == 1 else "   " if branch[-3] == "└" else "│  ")
                lines += _inside(step.inner, margin + " " * 4, width)
    return [*lines, *_legend(explanation.steps, narrow=True)]


def _inside(inner: Explanation, margin: str, width: int) -> Iterator[Line]:
    """The plan that a step carries out, as a tree of its own behind `margin`."""
    for line in step_tree(inner, width - cells(margin)):
        if line and not line[0].text.startswith("  "):  # the legend stands below the whole
            yield [Span(margin, "dim"), *line]


def _notes(step: StepExplained, room: int) -> list[Span]:
    """What is to be said of a step, the most important first, as far as there is room."""
    time = "" if step.measured is None else time_cell(step, narrow=True)
    cost = cost_cell(step, narrow=True)
    waits = (*step.needs, *step.after)
    after = ", ".join(waits[:NEEDS_SHOWN_MAX]) + (", …" if len(waits) > NEEDS_SHOWN_MAX else "")
    parts = [
        (ask_mark(step), "bad" if step.denied else "ask"),
        (_effect_and_reach(step), "plain"),
        ("" if calls_cell(step) == "1" else f"{calls_cell(step)} calls", "plain"),
        ("" if cost == "–" else cost, "plain"),
        (time, "plain"),
        (f"after {after}" if after else "", "dim"),
    ]
    spans: list[Span] = []
    for text, style in parts:
        gap = " · " if spans else ""
        if text and room > 0:
            shown = fit(text, min(cells(text), max(room - len(gap), 1)))
            spans += [Span(gap, "dim"), Span(shown, "dim" if step.skipped else style)]
            room -= len(gap) + cells(shown)
    return spans


# ── words ────────────────────────────────────────────────────────────────────────────────────────────────────


def _mark(step: StepExplained) -> str:
    if step.skipped:
        return "–"
    return "✗" if step.denied else MARK_CRITICAL if step.critical else MARK_PLAIN


def _mark_style(step: StepExplained) -> str:
    return "bad" if step.denied else "run" if step.critical and not step.skipped else "dim"


def _uses(step: StepExplained) -> str:
    """The capability, and how many times: `pay`, `pay × 40`, `poll × ≤ 5`, `pay | wire`."""
    text = " | ".join((step.use, *step.fallback[:2])) + (" | …" if len(step.fallback) > 2 else "")
    if step.items is not None:
        text += f" × {step.items:,}" if step.items_known is not None else f" × ≤ {step.items:,}"
    if step.rounds is not None:
        text += f" × ≤ {step.rounds:,}"
    return one_line(text)


def _name(step: StepExplained) -> str:
    return one_line(step.name)


def _reach(step: StepExplained) -> str:
    return step.reach


def _effect_and_reach(step: StepExplained) -> str:
    return _effect(step) + _REACH_MARK.get(step.reach, "")


def _effect(step: StepExplained) -> str:
    return step.effect if step.declared else f"{step.effect}?"


def _trimmed(spans: Line) -> Line:
    while spans and not spans[-1].text.strip():
        spans.pop()
    if spans:
        spans[-1] = Span(spans[-1].text.rstrip(), spans[-1].style)
    return spans
