"""`batuta runs`: the list, as it is on the disk. No module of the workspace is loaded."""

import argparse
import time

import msgspec

from batuta.doors.cli.loop import on_loop
from batuta.doors.cli.since import since
from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.table import columns
from batuta.doors.cli.terminal.text import ago, clock, one_line
from batuta.doors.cli.words.looking import RUNS_SHOWN
from batuta.doors.cli.workspace import folder_of, opened_to_look
from batuta.ports import RunRow
from batuta.spec.figures import plural

__all__ = ["carry_out"]


def carry_out(args: argparse.Namespace, screen: Screen) -> int:
    """The exit code of `runs`."""
    return on_loop(_runs(args, screen))


async def _runs(args: argparse.Namespace, screen: Screen) -> int:
    now = time.time()
    begin = since(args.since, now) if args.since is not None else 0.0
    async with opened_to_look(folder_of(args)) as app:
        rows = await app.runs(
            status=tuple(args.status), plan=args.plan, since=begin, limit=args.limit
        )
    if screen.json:
        screen.document({"runs": [msgspec.to_builtins(row) for row in rows]})
        return 0
    if not rows:
        screen.say(_none(args))
        return 0
    screen.out(*_table(rows, now, screen.width))
    if len(rows) == args.limit == RUNS_SHOWN:
        screen.say(f"\nthe newest {plural(len(rows), 'run')}; --limit N lists more")
    waiting = sum(row.status == "waiting" for row in rows)
    if waiting:
        screen.say(
            f"\n{plural(waiting, 'run')} waiting for an answer: `batuta show RUN` has the questions"
        )
    return 0


def _none(args: argparse.Namespace) -> str:
    """What was looked for, and is not there."""
    said = f"is {' or '.join(dict.fromkeys(args.status))}" if args.status else ""
    of = f" of plan {one_line(args.plan, 60)}" if args.plan else ""
    at = f" since {one_line(args.since, 40)}" if args.since is not None else ""
    if not (said or of or at):
        return "there are no runs yet"
    return f"no run{of}{at} {said}".rstrip() if said else f"there is no run{of}{at}"


def _table(rows: list[RunRow], now: float, width: int) -> list[str]:
    cells = [("run", "status", "plan", "accepted", "updated", "")]
    for row in rows:
        driven = "driven" if row.owner else ""
        updated = ago(now - row.updated_at)
        cells.append(
            (row.run, row.status, one_line(row.plan, 64), clock(row.accepted_at), updated, driven)
        )
    return columns(cells, width=width, shrink=2)
