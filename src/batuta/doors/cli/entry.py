"""From the words on the command line to an exit code."""

import gc
import importlib
import signal
import sys
from collections.abc import Sequence
from typing import Any

from batuta.doors.cli.failures import INTERRUPTED, Interrupted, as_ours, report
from batuta.doors.cli.output import keep_output, lend_output
from batuta.doors.cli.parser import parse
from batuta.doors.cli.terminal.screen import Screen, quiet_exit
from batuta.doors.cli.words import COMMANDS

__all__ = ["main"]

# The collector looks when there are so many new objects, not at every 700: what a start makes is modules, and stays.
# Looking at it again and again took 26 to 40 ms of processor time, a twelfth of a start.
_YOUNG_OBJECTS_MAX = 100_000


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out the command in `argv` (the words behind the program's name); the exit code.

    Exit codes: 0 succeeded, 1 failed, 2 wrong input, 3 waiting, 4 denied, 5 cancelled, 6 a score missed,
    70 a bug of ours, 130 interrupted.
    """
    words = sys.argv[1:] if argv is None else list(argv)
    if (
        argv is None
    ):  # a process of our own; others keep their streams, and their collector, as they are
        gc.set_threshold(_YOUNG_OBJECTS_MAX, 10, 10)
        keep_output()
    ours = words[: words.index("--")] if "--" in words else words
    screen = Screen(json="--json" in ours)
    try:
        return _carried_out(words, screen, alone=argv is None)
    finally:
        quiet_exit()


def _carried_out(words: list[str], screen: Screen, *, alone: bool) -> int:
    try:
        args = parse(words)
        if alone:
            lend_output()
        return _loaded(COMMANDS[args.command].module).carry_out(args, screen)
    except KeyboardInterrupt:
        report(Interrupted("interrupted", remedy="`batuta runs` shows what had begun"), screen)
        return INTERRUPTED
    except Exception as error:
        return report(as_ours(error), screen)


def _loaded(name: str) -> Any:
    """The module of a command. Ctrl-C waits for it: SQLite's is not the only one in C that dies of one meanwhile."""
    if sys.platform == "win32":
        return importlib.import_module(f"batuta.doors.cli.commands.{name}")
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return importlib.import_module(f"batuta.doors.cli.commands.{name}")
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
