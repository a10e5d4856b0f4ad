"""`batuta show`: one run, as its log has it. No module of the workspace is loaded."""

import argparse
import shlex
import time
from typing import Any

from batuta.app import App
from batuta.doors.cli.ending import ended_lines, result_text
from batuta.doors.cli.facts import fact_data, fact_lines
from batuta.doors.cli.loop import on_loop
from batuta.doors.cli.screen import Screen
from batuta.doors.cli.table import tree_lines
from batuta.doors.cli.tree import header, pruned, rows_of
from batuta.doors.cli.workspace import folder_of, opened_to_look

__all__ = ["carry_out"]

_ROWS_MAX = 1_000


def carry_out(args: argparse.Namespace, screen: Screen) -> int:
    """The exit code of `show`."""
    screen.run = args.run
    return on_loop(_show(args, screen))


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
