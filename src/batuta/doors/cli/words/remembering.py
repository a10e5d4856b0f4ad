"""The words of the commands about what outlives a run."""

import argparse
from collections.abc import Callable
from typing import Any

from batuta.doors.cli.words.command import Command
from batuta.doors.cli.words.numbers import up_to

__all__ = ["COMMANDS"]

_LIMIT_MAX = 1_000


def _memory(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("what", choices=("list", "show", "search", "correct", "forget"), metavar="WHAT",
        help="list, show, search, correct or forget")  # fmt: skip
    add("name", nargs="?", metavar="NAME_OR_ID",
        help="the collection; with show, correct and forget the id of a memory")  # fmt: skip
    add("text", nargs="?", metavar="TEXT",
        help="with search: what to look for; with correct: what it says from now on")  # fmt: skip
    add("--about", default="", metavar="ABOUT", help="only what is about this; with forget: all of it, of one"
        " collection or of all")  # fmt: skip
    add("--limit", type=up_to(_LIMIT_MAX), default=None, metavar="N",
        help=f"at most so many (list: 100, at most {_LIMIT_MAX:,}; search: 5, at most 100)")  # fmt: skip
    add("--yes", action="store_true", help="with forget: do it without asking")


def _threads(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("what", choices=("list", "show", "forget"), metavar="WHAT", help="list, show or forget")
    add("thread", nargs="?", metavar="THREAD",
        help="its name; with list: how the names begin")  # fmt: skip
    add("--limit", type=up_to(_LIMIT_MAX), default=None, metavar="N",
        help=f"at most so many threads (100) or messages (50; at most {_LIMIT_MAX:,})")  # fmt: skip
    add("--yes", action="store_true", help="with forget: do it without asking")


COMMANDS: dict[str, Command] = {
    "memory": Command(
        "memory",
        "what is remembered for long: look, search, correct, forget",
        "(list | show ID | search NAME TEXT | correct ID TEXT | forget ID) …",
        "The collections that `memory` in batuta.yaml names. `list` prints what is remembered,\n"
        "newest first, `show` one memory with all that has become of it: who said it, in which step\n"
        "of which run, and when. `search` recalls as a plan does. `correct` lets it say TEXT from\n"
        "now on, and keeps what it said before. `forget` erases a memory and its history; with\n"
        "--about ABOUT everything about that.",
        "batuta memory list customers --about c-17\nbatuta memory show m-3f9a0c2b7d1e4a56\n"
        "batuta memory search customers 'how does she want her invoices'\n"
        "batuta memory correct m-3f9a0c2b7d1e4a56 'wants invoices on paper'\n"
        "batuta memory forget --about c-17 --yes",
        _memory,
    ),
    "threads": Command(
        "threads",
        "conversations that runs continue: look, forget",
        "(list [BEGINNING] | show THREAD | forget THREAD)",
        "The conversations that `thread.add` has written. `list` prints them, those that changed\n"
        "last first; `show` prints the newest messages of one, and which step of which run has\n"
        "added them; `forget` erases one.",
        "batuta threads list\nbatuta threads show c-17 --limit 10\nbatuta threads forget c-17 --yes",
        _threads,
    ),
}
