"""The words of the commands that serve a workspace to others."""

import argparse
from collections.abc import Callable
from typing import Any

from batuta.doors.cli.words.command import Command

__all__ = ["COMMANDS", "PORT"]

PORT = 8484


def _serve(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("--host", default="127.0.0.1", metavar="ADDRESS",
        help="where to listen (127.0.0.1); any other needs keys or --issuer")  # fmt: skip
    add("--port", type=_port, default=PORT, metavar="N",
        help=f"the port ({PORT}); 0 takes a free one")  # fmt: skip
    add("--name", action="append", default=[], metavar="NAME",
        help="a name under which it may be asked, besides the address (repeatable)")  # fmt: skip
    add("--issuer", default="", metavar="URL",
        help="accept bearer tokens of this OpenID Connect issuer; goes with --audience")  # fmt: skip
    add("--audience", default="", metavar="NAME", help="for whom the tokens have to be")
    add("--drain", type=_seconds, default=10.0, metavar="SECONDS",
        help="how long runs may come to their end when it is told to stop (10)")  # fmt: skip


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 <= int(text[:6]) <= 65_535:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a port from 0 to 65535")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 3_600:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a number of seconds up to 3600")
    return seconds


COMMANDS: dict[str, Command] = {
    "serve": Command(
        "serve",
        "serve the workspace: REST, events, and any chat client",
        "[--host ADDRESS] [--port N] [--name NAME]… [--issuer URL --audience NAME]",
        "Serve the workspace until Ctrl-C or SIGTERM; runs that nobody drives go on first.\n"
        "What it says of itself is one JSON document a line, on standard error.",
        "batuta serve\nbatuta serve --port 9000\nbatuta serve --host 0.0.0.0 --name batuta.example",
        _serve,
    ),
}
