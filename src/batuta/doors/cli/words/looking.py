"""The words of the commands that look at runs."""

import argparse
from collections.abc import Callable
from typing import Any

from batuta.doors.cli.words.command import Command

__all__ = ["COMMANDS", "RUNS_SHOWN"]

STATUSES = ("succeeded", "failed", "cancelled", "waiting", "running")
# What one call of `runs` lists unless told otherwise, and at most.
RUNS_SHOWN = 1_000
RUNS_SHOWN_MAX = 100_000


def _runs(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("--status", choices=STATUSES, action="append", default=[], metavar="STATUS",
        help=f"{', '.join(STATUSES)}; repeatable: any of them")  # fmt: skip
    add("--plan", default="", metavar="NAME", help="runs of the plan of this name")
    add("--since", default=None, metavar="TIME",
        help="accepted since: 30min, 2h, 7d (ago), today, yesterday, 2026-11-01, 2026-11-01T14:30")  # fmt: skip
    add("--limit", type=_count_of_runs, default=RUNS_SHOWN, metavar="N",
        help=f"at most so many, the newest first ({RUNS_SHOWN:,})")  # fmt: skip


def _show(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("run", metavar="RUN", help="the id of the run")
    add("--facts", action="store_true", help="print the log: one fact a line, in order")


def _count_of_runs(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= RUNS_SHOWN_MAX:
        raise argparse.ArgumentTypeError(
            f"{text[:40]!r} is not a number from 1 to {RUNS_SHOWN_MAX:,}"
        )
    return int(text)


COMMANDS: dict[str, Command] = {
    "runs": Command(
        "runs",
        "list the runs of the workspace",
        "[--status STATUS]… [--plan NAME] [--since TIME] [--limit N]",
        "List runs, the newest first. What is given narrows the list.",
        "batuta runs\nbatuta runs --status waiting --json\n"
        "batuta runs --status failed --status cancelled --since 2h\n"
        "batuta runs --plan refunds --since yesterday",
        _runs,
    ),
    "show": Command(
        "show",
        "one run: its steps, its result, its questions",
        "RUN [--facts]",
        "Show a run as its log has it: steps, result, open questions, cost.",
        "batuta show r0k3x7m2q\nbatuta show r0k3x7m2q --json\nbatuta show r0k3x7m2q --facts",
        _show,
    ),
}
