"""Is somebody there who says yes? What cannot be undone is not done without."""

import sys

from batuta.doors.cli.terminal.screen import Screen
from batuta.errors import InputError

__all__ = ["confirm"]


def confirm(question: str, screen: Screen) -> None:
    """Raises `InputError` unless somebody at a terminal answers yes."""
    if screen.json or sys.stdin is None or not sys.stdin.isatty():
        raise InputError(f"not done: {question}", remedy="say --yes to do it without being asked")
    screen.say(f"{question} [y/N] ")
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise InputError("not done", remedy="answer y, or say --yes")
