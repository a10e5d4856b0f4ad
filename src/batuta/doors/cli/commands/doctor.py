"""`batuta doctor`: is everything in order here, and if not, what to do."""

import argparse
import textwrap
from collections.abc import AsyncIterator

from batuta.doors.cli.checkup.item import Looked, warning
from batuta.doors.cli.checkup.machine import installed, surroundings
from batuta.doors.cli.loop import on_loop
from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.table import Span
from batuta.doors.cli.terminal.text import escaped
from batuta.spec.figures import plural

__all__ = ["carry_out"]

_MARKS = {"ok": ("✓", "good"), "warning": ("!", "ask"), "problem": ("✗", "bad")}
_NAME_CELLS = 12


def carry_out(args: argparse.Namespace, screen: Screen) -> int:
    """The exit code of `doctor`: 1 if something does not work, 0 otherwise, warnings or not."""
    return on_loop(_doctor(args, screen))


async def _doctor(args: argparse.Namespace, screen: Screen) -> int:
    found: list[tuple[str, Looked]] = []
    area = ""
    async for where, one in _all(args, screen):
        found.append((where, one))
        if screen.json:
            continue
        if where != area:
            screen.out(*([""] if area else []), [Span(where, "bold")])
            area = where
        screen.out(*_lines(one, screen.width))
    problems = sum(one.state == "problem" for _, one in found)
    warnings = sum(one.state == "warning" for _, one in found)
    if screen.json:
        checks = [{"area": where, **one._asdict()} for where, one in found]
        screen.document({"ok": not problems, "checks": checks})
    else:
        screen.out("", _sum(problems, warnings))
    return 1 if problems else 0


async def _all(args: argparse.Namespace, screen: Screen) -> AsyncIterator[tuple[str, Looked]]:
    whole = True
    for one in installed():
        whole = whole and one.state != "problem"
        yield "machine", one
    if not whole:
        return
    # Only now: what is missing above is needed for these.
    from batuta.app import JOURNAL_FILE
    from batuta.config import WORKSPACE_FILE
    from batuta.doors.cli.checkup.journal import journal
    from batuta.doors.cli.checkup.memory import memory
    from batuta.doors.cli.checkup.workspace import reached, workspace
    from batuta.doors.cli.workspace import folder_of, is_workspace
    from batuta.memory.workspace import MEMORY_FILE

    folder = folder_of(args, must_exist=False)
    for one in surroundings(folder):
        yield "machine", one
    if not is_workspace(folder):
        said = f"there is none in {folder} or above it"
        yield "workspace", warning(WORKSPACE_FILE, said, "batuta init makes one, -w DIR names one")
        return
    async for one in workspace(folder):
        yield "workspace", one
    if not args.offline:
        async for one in reached(folder):
            yield "workspace", one

    def say(words: str) -> None:
        if not screen.json:
            screen.say(words)

    async for one in journal(folder / JOURNAL_FILE, full=args.full, say=say):
        yield "journal", one
    for one in memory(folder / MEMORY_FILE, full=args.full, say=say):
        yield "memory", one


def _lines(one: Looked, width: int) -> list[list[Span]]:
    mark, style = _MARKS[one.state]
    indent = " " * (_NAME_CELLS + 6)
    first, *others = _wrapped(one.said, width - len(indent) - 1)
    lines = [[Span(f"  {mark} ", style), Span(f"{one.name:<{_NAME_CELLS}}  "), Span(first)]]
    lines += [[Span(indent + line)] for line in others]
    for at, line in enumerate(_wrapped(one.remedy, width - len(indent) - 3) if one.remedy else ()):
        lines.append([Span(f"{indent}{'  ' if at else '→ '}{line}", "dim")])
    return lines


def _wrapped(text: str, width: int) -> list[str]:
    """Lines of whole words: a path or a command that is broken cannot be copied."""
    return textwrap.wrap(
        escaped(text), max(width, 20), break_long_words=False, break_on_hyphens=False
    ) or [""]


def _sum(problems: int, warnings: int) -> list[Span]:
    parts = [plural(problems, "problem")] if problems else []
    parts += [plural(warnings, "warning")] if warnings else []
    if not parts:
        return [Span("✓ ", "good"), Span("all is well")]
    return [Span("✗ ", "bad") if problems else Span("! ", "ask"), Span(", ".join(parts))]
