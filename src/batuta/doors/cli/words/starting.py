"""The words of the commands that begin something: a workspace, a shell that completes."""

import argparse
from collections.abc import Callable
from typing import Any

from batuta.doors.cli.words.command import Command

__all__ = ["COMMANDS", "PATTERNS", "TEMPLATES"]

# Name -> what one finds in it. The first is what `init` makes unless told otherwise.
TEMPLATES: dict[str, str] = {
    "hello": "one function, one step for each item of a list",
    "approval": "a person is asked before something is published",
    "refunds": "a batch of payments: policy, approval of large ones, undo",
    "http": "an HTTP API is called, with a small one to try it on",
    "python": "a plan as a Python function",
}
# The names alone: what they are stands with the plans, whose import help does not wait for.
PATTERNS = (
    "panel", "judged-panel", "debate", "manager", "hand-off", "map-reduce", "critic-loop", "cascade",
)  # fmt: skip


def _init(add: Callable[..., Any], parser: argparse.ArgumentParser) -> None:
    add(
        "dir",
        nargs="?",
        default=".",
        metavar="DIR",
        help="the folder (default: the current one); made if need be",
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--template", choices=tuple(TEMPLATES), default=next(iter(TEMPLATES)), metavar="NAME",
                       help=", ".join(TEMPLATES))  # fmt: skip
    which.add_argument("--pattern", choices=PATTERNS, metavar="NAME",
                       help="a team of models as a plan: " + ", ".join(PATTERNS))  # fmt: skip
    add("--list", action="store_true", help="say what templates and patterns are, and leave")


def _completion(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add(
        "shell",
        nargs="?",
        choices=("bash", "zsh", "fish"),
        metavar="SHELL",
        help="bash, zsh or fish",
    )
    # What the scripts call: the words up to the tabulator, each behind a + so that none is taken for an option here.
    add("--words", nargs="*", help=argparse.SUPPRESS)


def _schema(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("of", choices=("plan", "workspace", "suite"), metavar="OF",
        help="plan, workspace (batuta.yaml) or suite (of batuta eval)")  # fmt: skip
    add("--out", metavar="FILE", help="write it to FILE; an older schema there is replaced")


COMMANDS: dict[str, Command] = {
    "init": Command(
        "init",
        "begin a workspace from a template, or with a team of models",
        "[DIR] [--template NAME | --pattern NAME]  |  --list",
        "Begin a workspace: batuta.yaml, a plan, and what it calls, ready to be checked and run.\n"
        "No file is ever overwritten.",
        "batuta init\nbatuta init refunds --template refunds\nbatuta init team --pattern panel\nbatuta init --list",
        _init,
    ),
    "completion": Command(
        "completion",
        "teach your shell these words",
        "bash | zsh | fish",
        "Print a script that lets the shell complete commands, options, runs, plans, capabilities.\n"
        'bash   in ~/.bashrc:  eval "$(batuta completion bash)"\n'
        'zsh    in ~/.zshrc, behind compinit:  eval "$(batuta completion zsh)"\n'
        "fish   batuta completion fish > ~/.config/fish/completions/batuta.fish",
        'batuta completion bash\nbatuta completion zsh > "${fpath[1]}/_batuta"',
        _completion,
    ),
    "schema": Command(
        "schema",
        "print the JSON Schema of plans, of batuta.yaml or of suites, for editors",
        "(plan | workspace | suite) [--out FILE]",
        "Print the JSON Schema by which an editor completes and checks while you type.",
        "batuta schema plan --out plan.schema.json\nbatuta schema workspace --out workspace.schema.json",
        _schema,
    ),
}
