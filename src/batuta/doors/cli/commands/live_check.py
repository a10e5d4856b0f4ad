"""`batuta check --live`: which unfinished runs the present workspace would break, and what can be done."""

import argparse
import shlex
from collections.abc import Sequence
from typing import Any

import msgspec

from batuta.app import App
from batuta.doors.cli.driving.evaluations import is_left_to_eval
from batuta.doors.cli.loop import on_loop
from batuta.doors.cli.terminal.progress import Progress
from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.table import Span
from batuta.doors.cli.terminal.text import cells, fit, one_line
from batuta.doors.cli.words.versions import REPLAYED_MAX
from batuta.doors.cli.workspace import folder_of, opened_to_compare
from batuta.engine.past.breaks import Break, breaks_of
from batuta.errors import InputError, JournalBroken
from batuta.governance.forecast import forecaster
from batuta.governance.verdict import Policy
from batuta.ports import RunRow
from batuta.spec.figures import plural

__all__ = ["carry_out"]

_SHOWN_MAX = 50
_BREAKS_SHOWN_MAX = 20
_NAME_CELLS_MAX = 40
# Of runs that would break for the same reasons, so many are named.
_RUNS_NAMED_MAX = 3


def carry_out(args: argparse.Namespace, screen: Screen) -> int:
    """The exit code of `check --live`: 1 if a run would break."""
    if args.plans or args.sarif:
        raise InputError(
            "--live looks at runs, not at plans", remedy="say --live alone, or name plans alone"
        )
    return on_loop(_check(args, screen))


async def _check(args: argparse.Namespace, screen: Screen) -> int:
    where = f" -w {shlex.quote(args.workspace)}" if args.workspace is not None else ""
    broken: list[tuple[RunRow, list[Break]]] = []
    async with opened_to_compare(folder_of(args)) as app:
        rows = await app.runs(status=("running", "waiting"), limit=REPLAYED_MAX)
        with Progress(screen, len(rows), "checking") as progress:
            for row in reversed(rows):
                found = await _breaks(app, row)
                if found:
                    broken.append((row, found))
                progress.step()
    if screen.json:
        screen.document(
            {
                "ok": not broken,
                "runs": len(rows),
                "live": [_data(row, found, where) for row, found in broken],
            }
        )
    else:
        _tell(broken, len(rows), where, screen)
    return 1 if broken else 0


async def _breaks(app: App, row: RunRow) -> list[Break]:
    judge = app.engine.judge
    assert isinstance(judge, Policy)
    try:
        run = await app.engine.read(row.run)
    except JournalBroken as error:
        return [Break("unreadable", row.run, error.message)]
    if run.ended is not None or is_left_to_eval(
        run
    ):  # what an evaluation calls stands in its suite
        return []
    return await breaks_of(run, app.engine, forecaster(judge))


def _remedies(run: str, found: Sequence[Break], where: str) -> list[str]:
    kinds = {one.kind for one in found}
    cancel = f"batuta cancel {run}{where}"
    if "gone" in kinds:
        return ["register what is gone again", cancel]
    if kinds == {"changed"}:
        return [f"batuta resume {run} --accept{where}", cancel]
    undo = "take the change of " + ("the policy" if kinds == {"denied"} else "the code") + " back"
    return [undo, cancel]


def _data(row: RunRow, found: Sequence[Break], where: str) -> dict[str, Any]:
    return {
        "run": row.run,
        "plan": row.plan,
        "status": row.status,
        "breaks": [msgspec.to_builtins(one) for one in found],
        "remedies": _remedies(row.run, found, where),
    }


def _tell(
    broken: Sequence[tuple[RunRow, list[Break]]], total: int, where: str, screen: Screen
) -> None:
    groups = _grouped(broken)
    for rows, found in groups[:_SHOWN_MAX]:
        screen.out(_heading(rows))
        size = min(max(cells(one_line(one.what)) for one in found), _NAME_CELLS_MAX)
        for one in found[:_BREAKS_SHOWN_MAX]:
            screen.out([Span(f"    {fit(one_line(one.what), size)}  "), Span(_said(one), "ask")])
        more = len(found) - _BREAKS_SHOWN_MAX
        if more > 0:
            screen.out(f"    … and {more:,} more")
        run = rows[0].run if len(rows) == 1 else "RUN"
        screen.out([Span(f"    → {', or '.join(_remedies(run, found, where))}", "dim")], "")
    more = len(groups) - _SHOWN_MAX
    if more > 0:
        screen.out(f"… and {more:,} more kinds; --json has all of them", "")
    mark = Span("✗ ", "bad") if broken else Span("✓ ", "good")
    said = f"{len(broken):,} would break" if broken else "none would break"
    screen.out([mark, Span(f"{plural(total, 'unfinished run')}, {said}")])


def _grouped(
    broken: Sequence[tuple[RunRow, list[Break]]],
) -> list[tuple[list[RunRow], list[Break]]]:
    """Runs of one plan that would break for the same reasons, in the order of the first of them."""
    groups: dict[tuple[str, tuple[Break, ...]], list[RunRow]] = {}
    for row, found in broken:
        groups.setdefault((row.plan, tuple(found)), []).append(row)
    return [(rows, list(found)) for (_, found), rows in groups.items()]


def _heading(rows: Sequence[RunRow]) -> list[Span]:
    plan = one_line(rows[0].plan, 40)
    if len(rows) == 1:
        return [Span(rows[0].run, "bold"), Span(f"  {plan}  {rows[0].status}")]
    names = ", ".join(row.run for row in rows[:_RUNS_NAMED_MAX])
    more = ", …" if len(rows) > _RUNS_NAMED_MAX else ""
    return [Span(f"{len(rows):,} runs of {plan}", "bold"), Span(f"  {names}{more}")]


def _said(one: Break) -> str:
    words = {"denied": "would be denied: ", "refused": "would be refused: "}.get(one.kind, "")
    return words + one_line(one.why, 400)
