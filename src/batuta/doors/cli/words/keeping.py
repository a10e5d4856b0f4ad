"""The words of the commands that keep the journal."""

import argparse
from collections.abc import Callable
from typing import Any

from batuta.doors.cli.words.command import Command

__all__ = ["COMMANDS"]


def _gc(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("--older-than", type=_days, default=None, metavar="DAYS",
        help="erase what ended longer ago than this (default: `retention` of the workspace)")  # fmt: skip


def _backup(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("file", metavar="FILE", help="where to write the copy; an existing file is never replaced")


def _restore(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("file", metavar="FILE", help="a backup")
    add("--yes", action="store_true", help="do it without asking")


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = -1.0
    if not 0 <= days <= 36_525:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a number of days from 0 to 36,525")
    return days


COMMANDS: dict[str, Command] = {
    "gc": Command(
        "housekeeping",
        "erase the payloads of old runs",
        "[--older-than DAYS]",
        "Erase the payloads of runs that ended long ago, and values nothing refers to any more.\n"
        "The log keeps its shape and its commitments, so that it can still be verified.",
        "batuta gc\nbatuta gc --older-than 7",
        _gc,
    ),
    "backup": Command(
        "housekeeping",
        "copy the journal while it is in use",
        "FILE",
        "Copy the journal to FILE, while runs go on. The copy is read through before it counts.",
        "batuta backup /backups/refunds-$(date +%F).sqlite",
        _backup,
    ),
    "restore": Command(
        "housekeeping",
        "go back to a backup",
        "FILE [--yes]",
        "Put a backup in the place of the journal; the old one is kept beside it. A new epoch\n"
        "begins: no effect whose outcome the backup does not know runs unasked.",
        "batuta restore /backups/refunds-2026-01-31.sqlite --yes",
        _restore,
    ),
}
