"""The words of the commands about plans and what they can call."""

import argparse
from collections.abc import Callable
from typing import Any

from batuta.doors.cli.words.command import Command

__all__ = ["COMMANDS"]


def _check(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("plans", nargs="*", metavar="PLAN", help="a file, or the name of a registered plan; without any,"
        " the workspace and all its plans")  # fmt: skip
    add("--sarif", nargs="?", const="-", default="", metavar="FILE",
        help="a report in SARIF 2.1.0, for code hosts; on standard output without FILE")  # fmt: skip
    add(
        "--live",
        action="store_true",
        help="instead: which unfinished runs this workspace would break",
    )


def _plan(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add(
        "plan",
        metavar="PLAN",
        help="a file, the name of a registered plan, or in quotes what is wanted",
    )
    add("--input", action="append", default=[], metavar="NAME=VALUE",
        help="an input of the run that is asked about (repeatable); without, nothing is assumed of it")  # fmt: skip
    add("--tree", action="store_true", help="the steps by what starts together, instead of a table")
    add("--svg", metavar="FILE", help="draw the plan into FILE")
    add(
        "--rewrite",
        action="store_true",
        help="the plan as a rewrite would make it, and what that changes",
    )
    add(
        "--out",
        metavar="FILE",
        help="with --rewrite, or with words: write that plan to FILE, which must not be there yet",
    )
    add(
        "--planner",
        metavar="NAME",
        help="with words: ask only this planner (route, recall, compose, draft)",
    )
    add("--autonomy", metavar="WORD", help="with words: as for `batuta run`")
    add("--save", metavar="NAME", help="with words: register the plan that was made, under NAME")
    add(
        "--force", action="store_true", help="with --save: replace the registered plan of that name"
    )
    add("--edit", action="store_true", help="with words: open the plan in $VISUAL or $EDITOR first")


def _capabilities(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("name", nargs="*", metavar="NAME",
        help="a capability, a pattern like 'mail.*', or words: what speaks of them")  # fmt: skip


def _try(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("name", metavar="NAME", help="the capability")
    add("--with", dest="given", action="append", default=[], metavar="NAME=VALUE",
        help="an argument (repeatable), read by its type; NAME=@FILE reads .json, .csv or text")  # fmt: skip
    add("--with-json", metavar="JSON", help="arguments as one JSON map, or @FILE")
    add("--yes", action="store_true", help="call it without asking, although it changes something")


def _eval(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add(
        "suite",
        metavar="SUITE",
        help="a file that says which cases, what is asked, and how it is scored",
    )
    add("--report", metavar="FILE", help="write a page of HTML with all cases, the worst first")
    add("--against", metavar="RESULT", help="compare with a result of before: a file with the document that"
        " --json printed")  # fmt: skip
    add(
        "--baseline",
        action="store_true",
        help="compare with the newest evaluation of this suite in the log",
    )
    add(
        "--only",
        metavar="CASES",
        help="these cases: numbers (1-20,35), or a condition: case.topic == 'billing'",
    )
    add("--repeats", metavar="N", help="ask each case so often, whatever the suite says")


COMMANDS: dict[str, Command] = {
    "check": Command(
        "check",
        "find flaws in the workspace and its plans, before anything runs",
        "[PLAN]… [--sarif [FILE]] | --live",
        "Find flaws in the workspace, its modules and its plans, with places and remedies.\n"
        "Nothing runs and nothing is written. Exits 2 if there is a flaw; warnings are not flaws.\n"
        "`# batuta: allow CODE why` silences a warning on its line, or on the line below.",
        "batuta check\nbatuta check refunds.yaml\nbatuta check --sarif batuta.sarif\nbatuta check --live",
        _check,
    ),
    "plan": Command(
        "plan",
        "what a plan will do, ask, take and cost, before it runs",
        '(PLAN | "WORDS") [--input NAME=VALUE]… [--tree] [--svg FILE] …',
        "Say of every step what it calls, what that does to the world, how often, at what\n"
        "cost, in which time, and whom it asks; and what all of it comes to. Figures are\n"
        "of the newest 500 runs of this workspace; ? is what nobody knows yet.\n"
        "Words find the registered plan they mean, as `batuta run` does, and its inputs; where\n"
        "none is sure to be meant, one is made of the capabilities there are, and shown.\n"
        "Below it stands who was asked, and how to say yes to it. --edit opens it in your\n"
        "editor, --save registers it.\n"
        "Nothing runs, and nothing is written to the log; only where the workspace has a model\n"
        "draft plans (`planning`), that is a run. Exits 2 if the plan has a flaw, or if it is\n"
        "not clear which one is meant.",
        "batuta plan refunds.yaml\n"
        "batuta plan 'refund order A-1042 with 20 euros'\n"
        "batuta plan 'refund order A-1042 and write the weekly report' --save refund-and-report\n"
        "batuta plan refunds --input batch=@refunds.csv --tree\n"
        "batuta plan refunds.yaml --svg refunds.svg\n"
        "batuta plan refunds.yaml --rewrite --out better.yaml",
        _plan,
    ),
    "capabilities": Command(
        "capabilities",
        "what can be called here; with a NAME, all about it",
        "[NAME | WORD…]",
        "List what can be called in this workspace, with effect, reach and price. With a NAME: its\n"
        "card, its arguments and its value, and how its recent calls went. With other words: the\n"
        "twenty that speak most of them.",
        "batuta capabilities\nbatuta capabilities pay\nbatuta capabilities 'mail.*' --json\n"
        "batuta capabilities refund an order",
        _capabilities,
    ),
    "try": Command(
        "try_call",
        "call one capability, once",
        "NAME [--with NAME=VALUE]… [--with-json JSON] [--yes]",
        "Call a capability once, and print its value, its time and its cost. It is a run like any\n"
        "other, with policy, budget and log. What changes the world is asked about first, or\n"
        "needs --yes.",
        "batuta try greet --with name=Ada\n"
        "batuta try pay --with account=ada --with cents=1990 --yes\n"
        'batuta try merge --with-json \'{"values": [{"a": 1}, {"b": 2}]}\' --json',
        _try,
    ),
    "eval": Command(
        "evaluate",
        "put cases through a capability or a plan, and score what comes out",
        "SUITE [--report FILE] [--against RESULT] [--only CASES] …",
        "Put each case of a suite through a capability or a plan, and score the answers. It is one\n"
        "run, with policy, budget and log; interrupted, the same command goes on with it.\n"
        "Means are told with the interval that so many cases can show, and two versions are\n"
        "compared case by case. Exits 6 if a score is below what the suite wants, or if it is\n"
        "shown to be worse than what it is compared with.",
        "batuta eval suites/answers.yaml\n"
        "batuta eval suites/answers.yaml --report out/answers.html\n"
        "batuta eval suites/answers.yaml --json > before.json\n"
        "batuta eval suites/answers.yaml --against before.json --only 1-20",
        _eval,
    ),
}
