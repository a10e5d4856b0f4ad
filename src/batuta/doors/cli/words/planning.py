"""The words of the commands about plans and what they can call."""

import argparse
from collections.abc import Callable
from typing import Any

from batuta.doors.cli.words.command import Command

__all__ = ["COMMANDS"]


def _check(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("--plan", metavar="FILE", help="a plan to check against the workspace")


def _capabilities(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("name", nargs="?", metavar="NAME", help="a capability, or a pattern like 'mail.*'")


COMMANDS: dict[str, Command] = {
    "check": Command(
        "check",
        "find flaws in the workspace and in a plan, before anything runs",
        "[--plan FILE]",
        "Find flaws in the workspace, its modules and a plan, with places and remedies.\n"
        "Nothing runs and nothing is written. Exits 2 if there is a flaw; warnings are not flaws.",
        "batuta check\nbatuta check --plan refunds.yaml",
        _check,
    ),
    "capabilities": Command(
        "capabilities",
        "what can be called here; with a NAME, all about it",
        "[NAME]",
        "List what can be called in this workspace, with effect, reach and price. With a NAME: its\n"
        "card, its arguments and its value, and how its recent calls went.",
        "batuta capabilities\nbatuta capabilities pay\nbatuta capabilities 'mail.*' --json",
        _capabilities,
    ),
}
