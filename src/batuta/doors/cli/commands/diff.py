"""`batuta diff`: two plans, two runs, or a run's plan and a plan.

Modules of the workspace are loaded only for a name that neither a run nor a file has: that of a workflow.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from batuta.app import App
from batuta.doors.cli.loop import on_loop
from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.table import Span
from batuta.doors.cli.terminal.text import cells, fit, json_text, one_line
from batuta.doors.cli.views.run_changes import StepTime, run_changes, step_times
from batuta.doors.cli.workspace import (
    folder_of,
    named_plan,
    opened_to_check,
    opened_to_look,
    written_plan,
)
from batuta.errors import InputError, NotFound
from batuta.plans.build import Sourced
from batuta.plans.difference import Change, plan_changes
from batuta.spec.figures import duration, plural
from batuta.spec.plan import Plan

__all__ = ["carry_out"]

_MARKS = {
    "added": ("+", "good"),
    "removed": ("-", "bad"),
    "changed": ("~", "ask"),
    "renamed": ("=", "ask"),
}
_PATH_CELLS_MAX = 48
# Times are told where they differ by more than this, in seconds, and by more than this share.
_TIME_S = 0.1
_TIME_SHARE = 0.25
_TIMES_SHOWN_MAX = 20


class _Side(NamedTuple):
    """What was named: a plan, or a run (then with its document) and its plan; `erased`: the plan is gone."""

    name: str
    plan: Plan
    document: dict[str, Any] | None = None
    erased: bool = False


def carry_out(args: argparse.Namespace, screen: Screen) -> int:
    """The exit code of `diff`: 1 if something differs."""
    return on_loop(_diff(args, screen))


async def _diff(args: argparse.Namespace, screen: Screen) -> int:
    folder = folder_of(args, must_exist=False)
    async with opened_to_look(folder) as app:
        before = await _side(args.before, app, folder)
        after = await _side(args.after, app, folder)
    times: list[StepTime] = []
    if before.document is not None and after.document is not None:
        changes = run_changes(before.document, after.document)
        if not (before.erased or after.erased):
            plans = plan_changes(before.plan, after.plan)
            changes += [msgspec.structs.replace(c, path=f"plan.{c.path}") for c in plans]
        times = step_times(before.document, after.document)
    else:
        for side in (before, after):
            if side.erased:
                raise InputError(f"the plan of {side.name} was erased by retention")
        changes = plan_changes(before.plan, after.plan)
    if screen.json:
        screen.document(_document(before, after, changes, times))
    else:
        _tell(before, after, changes, times, screen)
    return 1 if changes else 0


async def _side(name: str, app: App, folder: Path) -> _Side:
    """Raises `NotFound` if `name` is neither a run nor a plan, and what reading the plan raises."""
    if not _is_file(name, folder):
        try:
            run = await app.engine.read(name)
        except NotFound:
            return _Side(name, (await _plan(name, folder)).plan)
        else:
            assert run.root is not None
            document = await app.show(name)
            await app.engine.load([run.root.inputs])
            document["inputs"] = app.engine.shelf.get(run.root.inputs)
            return _Side(name, run.root.shape.plan, document, run.purged)
    return _Side(name, (await _plan(name, folder)).plan)


async def _plan(name: str, folder: Path) -> Sourced:
    try:
        sourced = written_plan(name, folder)
        if sourced is None:
            async with opened_to_check(folder) as app:
                sourced = named_plan(name, folder, app)
    except NotFound:
        raise NotFound(
            f"{name[:80]!r} is neither a run nor a plan here",
            remedy="name a run (`batuta runs`), a file, or a registered plan",
        ) from None
    return sourced


def _is_file(name: str, folder: Path) -> bool:
    return Path(name).exists() or (folder / name).is_file()


def _document(
    before: _Side, after: _Side, changes: Sequence[Change], times: Sequence[StepTime]
) -> dict[str, Any]:
    return {
        "same": not changes,
        "before": {"name": before.name, "is": _kind(before), "plan": before.plan.name},
        "after": {"name": after.name, "is": _kind(after), "plan": after.plan.name},
        "changes": [msgspec.to_builtins(change) for change in changes],
        "seconds": [msgspec.to_builtins(time) for time in times],
    }


def _kind(side: _Side) -> str:
    return "plan" if side.document is None else "run"


# ── in words ─────────────────────────────────────────────────────────────────────────────────────────────────


def _tell(
    before: _Side,
    after: _Side,
    changes: Sequence[Change],
    times: Sequence[StepTime],
    screen: Screen,
) -> None:
    width = screen.width - 1
    size = max((cells(_path(change)) for change in changes), default=0)
    size = min(size, _PATH_CELLS_MAX, width // 2)
    for change in changes:
        screen.out(_line(change, size, width))
    slower = [time for time in times if _differ(time)]
    if slower:
        screen.out("", [Span("time, which is no difference", "dim")])
        for time in slower[:_TIMES_SHOWN_MAX]:
            words = f"{duration(time.before)} → {duration(time.after)}"
            screen.out([Span(f"  {fit(one_line(time.path), size)}  {words}", "dim")])
    names = f"{one_line(before.name, 60)} and {one_line(after.name, 60)}"
    if not changes:
        screen.out([Span("✓ ", "good"), Span(f"{names} are the same")])
        return
    said = f"{plural(len(changes), 'difference')} between {names}"
    screen.out("", [Span("✗ ", "bad"), Span(said)])


def _path(change: Change) -> str:
    return one_line(change.path) or "(the whole)"


def _line(change: Change, size: int, width: int) -> list[Span]:
    mark, style = _MARKS[change.kind]
    room = max(width - size - 4, 20)
    words = _words(change, room)
    return [Span(f"{mark} ", style), Span(fit(_path(change), size)), Span(f"  {words}".rstrip())]


def _words(change: Change, room: int) -> str:
    match change.kind:
        case "added":
            return _short(change.after, room)
        case "removed":
            return _short(change.before, room)
        case _:
            half = max((room - 3) // 2, 8)
            before = _short(change.before, room)
            after = _short(change.after, room)
            if cells(before) + cells(after) + 3 > room:
                before, after = fit(before, half).rstrip(), fit(after, half).rstrip()
            return f"{before} → {after}"


def _short(value: Any, room: int) -> str:
    return one_line(value if isinstance(value, str) else json_text(value), room)


def _differ(time: StepTime) -> bool:
    apart = abs(time.before - time.after)
    return apart > _TIME_S and apart > _TIME_SHARE * max(time.before, time.after)
