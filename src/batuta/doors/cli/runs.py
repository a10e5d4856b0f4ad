"""`batuta runs`: the list, as it is on the disk. No module of the workspace is loaded."""

import argparse
import time

import msgspec

from batuta.doors.cli.loop import on_loop
from batuta.doors.cli.screen import Screen
from batuta.doors.cli.table import columns
from batuta.doors.cli.text import clock, count, duration, one_line
from batuta.doors.cli.workspace import folder_of, opened_to_look
from batuta.ports import RunRow

__all__ = ["carry_out"]


def carry_out(args: argparse.Namespace, screen: Screen) -> int:
    """The exit code of `runs`."""
    return on_loop(_runs(args, screen))


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
