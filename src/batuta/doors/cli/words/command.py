"""One command: what it is called with, what it says of itself, and which module carries it out."""

import argparse
from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["Add", "Command", "nothing"]

Add = Callable[[Callable[..., Any], argparse.ArgumentParser], None]


class Command(NamedTuple):
    """A command of the line.

    Attributes:
        module: which module of `batuta.doors.cli.commands` carries it out, as `carry_out(args, screen) -> exit code`.
        summary: one line for the list of commands.
        usage: what follows its name.
        text: what it does, for its own help.
        examples: lines that work as they stand.
        add: declares its words.
        takes_program: what stands behind `--` is a command line of somebody else, and comes as `args.program`.
    """

    module: str
    summary: str
    usage: str
    text: str
    examples: str
    add: Add
    takes_program: bool = False


def nothing(_: Callable[..., Any], __: argparse.ArgumentParser) -> None:
    """A command without words of its own."""
