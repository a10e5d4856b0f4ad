"""`batuta fork`: a new run that takes over what another one has finished, and goes on from a step of it."""

import argparse
import shlex
from pathlib import Path
from typing import Any

from batuta.app import App
from batuta.doors.cli.driving.detach import detach
from batuta.doors.cli.driving.drive import Driving, code_for
from batuta.doors.cli.driving.ending import finish
from batuta.doors.cli.driving.weather import Weather
from batuta.doors.cli.failures import INTERRUPTED
from batuta.doors.cli.given import given_json
from batuta.doors.cli.loop import on_loop
from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.text import one_line
from batuta.doors.cli.workspace import folder_of, opened
from batuta.engine.past.fork import Forked, Wish
from batuta.errors import InputError
from batuta.plans.assignments import parse_inputs
from batuta.spec.figures import plural

__all__ = ["carry_out"]

_NAMES_CELLS = 400


def carry_out(args: argparse.Namespace, screen: Screen) -> int:
    """The exit code of `fork`: that of the new run."""
    return on_loop(_fork(args, screen))


async def _fork(args: argparse.Namespace, screen: Screen) -> int:
    folder = folder_of(args)
    values = _values(args.set)
    weather = Weather()
    where = f" -w {shlex.quote(args.workspace)}" if args.workspace is not None else ""
    async with opened(folder, screen, None if screen.json else weather) as app:
        inputs = await _inputs(app, args)
        forked = await app.fork(args.run, Wish(args.at, inputs, values, args.yes))
        screen.run = run_id = forked.run.id
        if not screen.json:
            screen.say(*_said(forked, args))
        if args.detach:
            return await _leave(app, forked, folder, screen)
        driving = Driving(app, run_id, screen, weather)
        document = await driving.go()
    finish(document | {"fork": _data(forked)}, screen, where)
    return INTERRUPTED if driving.interrupted else code_for(document)


async def _inputs(app: App, args: argparse.Namespace) -> dict[str, Any]:
    root = (await app.engine.read(args.run)).root
    if root is None or not args.input:
        return {}
    return parse_inputs(root.shape.plan, args.input, app.workspace.root)


def _values(assignments: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        name = name.strip()
        if not equals or not name:
            raise InputError(
                f"{assignment[:64]!r} is no assignment",
                remedy="write --set STEP=JSON, or STEP=@FILE",
            )
        if name in values:
            raise InputError(f"{name!r} is given twice", remedy="give it once")
        values[name] = given_json(text, f"the value for {name}", f"--set {name}=")
    return values


async def _leave(app: App, forked: Forked, folder: Path, screen: Screen) -> int:
    run_id = forked.run.id
    document = await app.show(run_id)
    log = detach(run_id, folder)
    if screen.json:
        screen.document(document | {"fork": _data(forked)})
    else:
        screen.say(f"{run_id} goes on by itself; what it says is in {log}")
        screen.out(run_id)
    return 0


def _said(forked: Forked, args: argparse.Namespace) -> list[str]:
    taken = plural(len(forked.taken_over), "step")
    lines = [f"{forked.run.id} is a fork of {args.run} at {one_line(args.at)}: {taken} taken over"]
    if forked.asks:
        first = (
            f"{_names(forked.repeated)} may have happened in {args.run}; "
            if forked.repeated
            else ""
        )
        lines.append(f"{first}each effect is asked about before it happens here (--yes: unasked)")
    if forked.taken_back:
        lines.append(f"{args.run} has taken back, so it runs again: {_names(forked.taken_back)}")
    if forked.stale:
        lines.append(f"taken over as it was, from the value of before: {_names(forked.stale)}")
    return lines


def _names(names: tuple[str, ...]) -> str:
    return one_line(", ".join(names[:20]) + (", …" if len(names) > 20 else ""), _NAMES_CELLS)


def _data(forked: Forked) -> dict[str, Any]:
    return {
        "taken_over": list(forked.taken_over),
        "repeated": list(forked.repeated),
        "asks": forked.asks,
        "taken_back": list(forked.taken_back),
        "stale": list(forked.stale),
    }
