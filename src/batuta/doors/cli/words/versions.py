"""The words of the commands for when plans or code change under runs."""

import argparse
from collections.abc import Callable
from typing import Any

from batuta.doors.cli.words.command import Command

__all__ = ["COMMANDS", "REPLAYED_MAX"]

# Runs that one command replays at most, the newest ones, so that its memory is bounded.
REPLAYED_MAX = 100_000


def _replay(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("run", nargs="*", metavar="RUN", help="the ids of runs")
    add("--all", action="store_true", help="every run of the workspace")
    add(
        "--since",
        default=None,
        metavar="TIME",
        help="runs accepted since: 2h, 7d (ago), yesterday, 2026-11-01",
    )
    add("--plan", default="", metavar="PLAN", help="replay the runs of this plan's name against it (a file,"
        " or a registered plan), in place of the plan that they recorded")  # fmt: skip


def _diff(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("before", metavar="A", help="a plan (a file or a registered name) or a run (its id)")
    add("after", metavar="B", help="what it is compared with")


def _fork(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("run", metavar="RUN", help="the run that is forked; it stays as it is")
    add("--at", required=True, metavar="STEP", help="the step to go on at, or one item of it (pay.3); it"
        " runs again, and whatever depends on it")  # fmt: skip
    add("--set", action="append", default=[], metavar="STEP=VALUE", help="the value of a step before it, in"
        " JSON, in place of the recorded one; @FILE reads it from a file (repeatable)")  # fmt: skip
    add("--input", action="append", default=[], metavar="NAME=VALUE", help="an input of the plan in place of"
        " the recorded one (repeatable); as for run")  # fmt: skip
    add(
        "--yes",
        action="store_true",
        help="let effects happen without asking, even those that RUN has had",
    )
    add(
        "--detach",
        action="store_true",
        help="leave the new run to a process of its own, and return",
    )


COMMANDS: dict[str, Command] = {
    "replay": Command(
        "replay",
        "would recorded runs go the same way with the present code?",
        "(RUN… | --all | --since TIME) [--plan PLAN]",
        "Feed the logs of runs to the present code, cards, policy and schemas, and compare every\n"
        "decision. Nothing is called and nothing is written; outcomes of calls and answers of\n"
        "people are taken from the log. Says the first difference of each run, with its place.\n"
        "Exits 0 if all decide the same, 1 if something differs.",
        "batuta replay r0k3x7m2q\nbatuta replay --all\nbatuta replay --since 7d --json\n"
        "batuta replay --plan refunds.yaml",
        _replay,
    ),
    "diff": Command(
        "diff",
        "what is different between two plans, or two runs",
        "A B",
        "Compare two plans: their steps field by field, inputs, result, budget. Compare two runs:\n"
        "also status, result, and state, value, time and cost of each step. Or a run's plan with a\n"
        "plan. Exits 0 if nothing differs, 1 if something does.",
        "batuta diff refunds.yaml refunds-new.yaml\nbatuta diff r0k3x7m2q r0k3x8a1c\n"
        "batuta diff r0k3x7m2q refunds --json",
        _diff,
    ),
    "fork": Command(
        "fork",
        "a new run that goes on from a step of another",
        "RUN --at STEP [--set STEP=VALUE]… [--input NAME=VALUE]… [--yes]",
        "Begin a new run that takes over what RUN has finished, and runs STEP and whatever depends\n"
        "on it anew. RUN stays as it is. Calls of the new run are new effects under new keys: what\n"
        "RUN may have done is asked about first, unless --yes. Exits by the status of the new run.",
        "batuta fork r0k3x7m2q --at pay\nbatuta fork r0k3x7m2q --at pay.3 --yes\n"
        'batuta fork r0k3x7m2q --at letter --set \'choose={"way": "express"}\' --input amount=60',
        _fork,
    ),
}
