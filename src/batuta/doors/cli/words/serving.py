"""The words of the commands that serve a workspace to others."""

import argparse
from collections.abc import Callable
from typing import Any

from batuta.doors.cli.words.command import Command

__all__ = ["COMMANDS", "PORT", "SCOPES"]

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
    add("--patience", type=_seconds, default=20.0, metavar="SECONDS",
        help="how long a client may be silent in the middle of a request (20)")  # fmt: skip


SCOPES = ("read", "plan", "run", "answer", "knowledge", "admin")
_SCOPES_DEFAULT = "read,plan,run,answer"


def _keys(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("what", choices=("add", "list", "revoke"), metavar="WHAT", help="add, list or revoke")
    add(
        "name",
        nargs="?",
        metavar="NAME",
        help="with add: whose it is; with revoke: the id of the key",
    )
    add("--scopes", type=_scopes, default=_scopes(_SCOPES_DEFAULT), metavar="LIST",
        help=f"with add: of {', '.join(SCOPES)} ({_SCOPES_DEFAULT})")  # fmt: skip
    add("--days", type=_days, default=90.0, metavar="N",
        help="with add: how long it counts (90); 0: until it is revoked")  # fmt: skip


def _scopes(text: str) -> tuple[str, ...]:
    words = tuple(word.strip() for word in text.split(",") if word.strip())
    for word in words:
        if word not in SCOPES:
            raise argparse.ArgumentTypeError(f"{word[:40]!r} is none of {', '.join(SCOPES)}")
    return tuple(scope for scope in SCOPES if scope in words)


def _days(text: str) -> float:
    return _bounded(text, 36_525, "days")


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 <= int(text[:6]) <= 65_535:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a port from 0 to 65535")
    return int(text)


def _seconds(text: str) -> float:
    return _bounded(text, 3_600, "seconds")


def _bounded(text: str, most: int, unit: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= most:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a number of {unit} up to {most:,}")
    return number


COMMANDS: dict[str, Command] = {
    "serve": Command(
        "serve",
        "serve the workspace: REST, events, and any chat client",
        "[--host ADDRESS] [--port N] [--name NAME]… [--issuer URL …]",
        "Serve the workspace until Ctrl-C or SIGTERM; runs that nobody drives go on first.\n"
        "What it says of itself is one JSON document a line, on standard error.",
        "batuta serve\nbatuta serve --port 9000\nbatuta serve --host 0.0.0.0 --name batuta.example",
        _serve,
    ),
    "keys": Command(
        "keys",
        "who may ask a server of this workspace",
        "add NAME [--scopes LIST] [--days N]  |  list  |  revoke ID",
        "Keys for `batuta serve`. A key is printed once, when it is made; what is kept is its hash.\n"
        "What is revoked counts no longer from the next request on.",
        "batuta keys add dashboard --scopes read --days 30\nbatuta keys list\n"
        "batuta keys revoke 3f9a1c2b7d5e",
        _keys,
    ),
}
