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
    add("--plan", default="", metavar="PLAN", help="replay the runs of this plan's name against the plan in this file,"
        " in place of the plan that they recorded")  # fmt: skip


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
}
