"""`batuta plan`: everything that is known of a plan before it runs. Nothing runs, and nothing is written to the log."""

import argparse
from pathlib import Path
from typing import Any

from batuta.doors.cli.files import write_whole
from batuta.doors.cli.loop import on_loop
from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.text import one_line
from batuta.doors.cli.views.plan_data import explanation_data
from batuta.doors.cli.views.plan_text import explained_lines
from batuta.doors.cli.workspace import folder_of, named_plan, opened_to_compare, written_plan
from batuta.errors import InputError
from batuta.plans.build import Sourced, plan_to_yaml
from batuta.plans.explanation import Explanation
from batuta.plans.inputs import parse_inputs

__all__ = ["carry_out"]


def carry_out(args: argparse.Namespace, screen: Screen) -> int:
    """The exit code of `plan`."""
    return on_loop(_plan(args, screen))


async def _plan(args: argparse.Namespace, screen: Screen) -> int:
    if args.out and not args.rewrite:
        raise InputError("--out goes with --rewrite", remedy="add --rewrite, or leave it out")
    folder = folder_of(args, must_exist=False)
    written = written_plan(args.plan, folder)
    async with opened_to_compare(folder) as app:
        sourced = written or named_plan(args.plan, folder, app)
        inputs = parse_inputs(sourced.plan, args.input, str(folder)) if args.input else None
        explanation = await app.explain(sourced.plan, inputs, places=sourced.places)
        if args.rewrite:
            from batuta.plans.rewrite import rewritten

            # As it was written, the plan is right; what is made of it has no places.
            better = rewritten(sourced.plan, app.cards)
            explanation = _with_changes(await app.explain(better.plan, inputs), explanation)
    files = _written(args, explanation, sourced)
    if screen.json:
        screen.document(explanation_data(explanation) | files)
        return 0
    screen.out(*explained_lines(explanation, screen.width, tree=args.tree, rewritten=args.rewrite))
    for name in files.values():
        screen.say(f"\nwritten: {one_line(name)}")
    return 0


def _with_changes(better: Explanation, before: Explanation) -> Explanation:
    import msgspec

    return msgspec.structs.replace(better, changes=before.changes, findings=before.findings)


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
