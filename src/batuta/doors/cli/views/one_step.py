"""One step of a run: what it got, what it gave, every attempt, and its part of the log."""

from collections.abc import Mapping, Sequence
from typing import Any

from batuta.doors.cli.driving.tree import MARKS
from batuta.doors.cli.terminal.table import Span, columns
from batuta.doors.cli.terminal.text import clock, escaped, json_text, one_line
from batuta.doors.cli.views.facts import fact_data, fact_lines
from batuta.errors import NotFound
from batuta.ports import Row
from batuta.reading.nearest import did_you_mean
from batuta.spec import run as r
from batuta.spec.budget import usd
from batuta.spec.figures import duration, money, plural
from batuta.spec.timeline import Stretch, Timeline

__all__ = ["facts_of", "step_data", "step_lines", "step_of_document"]

# What a page shows of a value; `--json` has all of it.
_VALUE_LINES_MAX = 40
_VALUE_CELLS_MAX = 400
# A value that is no longer stands on one line.
_ONE_LINE_MAX = 100

Line = list[Span]


def step_of_document(document: Mapping[str, Any], path: str) -> dict[str, Any]:
    """The step instance at `path` in the document of its run.

    Raises:
        NotFound: there is none.
    """
    steps: Sequence[dict[str, Any]] = document["steps"]
    for step in steps:
        if step["path"] == path:
            return step
    paths = [str(step["path"]) for step in steps]
    raise NotFound(
        f"run {document['run']} has no step {one_line(path, 80)!r}",
        remedy=did_you_mean(path, paths, "steps"),
    )


def facts_of(rows: Sequence[Row], path: str) -> list[Row]:
    """The part of the log that names `path`."""
    return [row for row in rows if getattr(row.fact, "path", None) == path]


def step_data(
    document: Mapping[str, Any], step: Mapping[str, Any], lines: Timeline, rows: Sequence[Row]
) -> dict[str, Any]:
    """The one document of a step: run, step, attempts (with waits and pauses between), facts."""
    return {
        "run": document["run"],
        "status": document["status"],
        "step": step,
        "attempts": [_stretch_data(one) for one in lines.lines.get(step["path"], ())],
        "facts": [fact_data(row) for row in rows],
    }


def step_lines(
    document: Mapping[str, Any],
    step: Mapping[str, Any],
    lines: Timeline,
    rows: Sequence[Row],
    now: float,
) -> list[str | Line]:
    """The same for people."""
    items = _items_of(document, step["path"])
    state = str(step["state"])
    if state == "open":  # its items speak for it
        states = {str(one["state"]) for one in items}
        state = next((one for one in (r.DOUBT, r.WAITING) if one in states), r.RUNNING)
    mark, style = MARKS.get(state, ("·", "plain"))
    style = "dim" if step.get("tolerated") else style
    cost = f"  {money(step['cost_usd'])}" if step["cost_usd"] else ""
    said: list[str | Line] = [
        [
            Span(f"{mark} ", style),
            Span(one_line(step["path"]), "bold"),
            Span(f"  {one_line(step['use'])}  {document['run']}", "dim"),
            Span(f"  {state}", style),
            Span(cost, "dim"),
        ]
    ]
    if step["error"] and state != "done":
        message = one_line(str(step["error"]["message"]), _VALUE_CELLS_MAX)
        tolerated = step.get("tolerated")
        said.append([Span(f"  {step['error']['code']}: {message}", "dim" if tolerated else "bad")])
        if tolerated:
            said.append([Span("  the run goes on without it", "dim")])
    elif step.get("note"):
        said.append([Span(f"  {one_line(str(step['note']), _VALUE_CELLS_MAX)}", "dim")])
    if step.get("key"):
        said.append([Span(f"  key {one_line(step['key'])}", "dim")])
    for name in ("inputs", "output"):
        if step[name] is not None:
            said += ["", [Span(f"  {name}", "bold")], *_value_lines(step[name])]
    if items:
        said += ["", [Span("  items", "bold")], *_item_lines(items, now)]
    stretches = lines.lines.get(step["path"], ())
    if stretches:
        said += ["", [Span("  attempts", "bold")], *_attempt_lines(stretches, step["use"], now)]
    if rows:
        said += ["", [Span("  log", "bold")], *("    " + line for line in fact_lines(rows))]
    return said


def _items_of(document: Mapping[str, Any], path: str) -> list[dict[str, Any]]:
    """The items or rounds of a step that has them."""
    steps: Sequence[dict[str, Any]] = document["steps"]
    return [
        one
        for one in steps
        if one["path"].startswith((path + ".", path + "~"))
        and one["path"][len(path) + 1 :].isdigit()
    ]


def _item_lines(items: Sequence[Mapping[str, Any]], now: float) -> list[str]:
    rows: list[tuple[str, ...]] = []
    for one in items[:_VALUE_LINES_MAX]:
        begun, ended = one["started_at"], one["ended_at"]
        state = str(one["state"])
        message = one["error"]["message"] if one["error"] else one.get("note") or ""
        rows.append(
            (
                f"{MARKS.get(state, ('·', ''))[0]} {one_line(one['path'])}",
                state,
                "" if begun is None else duration((ended or now) - begun),
                one_line(str(message), _VALUE_CELLS_MAX),
            )
        )
    left = len(items) - _VALUE_LINES_MAX
    more = [f"    … {left:,} more: --json has them all"] if left > 0 else []
    return ["    " + line for line in columns(rows, right=(2,))] + more


def _value_lines(value: Any) -> list[str]:
    text = value if isinstance(value, str) else json_text(value)
    if len(text) > _ONE_LINE_MAX and not isinstance(value, str):
        text = json_text(value, indent=2)
    lines = escaped(text).splitlines()
    shown = ["    " + one if len(one) <= _VALUE_CELLS_MAX else f"    {one[:_VALUE_CELLS_MAX]}…"
             for one in lines[:_VALUE_LINES_MAX]]  # fmt: skip
    left = len(lines) - _VALUE_LINES_MAX
    return [*shown, f"    … {plural(left, 'line')} more: --json has it all"] if left > 0 else shown


def _attempt_lines(stretches: Sequence[Stretch], use: str, now: float) -> list[str]:
    rows: list[tuple[str, ...]] = []
    for one in stretches:
        what = {"call": f"attempt {one.attempt}", "pause": "pause", "doubt": "in doubt"}
        outcome = one.outcome or (
            "until " + clock(one.until(now))[11:] if one.kind == "pause" else "under way"
        )
        if one.kind == "pause" and one.end is not None:
            outcome = ""
        rows.append(
            (
                what.get(one.kind, "question"),
                clock(one.begin)[11:],
                duration(one.until(now) - one.begin),
                outcome,
                _remarks(one, use),
            )
        )
    return ["    " + line for line in columns(rows, right=(2,))]


def _remarks(one: Stretch, use: str) -> str:
    said = [
        f"{one.code}: {one.message}" if one.code else one.message,
        one.capability if one.capability != use else "",
        one.verdict if one.verdict != "allow" else "",
        f"rule {one.rule}" if one.rule else "",
        f"by {one.who}" if one.who else "",
        money(usd(one.cost_nusd)) if one.cost_nusd else "",
    ]
    return one_line("  ".join(part for part in said if part), _VALUE_CELLS_MAX)


def _stretch_data(one: Stretch) -> dict[str, Any]:
    data = {name: getattr(one, name) for name in one.__struct_fields__ if name != "cost_nusd"}
    kept = {
        name: value
        for name, value in data.items()
        if value not in ("", 0) or name in ("begin", "end")
    }
    return {**kept, "cost_usd": usd(one.cost_nusd)}
