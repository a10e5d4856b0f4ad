"""Which workspace a command is about, and how much of it is opened."""

import argparse
import os
import re
import shlex
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from batuta.app import JOURNAL_FILE, App
from batuta.config import WORKSPACE_FILE, find_workspace, load_workspace, plan_files
from batuta.doors.cli.driving.held import told_when_held
from batuta.doors.cli.terminal.screen import Screen
from batuta.errors import InputError, NotFound
from batuta.journal.sqlite import open_sqlite
from batuta.outbound.tracing import asked_within
from batuta.plans.build import Sourced, plan_from_file
from batuta.plans.naming import plan_name
from batuta.ports import Journal, Sink
from batuta.spec.trace import read_traceparent

__all__ = [
    "folder_of",
    "from_here",
    "is_name_of_plan",
    "is_workspace",
    "named_as",
    "named_plan",
    "opened",
    "opened_to_check",
    "opened_to_compare",
    "opened_to_look",
    "opened_to_plan",
    "plan_path",
    "written_plan",
]


def folder_of(args: argparse.Namespace, *, must_exist: bool = True) -> Path:
    """The folder that `-w` names, or the nearest workspace from the current one upwards.

    Raises:
        NotFound: there is no such folder, or (with `must_exist`) no workspace in it.
    """
    if args.workspace is None:
        folder = find_workspace()
    else:
        folder = Path(args.workspace)
        find_workspace(folder)  # says what is wrong with the folder
        folder = folder.resolve()
    if must_exist and not is_workspace(folder):
        above = "" if args.workspace is not None else " or above it"
        raise NotFound(
            f"there is no workspace in {folder}{above}: no {WORKSPACE_FILE}",
            remedy="begin one with `batuta init`, name its folder with -w DIR, or create the file (it may be empty)",
        )
    return folder


def named_as(args: argparse.Namespace) -> str:
    """How the workspace was named, to be put behind commands that are printed for copying."""
    return f" -w {shlex.quote(args.workspace)}" if args.workspace is not None else ""


def plan_path(name: str, folder: Path) -> Path:
    """Where the plan `name` is: a file as seen from the current folder, else from the workspace in `folder`, else the
    registered plan that is called so.

    What is none of these is returned as it is, for the error of whoever reads it.

    Raises:
        InputError: several registered plans are called so.
        WorkspaceError: `batuta.yaml` is asked for the registered plans, and has flaws.
    """
    path, inside = Path(name), folder / name
    try:
        if path.exists() or inside.is_file():
            return path if path.exists() else Path(from_here(inside))
    except OSError:  # a name that no file can have
        raise NotFound(f"there is no plan {name[:80]!r}", remedy="check the path") from None
    if not _PLAN_NAME.fullmatch(name):
        return path
    called = [file for file in plan_files(load_workspace(folder)) if plan_name(file) == name]
    if len(called) > 1:
        raise InputError(
            f"{len(called)} registered plans are called {name!r}: {', '.join(map(str, called))}",
            remedy="name the file, or give each plan a name of its own",
        )
    return Path(from_here(called[0])) if called else path


def is_name_of_plan(name: str, folder: Path) -> bool:
    """True if `name` is that of a file or of a registered plan, or ends like the name of a file with one.

    Workflows in modules are not looked for: their modules are not loaded for this.
    """
    try:
        path = plan_path(name, folder)
        return path.exists() or (path.suffix in (".yaml", ".yml", ".json") and " " not in name)
    except NotFound:
        return False


def from_here(path: Path | str) -> str:
    """`path` as it is named from the current folder."""
    try:
        return os.path.relpath(path) if os.path.isabs(path) else str(path)
    except (OSError, ValueError):
        return str(path)  # on another drive


def written_plan(name: str, folder: Path) -> Sourced | None:
    """The plan `name` as a file has it; None if none has, and modules of the workspace may record one.

    Raises as `plan_path` and `plan_from_file` do.
    """
    path = plan_path(name, folder)
    if not path.exists() and _PLAN_NAME.fullmatch(name) and load_workspace(folder).python:
        return None
    return plan_from_file(path)


def named_plan(name: str, folder: Path, app: App) -> Sourced:
    """The plan `name`: of a file, of a registered plan, or of a workflow in a module that `app` has loaded.

    Raises `NotFound`, `PlanError` if it has flaws, and as `written_plan` does.
    """
    written = written_plan(name, folder)
    if written is not None:
        return written
    workflow = app.plans.get(name)
    return plan_from_file(name) if workflow is None else workflow.recorded.sourced


_PLAN_NAME = re.compile(r"\w[\w.-]{0,127}")


def is_workspace(folder: Path) -> bool:
    """True if something says so: `batuta.yaml`, or a journal from before."""
    return (folder / WORKSPACE_FILE).is_file() or (folder / JOURNAL_FILE).exists()


@asynccontextmanager
async def opened(
    folder: Path, screen: Screen, sink: Sink | None = None, functions: Iterable[Any] = ()
) -> AsyncGenerator[App]:
    """The workspace, ready to drive runs, with `functions` besides its own; who keeps it waiting is told.

    Runs that begin here belong to the trace that the environment names (`TRACEPARENT`).
    """
    if read_traceparent(os.environ.get("TRACEPARENT", "")):
        asked_within.set(os.environ["TRACEPARENT"].strip())
    with told_when_held(folder / JOURNAL_FILE, screen.say):
        async with await App.open(folder, sink=sink, functions=functions) as app:
            yield app
    if app.traces is not None and app.traces.trouble:
        screen.say(f"traces: {app.traces.trouble}; what was not told is told by the next run")


@asynccontextmanager
async def opened_to_look(folder: Path) -> AsyncGenerator[App]:
    """The workspace as its log has it: no module of it is loaded, and nothing is written."""
    path = folder / JOURNAL_FILE
    journal = open_sqlite(path, read_only=True) if path.exists() else _no_journal()
    async with await App.open(folder, journal=journal, modules=False) as app:
        yield app


@asynccontextmanager
async def opened_to_compare(folder: Path) -> AsyncGenerator[App]:
    """The workspace with its capabilities, and its journal as it is: nothing is driven or written."""
    path = folder / JOURNAL_FILE
    journal = open_sqlite(path, read_only=True) if path.exists() else _no_journal()
    async with await App.open(folder, journal=journal) as app:
        yield app


@asynccontextmanager
async def opened_to_plan(folder: Path, screen: Screen) -> AsyncGenerator[App]:
    """The workspace to make a plan of words in: as to compare, but where a model drafts, for that is a run."""
    drafts = load_workspace(folder).planning.model
    async with opened(folder, screen) if drafts else opened_to_compare(folder) as app:
        yield app


@asynccontextmanager
async def opened_to_check(folder: Path) -> AsyncGenerator[App]:
    """The workspace with its capabilities, and without its journal."""
    async with await App.open(folder, journal=_no_journal()) as app:
        yield app


def _no_journal() -> Journal:
    from batuta.journal.memory import MemoryJournal

    return MemoryJournal()
