"""The words of the commands that look at runs."""

import argparse
from collections.abc import Callable
from typing import Any

from batuta.doors.cli.words.command import Command
from batuta.doors.cli.words.numbers import up_to

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
    add("--limit", type=up_to(RUNS_SHOWN_MAX), default=RUNS_SHOWN, metavar="N",
        help=f"at most so many, the newest first ({RUNS_SHOWN:,})")  # fmt: skip


def _show(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("run", metavar="RUN", help="the id of the run")
    add("--timeline", action="store_true", help="what went on when, and what the run waited for")
    add("--step", metavar="PATH",
        help="one step: what it got and gave, its attempts, its part of the log")  # fmt: skip
    add("--svg", metavar="FILE", help="draw the run and its timeline into FILE")
    add("--facts", action="store_true", help="print the log: one fact a line, in order")


def _doctor(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("--offline", action="store_true",
        help="ask no host and no source (MCP, OpenAPI): nothing leaves the machine")  # fmt: skip
    add("--full", action="store_true", help="read the journal through, however large it is")


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
        "RUN [--timeline] [--step PATH] [--svg FILE] [--facts]",
        "Show a run as its log has it: steps, result, open questions, cost, where the time went.",
        "batuta show r0k3x7m2q\nbatuta show r0k3x7m2q --json\nbatuta show r0k3x7m2q --timeline\n"
        "batuta show r0k3x7m2q --step pay.3\nbatuta show r0k3x7m2q --svg run.svg",
        _show,
    ),
    "doctor": Command(
        "doctor",
        "is everything in order here, and if not, what to do",
        "[--offline] [--full]",
        "Look at this machine, the workspace and its journal: versions, disk, clock, modules,\n"
        "plans, secrets, runs that are stuck; and ask every host and every source that it names.\n"
        "Exits 1 if something does not work.",
        "batuta doctor\nbatuta doctor --offline\nbatuta doctor --full --json",
        _doctor,
    ),
}
