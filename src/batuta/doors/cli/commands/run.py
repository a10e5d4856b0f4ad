"""`batuta run` and `batuta resume`: take runs as far as they go."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from batuta.app import App
from batuta.config import WORKSPACE_FILE
from batuta.doors.cli.driving.detach import detach
from batuta.doors.cli.driving.drive import code_for
from batuta.doors.cli.driving.ending import finish, remedy_for
from batuta.doors.cli.driving.evaluations import check_not_of_suite
from batuta.doors.cli.driving.healing import driven
from batuta.doors.cli.driving.resume_all import resume_all
from batuta.doors.cli.driving.weather import Weather
from batuta.doors.cli.failures import INTERRUPTED
from batuta.doors.cli.loop import on_loop
from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.text import one_line, terminal_width
from batuta.doors.cli.views.plan_text import explained_lines, summary_lines
from batuta.doors.cli.workspace import (
    folder_of,
    is_name_of_plan,
    is_workspace,
    named_as,
    named_plan,
    opened,
    opened_to_check,
    written_plan,
)
from batuta.errors import Denied, InputError, PlanError
from batuta.plans.assignments import parse_inputs
from batuta.plans.build import Sourced
from batuta.plans.check import check
from batuta.spec.plan import Plan

__all__ = ["carry_out"]


def carry_out(args: argparse.Namespace, screen: Screen) -> int:
    """The exit code of `run` or `resume`."""
    if args.command == "run":
        return on_loop(_run(args, screen))
    return on_loop(_resume(args, screen))


async def _run(args: argparse.Namespace, screen: Screen) -> int:
    folder = folder_of(args, must_exist=False)
    if args.plan is None and not (args.words or "").strip():
        raise InputError(
            "nothing is asked for",
            remedy="""write batuta run 'what you want', or name a plan with --plan FILE; """
            "`batuta run --help` shows how",
        )
    name: str = args.words if args.plan is None else args.plan
    # A name is a name, and not a request.
    if args.words is not None and (args.plan is not None or not is_name_of_plan(name, folder)):
        return await _asked_for(args, screen, folder_of(args))
    sourced = written_plan(name, folder)
    weather = Weather()
    root = str(folder)
    given = parse_inputs(sourced.plan, args.input, root) if sourced is not None else {}
    if sourced is None or not is_workspace(folder):
        # What cannot be found, or needs more than what is built in, must not leave a journal where there is none.
        async with opened_to_check(folder) as app:
            sourced = sourced or named_plan(name, folder, app)
            given = parse_inputs(sourced.plan, args.input, root)
            _check(sourced, app, await app.pinned(sourced.plan, given), folder)
    async with opened(folder, screen, None if screen.json else weather) as app:
        inputs = await app.pinned(sourced.plan, given)
        _check(sourced, app, inputs, folder)
        plan, also = _rewritten(sourced.plan, app, screen) if args.rewrite else (sourced.plan, {})
        screen.run = await app.start(plan, inputs)
        return await _driven(args, app, sourced, screen, weather, also)


async def _asked_for(args: argparse.Namespace, screen: Screen, folder: Path) -> int:
    """`batuta run "words"`: find the plan, ask for what is missing, and run it."""
    from batuta.desk import Desk  # 50 ms, for those who ask in words
    from batuta.doors.cli.requests.dialogue import Dialogue, refused
    from batuta.doors.cli.requests.waiting import Waiting

    weather = Weather()
    async with opened(folder, screen, None if screen.json else weather) as app:
        named = named_plan(args.plan, folder, app) if args.plan is not None else None
        waiting = Waiting(screen)
        desk = Desk(app, asking=waiting.asks)
        if named is None and args.words in app.plans:
            # The name of a workflow is a name, and not a request.
            named, args.words = desk.registered[args.words], ""
        dialogue = Dialogue(desk, args, screen, folder)
        async with waiting:
            understood, sourced = await dialogue.understood(args.words, named)
        asked = await dialogue.settled(understood, sourced)
        if asked is None:
            return InputError.exit_code
        sourced = asked.sourced
        inputs = await app.pinned(sourced.plan, asked.inputs)
        _check(sourced, app, inputs, folder)
        plan, also = _rewritten(sourced.plan, app, screen) if args.rewrite else (sourced.plan, {})
        if not screen.json:
            explanation = await app.explain(
                plan,
                inputs,
                places=sourced.places,
                planner=asked.understood.origin,
                supervised=asked.understood.asks,
            )
            # Who has said yes beforehand has seen the steps.
            lines_of = summary_lines if args.yes else explained_lines
            screen.say("", *lines_of(explanation, terminal_width(screen.err.fileno(), 120)), "")
        begun = Sourced(plan, sourced.places)
        approval = await desk.approval(asked.understood, inputs, sourced=begun)
        asked = dialogue.confirmed(asked, approval)
        if asked is None:
            return InputError.exit_code
        try:
            screen.run = await desk.accept(
                asked.understood, inputs, sourced=begun, who=asked.who, approved=asked.approved
            )
        except (Denied, InputError) as error:
            return refused(error, asked.understood.data() | {"approve": approval}, screen)
        return await _driven(args, app, sourced, screen, weather, also)


async def _driven(
    args: argparse.Namespace,
    app: App,
    sourced: Sourced,
    screen: Screen,
    weather: Weather,
    also: Mapping[str, Any],
) -> int:
    """Drive the run that `screen` speaks of, or leave it to a process of its own; the exit code.

    `also` is what its document says besides.
    """
    assert screen.run is not None
    if args.detach:
        return await _leave(app, screen.run, Path(app.workspace.root), screen, also)
    begun = screen.run
    document, interrupted = await driven(app, begun, screen, weather)
    document |= also
    _complete(document, sourced if screen.run == begun else None, named_as(args))
    return _ended(document, interrupted, screen, named_as(args))


async def _resume(args: argparse.Namespace, screen: Screen) -> int:
    _check_words(args)
    folder = folder_of(args)
    weather = Weather()
    screen.run = args.run
    async with opened(folder, screen, None if screen.json else weather) as app:
        if args.all:
            return await resume_all(app, screen, named_as(args))
        before = await app.engine.read(args.run)
        check_not_of_suite(before)
        if args.detach and before.ended is None:
            return await _leave(app, args.run, folder, screen, {}, accept=args.accept)
        document, interrupted = await driven(
            app,
            args.run,
            screen,
            weather,
            let_go=args.let_go,
            accept=args.accept,
            since=before.head,
        )
        _complete(document, None, named_as(args))
    return _ended(document, interrupted, screen, named_as(args))


def _check_words(args: argparse.Namespace) -> None:
    if bool(args.run) == args.all:
        raise InputError(
            "resume takes either a RUN or --all", remedy="`batuta runs` lists the runs"
        )
    if args.all and (args.accept or args.detach):
        word = "--accept" if args.accept else "--detach"
        raise InputError(f"{word} goes with one RUN, not with --all", remedy="name the run")


def _check(sourced: Sourced, app: App, inputs: Mapping[str, Any], folder: Path) -> None:
    """The app checks again; here the places in the file are known."""
    findings = [f for f in check(sourced.plan, app.cards, sourced.places, inputs) if not f.warning]
    if not findings:
        return
    raise PlanError(
        "the plan cannot run" if len(findings) > 1 else findings[0].message,
        place=findings[0].place,
        findings=findings,
        remedy=f"{folder} has no {WORKSPACE_FILE}: name the workspace with -w DIR"
        if not is_workspace(folder)
        else "",
    )


def _rewritten(plan: Plan, app: App, screen: Screen) -> tuple[Plan, dict[str, Any]]:
    """What runs instead of `plan`, and what the document says of it; elsewhere it is said what is different."""
    from batuta.plans.rewrite import rewritten  # only for those who ask for it

    better = rewritten(plan, app.cards)
    for change in () if screen.json else better.changes:
        screen.say(f"rewritten: {one_line(change.says)}")
    return better.plan, {"changes": [msgspec.to_builtins(change) for change in better.changes]}


async def _leave(
    app: App,
    run_id: str,
    folder: Path,
    screen: Screen,
    also: Mapping[str, Any],
    *,
    accept: bool = False,
) -> int:
    document = {**await app.show(run_id), **also}
    log = detach(run_id, folder, accept=accept)
    if screen.json:
        screen.document(document)
    else:
        screen.say(f"{run_id} goes on by itself; what it says is in {log}")
        screen.out(run_id)
    return 0


def _complete(document: dict[str, Any], sourced: Sourced | None, where: str) -> None:
    """An error of the document gets remedy and place, like every error of this door."""
    error = document["error"]
    if error is None:
        return
    error["remedy"] = remedy_for(document["run"], error["code"], where)
    name = error["path"].partition("/")[0].partition(".")[0].partition("~")[0]
    error["place"] = None
    if sourced is not None and name in sourced.plan.steps:
        place = sourced.places.key("steps", name)
        error["place"] = {"file": place.file, "line": place.line, "column": place.column}


def _ended(document: dict[str, Any], interrupted: bool, screen: Screen, where: str) -> int:
    finish(document, screen, where)
    return INTERRUPTED if interrupted else code_for(document)
