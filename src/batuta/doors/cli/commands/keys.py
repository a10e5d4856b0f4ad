"""`batuta keys`: who may ask a server of the workspace."""

import argparse
import time
from typing import Any

import msgspec

from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.table import columns
from batuta.doors.cli.terminal.text import clock, one_line
from batuta.doors.cli.workspace import folder_of
from batuta.errors import InputError
from batuta.serving.keys import Issued, Keys

__all__ = ["carry_out"]

_DAY_S = 86_400


def carry_out(args: argparse.Namespace, screen: Screen) -> int:
    """The exit code of `keys`."""
    keys = Keys(folder_of(args))
    if args.what == "list":
        _list(keys, screen)
    elif not args.name:
        wanted = "whose it is" if args.what == "add" else "the id of the key"
        raise InputError(f"{args.what} needs {wanted}", remedy=f"batuta keys {args.what} …")
    elif args.what == "add":
        _add(keys, args, screen)
    else:
        issued = keys.revoke(args.name, time.time())
        if screen.json:
            screen.document({"key": _data(issued)})
        else:
            screen.say(f"{issued.id} ({one_line(issued.name, 60)}) counts no longer")
    return 0


def _add(keys: Keys, args: argparse.Namespace, screen: Screen) -> None:
    if not args.scopes:
        raise InputError("a key without scopes may do nothing", remedy="name one with --scopes")
    now = time.time()
    expires_at = now + args.days * _DAY_S if args.days else 0.0
    issued, text = keys.add(args.name, args.scopes, now, expires_at=expires_at)
    if screen.json:
        screen.document({"key": _data(issued), "secret": text})
        return
    screen.out(text)
    until = f"until {clock(expires_at)}" if expires_at else "until it is revoked"
    screen.say(f"key {issued.id} may {', '.join(issued.scopes)} {until}; it is not shown again")


def _list(keys: Keys, screen: Screen) -> None:
    every = keys.all()
    if screen.json:
        screen.document({"keys": [_data(one) for one in every]})
        return
    if not every:
        screen.say("there are no keys yet: batuta keys add NAME")
        return
    now = time.time()
    cells = [("id", "name", "may", "made", "until")]
    for one in every:
        until = clock(one.expires_at) if one.expires_at else "-"
        if one.revoked_at:
            until = f"revoked {clock(one.revoked_at)}"
        elif one.expires_at and one.expires_at <= now:
            until = f"expired {until}"
        may = ", ".join(one.scopes)
        cells.append((one.id, one_line(one.name, 60), may, clock(one.created_at), until))
    screen.out(*columns(cells, width=screen.width, shrink=1))


def _data(issued: Issued) -> dict[str, Any]:
    """What may be shown of a key."""
    shown = msgspec.structs.asdict(issued)
    return {name: value for name, value in shown.items() if name not in ("salt", "digest")}
