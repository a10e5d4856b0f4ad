"""`batuta plan`: everything that is known of a plan before it runs. Nothing of it runs.

Nothing is written to the log, unless a model drafts a plan for words: that is a run of its own.
"""

import argparse
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from batuta.app import App
from batuta.doors.cli.loop import on_loop
from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.text import one_line
from batuta.doors.cli.views.plan_data import explanation_data
from batuta.doors.cli.views.plan_text import explained_lines
from batuta.doors.cli.workspace import (
    folder_of,
    is_name_of_plan,
    named_plan,
    opened_to_compare,
    opened_to_plan,
    written_plan,
)
from batuta.errors import InputError
from batuta.plans.assignments import parse_inputs
from batuta.plans.build import Sourced, plan_to_yaml
from batuta.plans.explanation import Explanation
from batuta.storage.files import write_whole

__all__ = ["carry_out"]


def carry_out(args: argparse.Namespace, screen: Screen) -> int:
    """The exit code of `plan`."""
    return on_loop(_plan(args, screen))


async def _plan(args: argparse.Namespace, screen: Screen) -> int:
    folder = folder_of(args, must_exist=False)
    if not args.plan.strip():
        raise InputError(
            "nothing is asked for",
            remedy="name a plan, or say in quotes what is wanted; `batuta plan --help` shows how",
        )
    if any(character.isspace() for character in args.plan.strip()):
        if not is_name_of_plan(args.plan, folder):
            return await _asked_for(args, screen, folder_of(args))
    for word in ("save", "edit", "planner", "autonomy"):
        if getattr(args, word):
            raise InputError(
                f"--{word} goes with words", remedy="say in quotes what is wanted, in several words"
            )
    if args.out and not args.rewrite:
        raise InputError("--out goes with --rewrite", remedy="add --rewrite, or leave it out")
    written = written_plan(args.plan, folder)
    async with opened_to_compare(folder) as app:
        sourced = written or named_plan(args.plan, folder, app)
        inputs = parse_inputs(sourced.plan, args.input, str(folder)) if args.input else None
        return await _explained(args, screen, app, sourced, inputs)


async def _asked_for(args: argparse.Namespace, screen: Screen, folder: Path) -> int:
    """`batuta plan "words"`: which plan they mean, what they say of its inputs, and what a run would do."""
    from batuta.desk import Desk  # 50 ms, for those who ask in words
    from batuta.doors.cli.requests.dialogue import Dialogue, told
    from batuta.doors.cli.requests.editing import edited
    from batuta.doors.cli.requests.lines import (
        ladder_lines,
        missing_lines,
        understood_lines,
        yes_lines,
    )
    from batuta.doors.cli.requests.waiting import Waiting

    async with opened_to_plan(folder, screen) as app:
        waiting = Waiting(screen)
        desk = Desk(app, asking=waiting.asks)
        dialogue = Dialogue(desk, args, screen, folder)
        async with waiting:
            understood, sourced = await dialogue.understood(args.plan, None)
        # What was made is shown so that somebody can say whether it is meant.
        if sourced is None or not (understood.route.sure or understood.made):
            return told(understood, desk, screen, args)
        if args.edit:
            understood = await edited(understood, desk, screen)
            sourced = understood.sourced or sourced
        given = parse_inputs(sourced.plan, args.input, str(folder))
        inputs = understood.inputs.values | given
        if not screen.json:
            screen.out(*understood_lines(understood, sourced, given), "")
        shown = _rewritten(sourced, app) if args.rewrite else sourced
        yes = await desk.approval(understood, inputs, sourced=shown)
        path = desk.save(understood, args.save, force=args.force) if args.save else None
        saved = {} if path is None else {"saved": str(path)}
        request = understood.data() | {"approve": yes} | saved
        code = await _explained(
            args, screen, app, sourced, inputs, request, supervised=understood.asks
        )
        if not screen.json:
            screen.out("", *ladder_lines(understood))
            if path is not None:
                screen.say(f"registered: {one_line(str(path))}")
            elif missing := [name for name in understood.inputs.missing if name not in given]:
                screen.out(*missing_lines(understood, sourced, missing, args))
            else:
                screen.out(*yes_lines(understood, yes, args))
        return code


async def _explained(
    args: argparse.Namespace,
    screen: Screen,
    app: App,
    sourced: Sourced,
    inputs: Mapping[str, Any] | None,
    request: Mapping[str, Any] | None = None,
    *,
    supervised: bool = False,
) -> int:
    explain = partial(
        app.explain, planner=(request or {}).get("origin") or "", supervised=supervised
    )
    explanation = await explain(sourced.plan, inputs, places=sourced.places)
    if args.rewrite:
        # As it was written, the plan is right; what is made of it has no places.
        better = _rewritten(sourced, app)
        explanation = _with_changes(await explain(better.plan, inputs), explanation)
    files = _written(args, explanation, sourced)
    if screen.json:
        asked = {} if request is None else {"request": request}
        screen.document(asked | explanation_data(explanation) | files)
        return 0
    screen.out(*explained_lines(explanation, screen.width, tree=args.tree, rewritten=args.rewrite))
    for name in files.values():
        screen.say(f"\nwritten: {one_line(name)}")
    return 0


def _rewritten(sourced: Sourced, app: App) -> Sourced:
    from batuta.plans.rewrite import rewritten

    return sourced._replace(plan=rewritten(sourced.plan, app.cards).plan)


def _with_changes(better: Explanation, before: Explanation) -> Explanation:
    import msgspec

    return msgspec.structs.replace(
        better, changes=before.changes, findings=before.findings, planner=before.planner
    )


def _written(
    args: argparse.Namespace, explanation: Explanation, sourced: Sourced
) -> dict[str, Any]:
    """The files that were asked for, by what they are."""
    files: dict[str, Any] = {}
    if args.svg:
        from batuta.plans.draw import plan_svg

        write_whole(Path(args.svg), plan_svg(explanation), replace=True)
        files["svg"] = args.svg
    if args.out:
        plan = explanation.plan if explanation.changes else sourced.plan
        # A plan is never written over: somebody may have written it.
        write_whole(Path(args.out), plan_to_yaml(plan), replace=False)
        files["out"] = args.out
    return files
