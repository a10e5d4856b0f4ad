"""The words of the command about collections of documents."""

import argparse
from collections.abc import Callable
from typing import Any

from batuta.doors.cli.words.command import Command
from batuta.doors.cli.words.numbers import up_to

__all__ = ["COMMANDS"]

_LIMIT_MAX = 100


def _knowledge(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("what", choices=("add", "search", "status"), metavar="WHAT", help="add, search or status")
    add("name", nargs="?", metavar="NAME",
        help="the collection; add and status take all of them without one")  # fmt: skip
    add("question", nargs="?", metavar="QUESTION", help="what to search for, in quotes")
    add("--limit", type=up_to(_LIMIT_MAX), default=5, metavar="N",
        help=f"with search: at most so many pieces (5; at most {_LIMIT_MAX})")  # fmt: skip
    add("--filter", action="append", default=[], metavar="KEY=VALUE", help="with search: only documents whose"
        " source, format or metadata fits (repeatable); source takes patterns")  # fmt: skip


COMMANDS: dict[str, Command] = {
    "knowledge": Command(
        "knowledge",
        "collections of documents: bring up to date, search, look",
        "(add [NAME] | search NAME QUESTION | status [NAME]) …",
        "The collections that `knowledge` in batuta.yaml names. `add` reads the files that are new\n"
        "or have changed, and forgets those that are gone; what cannot be read is told of, and the\n"
        "others go on. Interrupted, it goes on where it was. `search` prints the pieces that answer\n"
        "QUESTION with file, page and offset, or that there are none. `status` says what is there.",
        "batuta knowledge add\nbatuta knowledge search handbook 'how long can goods be returned'\n"
        "batuta knowledge search handbook refund --filter 'source=docs/*.md' --json\n"
        "batuta knowledge status",
        _knowledge,
    ),
}
