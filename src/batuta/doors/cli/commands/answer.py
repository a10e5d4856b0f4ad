"""`batuta answer`, `batuta tell` and `batuta cancel`: what people say to a run."""

import argparse
import asyncio
from collections.abc import Collection
from typing import Any

from batuta.app import App
from batuta.doors.cli.driving.ending import finish
from batuta.doors.cli.driving.evaluations import goes_on_by, is_left_to_eval
from batuta.doors.cli.driving.healing import driven
from batuta.doors.cli.driving.weather import Weather
from batuta.doors.cli.failures import INTERRUPTED
from batuta.doors.cli.given import given_json
from batuta.doors.cli.loop import on_loop
from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.workspace import folder_of, named_as, opened
from batuta.errors import BatutaError, InputError
from batuta.plans.assignments import parse_inputs

__all__ = ["carry_out"]

# How long `cancel` waits for the process that drives the run, in seconds.
_PATIENCE_S = 5.0


def carry_out(args: argparse.Namespace, screen: Screen) -> int:
    """The exit code of `answer`, `tell` or `cancel`: 0 when what was said is recorded."""
    screen.run = args.run
    if args.command == "answer":
        return on_loop(_answer(args, screen))
    if args.command == "tell":
        return on_loop(_tell(args, screen))
    return on_loop(_cancel(args, screen))


async def _answer(args: argparse.Namespace, screen: Screen) -> int:
    value, kind = _said(args)
    weather = Weather()
    async with opened(folder_of(args), screen, None if screen.json else weather) as app:
        before = await app.engine.read(args.run)
        await app.answer(args.run, args.step, value, kind=kind)
        if not screen.json:
            screen.say(f"the answer to {args.step} is recorded")
        known = {one.path for one in before.waiting()} - {args.step}
        if is_left_to_eval(before):
            finish(await app.show(args.run), screen, named_as(args), known)
            if not screen.json:
                screen.say(goes_on_by(before))
            return 0
        return await _go_on(app, args, screen, weather, before.head, known)


async def _tell(args: argparse.Namespace, screen: Screen) -> int:
    from batuta.desk import Desk  # 50 ms, and no other of these commands needs it

    weather = Weather()
    async with opened(folder_of(args), screen, None if screen.json else weather) as app:
        before = await app.engine.read(args.run)
        inputs: dict[str, Any] = {}
        if args.input and before.root is not None:
            inputs = parse_inputs(before.root.shape.plan, args.input, app.workspace.root)
        await Desk(app).tell(args.run, args.words, inputs)
        if not screen.json:
            screen.say(f"what you said to {args.run} is recorded")
        return await _go_on(app, args, screen, weather, before.head)


async def _cancel(args: argparse.Namespace, screen: Screen) -> int:
    weather = Weather()
    async with opened(folder_of(args), screen, None if screen.json else weather) as app:
        before = await app.engine.read(args.run)
        await app.cancel(args.run, why=args.why)
        if not screen.json:
            screen.say(f"the end of {args.run} is asked for")
        return await _go_on(app, args, screen, weather, before.head)


async def _go_on(
    app: App,
    args: argparse.Namespace,
    screen: Screen,
    weather: Weather,
    since: int,
    known: Collection[str] = (),
) -> int:
    """Drive the run, if nobody else does. `known`: whose questions need not be said again."""
    try:
        document, interrupted = await driven(
            app, args.run, screen, weather, let_go=True, follow=False, since=since
        )
        if args.command == "cancel":
            document = await _patiently(app, document)
    except BatutaError as error:
        error.remedy = f"what you said is recorded, and counts; {error.remedy}".rstrip("; ")
        raise
    finish(document, screen, named_as(args), known)
    return INTERRUPTED if interrupted else 0


async def _patiently(app: App, document: dict[str, Any]) -> dict[str, Any]:
    """The document when the run has ended, or when that takes too long."""
    run = document["run"]
    loop = asyncio.get_running_loop()
    until = loop.time() + _PATIENCE_S
    while document["status"] == "running" and (left := until - loop.time()) > 0:
        head = (await app.engine.read(run)).head
        await app.engine.journal.wait(run, after=head, timeout_s=left)
        document = await app.show(run)
    return document


def _said(args: argparse.Namespace) -> tuple[Any, str]:
    """The answer, and the kind of question it insists on."""
    ways = [w for w in ("approve", "reject", "resolve") if getattr(args, w)]
    if args.value is not None and args.resolve != "done":
        ways.append("value")
    if len(ways) != 1:
        given = " and ".join(f"--{way}" for way in ways)
        raise InputError(
            f"{given} contradict each other" if ways else "no answer is given",
            remedy="give one of --approve, --reject, --value JSON, --resolve done|retry|fail",
        )
    way = ways[0]
    if args.note is not None and way not in ("approve", "reject"):
        raise InputError(
            f"--note goes with --approve or --reject, not with --{way}",
            remedy="leave it out, or make it part of the value",
        )
    if way in ("approve", "reject"):
        answer: dict[str, Any] = {"approved": way == "approve"}
        return answer | ({"note": args.note} if args.note is not None else {}), ""
    if way == "resolve":
        value = {} if args.value is None else {"value": given_json(args.value)}
        return {"how": args.resolve, **value}, "resolve"
    return given_json(str(args.value)), ""
