"""`batuta runs` and `batuta show`: the log, as it is on the disk. No module of the workspace is loaded."""

import argparse
import shlex
import time
from typing import Any

import msgspec

from batuta.app import App
from batuta.doors.cli.ending import ended_lines, result_text
from batuta.doors.cli.facts import fact_data, fact_lines
from batuta.doors.cli.loop import on_loop
from batuta.doors.cli.screen import Screen
from batuta.doors.cli.table import columns, tree_lines
from batuta.doors.cli.text import clock, count, duration, one_line
from batuta.doors.cli.tree import header, pruned, rows_of
from batuta.doors.cli.workspace import folder_of, opened_to_look
from batuta.ports import RunRow

__all__ = ["carry_out"]

_ROWS_MAX = 1_000


def carry_out(args: argparse.Namespace, screen: Screen) -> int:
    """The exit code of `runs` or `show`."""
    if args.command == "runs":
        return on_loop(_runs(args, screen))
    screen.run = args.run
    return on_loop(_show(args, screen))


async def _runs(args: argparse.Namespace, screen: Screen) -> int:
    async with opened_to_look(folder_of(args)) as app:
        rows = await app.runs(status=args.status, limit=args.limit)
    if screen.json:
        screen.document({"runs": [msgspec.to_builtins(row) for row in rows]})
        return 0
    if not rows:
        screen.say(f"no run is {args.status}" if args.status else "there are no runs yet")
        return 0
    screen.out(*_table(rows))
    waiting = sum(row.status == "waiting" for row in rows)
    if waiting:
        screen.say(
            f"\n{count(waiting, 'run')} waiting for an answer: `batuta show RUN` has the questions"
        )
    return 0


def _table(rows: list[RunRow]) -> list[str]:
    now = time.time()
    cells = [("run", "status", "plan", "accepted", "updated", "")]
    for row in rows:
        ago = f"{duration(max(now - row.updated_at, 0.0))} ago"
        driven = "driven" if row.owner else ""
        cells.append(
            (row.run, row.status, one_line(row.plan, 40), clock(row.accepted_at), ago, driven)
        )
    return columns(cells)


async def _show(args: argparse.Namespace, screen: Screen) -> int:
    async with opened_to_look(folder_of(args)) as app:
        if args.facts:
            return await _facts(app, args.run, screen)
        document = await app.show(args.run)
        if screen.json:
            screen.document(document)
        else:
            await _tell(app, document, args, screen)
    return 0


async def _facts(app: App, run: str, screen: Screen) -> int:
    await app.engine.read(run)  # says so if there is no such run
    rows = await app.engine.journal.read(run)
    if screen.json:
        screen.document({"run": run, "facts": [fact_data(row) for row in rows]})
    else:
        screen.out(*fact_lines(rows))
    return 0


async def _tell(
    app: App, document: dict[str, Any], args: argparse.Namespace, screen: Screen
) -> None:
    run = await app.engine.read(args.run)
    now = run.ended.at if run.ended is not None else time.time()
    where = f" -w {shlex.quote(args.workspace)}" if args.workspace is not None else ""
    rows = pruned(rows_of(run, now, {}), _ROWS_MAX)
    screen.out(*tree_lines(header(run, now), rows, screen.width))
    result = result_text(document, safe=screen.out_is_terminal)
    if result:
        screen.out("", result)
    screen.out(*ended_lines(document, where))
