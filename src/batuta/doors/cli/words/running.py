"""The words of the commands that run, answer and continue."""

import argparse
from collections.abc import Callable
from typing import Any

from batuta.doors.cli.words.command import Command

__all__ = ["COMMANDS"]


def _run(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("words", nargs="?", metavar="WORDS", help="what is wanted, in plain words and in quotes")
    add("--plan", metavar="FILE", help="the plan, in YAML or JSON, or the name of a registered one")
    add("--input", action="append", default=[], metavar="NAME=VALUE", help="an input of the plan (repeatable);"
        " NAME=@FILE reads .json, .csv (a list of maps) or text")  # fmt: skip
    add(
        "--detach",
        action="store_true",
        help="accept the run, leave it to a process of its own, and return",
    )
    add("--yes", action="store_true", help="run what the words mean without being asked")
    add(
        "--autonomy",
        metavar="WORD",
        help="less than the workspace allows: suggest, confirm, supervised or autonomous",
    )
    add(
        "--approve",
        metavar="DIGEST",
        help="say yes to exactly the plan that `batuta plan WORDS` has shown",
    )
    add("--planner", metavar="NAME", help="ask only this planner")
    add("--edit", action="store_true", help="open the plan in $VISUAL or $EDITOR before it runs")
    add("--rewrite", action="store_true", help="run what `batuta plan --rewrite` shows: the same, with less"
        " done twice, for nothing or too early")  # fmt: skip


def _resume(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("run", nargs="?", metavar="RUN", help="the id of the run")
    add("--all", action="store_true", help="every run that nobody drives and that can go on now")
    add(
        "--accept",
        action="store_true",
        help="go on although capabilities changed since the run began",
    )
    add("--detach", action="store_true", help="leave the run to a process of its own, and return")
    add("--let-go", action="store_true", help="an interrupt leaves the run to be resumed instead of cancelling it"
        " (always so with --all)")  # fmt: skip


def _cancel(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("run", metavar="RUN", help="the id of the run")
    add("--why", default="", metavar="TEXT", help="a reason, kept in the log")


def _stop(add: Callable[..., Any], parser: argparse.ArgumentParser) -> None:
    add("--why", default="", metavar="TEXT", help="a reason, shown to everybody who is refused")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--release", action="store_true", help="let work go on")
    how.add_argument(
        "--look", action="store_true", help="only say whether it is stopped, and by whom"
    )


def _tell(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("run", metavar="RUN", help="the id of the run")
    add(
        "words",
        nargs="?",
        default="",
        metavar="WORDS",
        help="what is different now, or wanted besides",
    )
    add("--input", action="append", default=[], metavar="NAME=VALUE", help="an input of its plan that is another"
        " (repeatable)")  # fmt: skip


def _answer(add: Callable[..., Any], parser: argparse.ArgumentParser) -> None:
    add("run", metavar="RUN", help="the id of the run")
    add("step", metavar="STEP", help="the path of the step that asks, as `show` prints it")
    # Which of them go together is for `answer` to say: `--resolve done --value JSON` do.
    how = parser.add_argument_group("the answer")
    how.add_argument("--approve", action="store_true", help="yes")
    how.add_argument("--reject", action="store_true", help="no")
    how.add_argument("--value", metavar="JSON", help="the answer as JSON, or @FILE; with --resolve done, the value"
        " of the call")  # fmt: skip
    how.add_argument("--resolve", choices=("done", "retry", "fail"), metavar="HOW",
        help="end the doubt about a write: done (it happened), retry (it did not), fail (give it up)")  # fmt: skip
    how.add_argument("--note", metavar="TEXT", help="a remark, kept with --approve or --reject")


COMMANDS: dict[str, Command] = {
    "run": Command(
        "run",
        "run what plain words ask for, or a plan from a file",
        '("WORDS" | --plan FILE) [--input NAME=VALUE]… [--yes] [--detach] …',
        "Run a plan as far as it goes without anybody's answer, and print its result.\n"
        "Words find the registered plan they mean; its inputs are read out of them, and\n"
        "what is missing is asked for on a terminal. Where it is not clear which plan is\n"
        "meant, or none is, nothing runs: it says what could be asked for, and exits 2.\n"
        "A plan that was made for the words runs when you have said yes to it, unless\n"
        "`planning: {autonomy}` of the workspace says otherwise.\n"
        "Exits 3 if it waits: the questions are printed with the commands that answer them.\n"
        "Ctrl-C cancels the run and waits for its end; a second one leaves at once.",
        "batuta run 'refund order A-1042 with 20 euros'\n"
        "batuta run --plan hello.yaml --input name=Ada\n"
        "batuta run --plan refunds.yaml --input batch=@refunds.csv --json\n"
        "batuta run --plan nightly.yaml --detach",
        _run,
    ),
    "resume": Command(
        "run",
        "go on with what was interrupted, is due, or has its answer",
        "(RUN | --all) [--accept] [--detach] [--let-go]",
        "Go on with a run that was interrupted, has an answer, or whose time has come.\n"
        "A run that another process drives is followed until it ends or waits.",
        "batuta resume r0k3x7m2q\nbatuta resume --all --json\nbatuta resume r0k3x7m2q --accept",
        _resume,
    ),
    "cancel": Command(
        "answer",
        "end a run; what it did is undone where the plan says how",
        "RUN [--why TEXT]",
        "Ask for the end of a run. Running calls are told; what the plan can undo is undone.",
        "batuta cancel r0k3x7m2q --why 'wrong batch'",
        _cancel,
    ),
    "stop": Command(
        "stop",
        "stop everything in the workspace, in all processes",
        "[--why TEXT]  |  --release  |  --look",
        "Throw the kill switch: within a second nothing is driven any more, whichever process\n"
        "drove it, and nothing begins until `batuta stop --release`. Runs stay as they are and\n"
        "go on from there; a write that was cut off is in doubt, as after a crash.",
        "batuta stop --why 'the agent writes nonsense'\nbatuta stop --look\nbatuta stop --release",
        _stop,
    ),
    "tell": Command(
        "answer",
        "say what is different now; the rest of the run is planned again",
        "RUN [WORDS] [--input NAME=VALUE]…",
        "Tell a run that has not ended what is known now. It stops, and another run goes on\n"
        "with what was done: by the same plan, if an input is another, else by a new one,\n"
        "which waits for a yes as a plan that was made for words does. If there is no plan\n"
        "for it, nothing is told, and the run goes on as it was.",
        "batuta tell r0k3x7m2q 'the file is sales-2.csv'\n"
        "batuta tell r0k3x7m2q 'and write a report out/sales.html'\n"
        "batuta tell r0k3x7m2q --input amount=20",
        _tell,
    ),
    "answer": Command(
        "answer",
        "answer a question, approve or reject a step, end a doubt",
        "RUN STEP (--approve | --reject | --value JSON | --resolve HOW)",
        "Answer the question of a step. The answer counts once, and is on the disk when this\n"
        "returns. If nobody drives the run, it goes on here.",
        "batuta answer r0k3x7m2q approve --approve --note 'seen the invoice'\n"
        "batuta answer r0k3x7m2q choose --value '\"express\"'\n"
        "batuta answer r0k3x7m2q pay.3 --resolve done --value '{\"id\": 17}'",
        _answer,
    ),
}
