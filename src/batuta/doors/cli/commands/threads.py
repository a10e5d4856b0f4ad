"""`batuta threads`: conversations are listed, shown, forgotten."""

import argparse
import time
from typing import Any

from batuta.config import load_workspace
from batuta.doors.cli.confirm import confirm
from batuta.doors.cli.remembered import by_hand, memory_of
from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.table import columns
from batuta.doors.cli.terminal.text import ago, clock, escaped, one_line
from batuta.doors.cli.workspace import folder_of
from batuta.errors import InputError, NotFound
from batuta.memory.workspace import Memory
from batuta.spec.figures import plural

__all__ = ["carry_out", "tell_forgotten"]

_LISTED, _READ = 100, 50
_NAME_CELLS = 60


def carry_out(args: argparse.Namespace, screen: Screen) -> int:
    """The exit code of `threads`."""
    if args.what != "list" and args.thread is None:
        raise InputError(
            f"{args.what} needs the name of a thread", remedy="batuta threads list prints them"
        )
    workspace = load_workspace(folder_of(args))
    with memory_of(workspace, read_only=args.what != "forget") as memory:
        if args.what == "list":
            _list(memory, args, screen)
        elif args.what == "show":
            _show(memory, args, screen)
        else:
            _forget(memory, args, screen, workspace.retention.days)
    return 0


def _list(memory: Memory, args: argparse.Namespace, screen: Screen) -> None:
    found: list[dict[str, Any]] = memory.threads().listed(
        beginning=args.thread or "", limit=args.limit or _LISTED
    )
    if screen.json:
        screen.document({"threads": found})
        return
    now = time.time()
    rows = [
        (
            one_line(one["thread"], _NAME_CELLS),
            plural(one["messages"], "message"),
            ago(now - one["changed_at"]),
        )
        for one in found
    ]
    screen.out(*columns(rows, right=(1,), width=screen.width, shrink=0))
    if not found:
        screen.say("there are no threads" + (" that begin so" if args.thread else " yet"))


def _show(memory: Memory, args: argparse.Namespace, screen: Screen) -> None:
    found = memory.threads().read(args.thread, args.limit or _READ)
    if not found["messages"]:
        raise _absent(args.thread)
    if screen.json:
        screen.document(found)
        return
    if found["more"]:
        screen.say("older messages are there; --limit shows more")
    for one in found["messages"]:
        place = one_line(" ".join(filter(None, [one["run"], one["step"]])), 120)
        screen.out(f"{clock(one['at'])}  {one['role']}  {place}".rstrip())
        screen.out(*(f"  {escaped(line)}" for line in one["text"].splitlines()))


def _forget(memory: Memory, args: argparse.Namespace, screen: Screen, days: float) -> None:
    there = memory.threads().read(args.thread, 1)
    if not there["messages"]:
        raise _absent(args.thread)
    if not args.yes:
        name = one_line(args.thread, _NAME_CELLS)
        confirm(f"erase the thread {name} with all its messages?", screen)
    told = memory.forget_thread(args.thread, by_hand())
    tell_forgotten(told, "message", days, screen)


def tell_forgotten(told: dict[str, Any], noun: str, days: float, screen: Screen) -> None:
    """What was erased, and where it still stands; `days`: how long the journal keeps it."""
    if screen.json:
        screen.document(told)
        return
    count = told["forgotten"]
    screen.out(f"erased {plural(count, noun)}")
    if told["runs"]:
        runs = ", ".join(one_line(run, 60) for run in told["runs"][:3])
        more = ", …" if len(told["runs"]) > 3 else ""
        screen.say(
            f"the log of {plural(len(told['runs']), 'run')} still has it ({runs}{more}), until `batuta gc` after"
            f" {days:g} days"
        )


def _absent(thread: str) -> NotFound:
    return NotFound(
        f"there is no thread {one_line(thread, _NAME_CELLS)!r}", remedy="batuta threads list"
    )
