"""The words of the commands that begin something: a workspace, a shell that completes."""

import argparse
from collections.abc import Callable
from typing import Any

from batuta.doors.cli.words.command import Command

__all__ = ["COMMANDS", "TEMPLATES"]

# Name -> what one finds in it. The first is what `init` makes unless told otherwise.
TEMPLATES: dict[str, str] = {
    "hello": "one function, one step for each item of a list",
    "approval": "a person is asked before something is published",
    "refunds": "a batch of payments: policy, approval of large ones, undo",
    "http": "an HTTP API is called, with a small one to try it on",
    "python": "a plan as a Python function",
}


def _init(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add(
        "dir",
        nargs="?",
        default=".",
        metavar="DIR",
        help="the folder (default: the current one); made if need be",
    )
    add("--template", choices=tuple(TEMPLATES), default=next(iter(TEMPLATES)), metavar="NAME",
        help=", ".join(TEMPLATES))  # fmt: skip
    add("--list", action="store_true", help="say what the templates are, and leave")


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
    add("of", choices=("plan", "workspace"), metavar="OF", help="plan, or workspace (batuta.yaml)")
    add("--out", metavar="FILE", help="write it to FILE; an older schema there is replaced")


COMMANDS: dict[str, Command] = {
    "init": Command(
        "init",
        "begin a workspace from a template",
        "[DIR] [--template NAME]  |  --list",
        "Begin a workspace: batuta.yaml, a plan, and what it calls, ready to be checked and run.\n"
        "No file is ever overwritten.",
        "batuta init\nbatuta init refunds --template refunds\nbatuta init --list",
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
        "print the JSON Schema of plans or of batuta.yaml, for editors",
        "(plan | workspace) [--out FILE]",
        "Print the JSON Schema by which an editor completes and checks while you type.",
        "batuta schema plan --out plan.schema.json\nbatuta schema workspace --out workspace.schema.json",
        _schema,
    ),
}
