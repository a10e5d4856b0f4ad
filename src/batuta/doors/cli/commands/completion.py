"""`batuta completion`: the script that teaches a shell our words, and the answers it asks for."""

import argparse
from importlib.resources import files

from batuta.doors.cli.terminal.screen import Screen
from batuta.errors import InputError

__all__ = ["carry_out"]


def carry_out(args: argparse.Namespace, screen: Screen) -> int:
    """The exit code of `completion`."""
    if args.words is not None:
        from batuta.doors.cli.completing.complete import candidates

        screen.out(*candidates([word.removeprefix("+") for word in args.words]))
        return 0
    if not args.shell:
        raise InputError("no shell is named", remedy="batuta completion bash, zsh or fish")
    script = files("batuta.doors.cli.completing") / "completions" / f"batuta.{args.shell}"
    text = script.read_text(encoding="utf-8")
    if screen.json:
        screen.document({"shell": args.shell, "script": text})
    else:
        screen.out(text.rstrip("\n"))
    return 0
