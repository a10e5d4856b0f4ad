"""`batuta show`: one run, as its log has it. No module of the workspace is loaded."""

import argparse
import shlex
import time
from pathlib import Path
from typing import Any

from batuta.app import App
from batuta.doors.cli.driving.ending import ended_lines, result_text
from batuta.doors.cli.driving.tree import header, pruned, rows_of
from batuta.doors.cli.loop import on_loop
from batuta.doors.cli.requests.asked import again_lines, asked_lines
from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.table import tree_lines
from batuta.doors.cli.terminal.text import one_line
from batuta.doors.cli.views.facts import fact_data, fact_lines
from batuta.doors.cli.views.one_step import facts_of, step_data, step_lines, step_of_document
from batuta.doors.cli.workspace import folder_of, opened_to_look
from batuta.errors import InputError
from batuta.spec.critical import Leg, critical_path
from batuta.spec.run import Run
from batuta.spec.timeline import Timeline, timeline
from batuta.storage.files import write_whole

__all__ = ["carry_out"]

_ROWS_MAX = 1_000


def carry_out(args: argparse.Namespace, screen: Screen) -> int:
    """The exit code of `show`."""
    screen.run = args.run
    return on_loop(_show(args, screen))


async def _show(args: argparse.Namespace, screen: Screen) -> int:
    views = {
        "--timeline": args.timeline,
        "--step": args.step,
        "--svg": args.svg,
        "--facts": args.facts,
    }
    asked = [word for word, given in views.items() if given]
    if len(asked) > 1:
        raise InputError(f"{' and '.join(asked)} do not go together", remedy="ask for one of them")
    async with opened_to_look(folder_of(args)) as app:
        if args.svg:
            await _draw(app, args, screen)
        elif args.facts:
            await _facts(app, args.run, screen)
        elif args.timeline:
            await _timeline(app, args.run, screen)
        elif args.step:
            await _step(app, args, screen)
        else:
            await _tell(app, args, screen)
    return 0


async def _facts(app: App, run: str, screen: Screen) -> None:
    await app.engine.read(run)  # says so if there is no such run
    rows = await app.engine.journal.read(run)
    if screen.json:
        screen.document({"run": run, "facts": [fact_data(row) for row in rows]})
    else:
        screen.out(*fact_lines(rows))


async def _draw(app: App, args: argparse.Namespace, screen: Screen) -> None:
    from batuta.plans.draw import run_svg

    run, lines, now = await _timed(app, args.run)
    write_whole(Path(args.svg), run_svg(run, lines, now, app.cards), replace=True)
    if screen.json:
        screen.document({"run": run.id, "status": run.status, "svg": args.svg})
    else:
        screen.say(f"written: {one_line(args.svg)}")


async def _timeline(app: App, run_id: str, screen: Screen) -> None:
    from batuta.doors.cli.views.timeline import path_lines, timeline_data, timeline_lines

    run, lines, now = await _timed(app, run_id)
    legs = critical_path(run, lines, now)
    if screen.json:
        screen.document(timeline_data(run, lines, legs))
        return
    screen.out(*timeline_lines(header(run, now), run, lines, legs, now, screen.width))
    screen.out(*path_lines(legs))


async def _step(app: App, args: argparse.Namespace, screen: Screen) -> None:
    document = await app.show(args.run)
    step = step_of_document(document, args.step)
    _, lines, now = await _timed(app, args.run)
    rows = facts_of(await app.engine.journal.read(args.run), args.step)
    if screen.json:
        screen.document(step_data(document, step, lines, rows))
    else:
        screen.out(*step_lines(document, step, lines, rows, now))


async def _tell(app: App, args: argparse.Namespace, screen: Screen) -> None:
    document = await app.show(args.run)
    if screen.json:
        screen.document(document)
        return
    run, lines, now = await _timed(app, args.run)
    where = f" -w {shlex.quote(args.workspace)}" if args.workspace is not None else ""
    rows = pruned(rows_of(run, now, {}), _ROWS_MAX)
    screen.out(*tree_lines(header(run, now), rows, screen.width))
    screen.out(*asked_lines(document), *again_lines(document))
    _tell_result(document, screen)
    screen.out(*ended_lines(document, where))
    if run.ended is not None:
        screen.out(*_where_time_went(run, lines, now))


def _tell_result(document: dict[str, Any], screen: Screen) -> None:
    result = result_text(document, safe=screen.out_is_terminal)
    if result:
        screen.out("", result)


def _where_time_went(run: Run, lines: Timeline, now: float) -> list[Any]:
    from batuta.doors.cli.views.timeline import path_lines

    legs: tuple[Leg, ...] = critical_path(run, lines, now)
    return path_lines(legs)


async def _timed(app: App, run_id: str) -> tuple[Run, Timeline, float]:
    """The run, its timeline, and the time that what goes on is measured to: its end, or now.

    Raises:
        NotFound: there is no such run.
    """
    run = await app.engine.read(run_id)
    rows = await app.engine.journal.read(run_id)
    now = run.ended.at if run.ended is not None else time.time()
    return run, timeline(row.fact for row in rows), now
