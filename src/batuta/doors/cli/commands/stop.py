"""`batuta stop`: everything of the workspace ends within a second, and nothing begins until it is released."""

import argparse
import time
from typing import Any

import msgspec

from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.text import clock, one_line
from batuta.doors.cli.workspace import folder_of
from batuta.engine.author import local_user
from batuta.governance.switch import Stop, Switch

__all__ = ["carry_out"]

_WHY_CHARS_MAX = 200


def carry_out(args: argparse.Namespace, screen: Screen) -> int:
    """The exit code of `stop`."""
    switch = Switch(folder_of(args))
    if args.release:
        switch.release()
        _tell(
            screen,
            None,
            "work goes on; a server takes up its runs, `batuta resume --all` the others",
        )
    elif args.look:
        stop = switch.thrown()
        _tell(screen, stop, "nothing is stopped" if stop is None else _words(stop))
    else:
        stop = switch.throw(local_user(), one_line(args.why, _WHY_CHARS_MAX), time.time())
        _tell(screen, stop, "everything stops now; `batuta stop --release` lets it go on")
    return 0


def _words(stop: Stop) -> str:
    by = f" by {one_line(stop.who, 60)}" if stop.who else ""
    return f"stopped {clock(stop.at)}{by}" + (
        f": {one_line(stop.why, _WHY_CHARS_MAX)}" if stop.why else ""
    )


def _tell(screen: Screen, stop: Stop | None, words: str) -> None:
    if screen.json:
        shown: dict[str, Any] | None = None if stop is None else msgspec.structs.asdict(stop)
        screen.document({"stopped": shown})
    else:
        screen.say(words)
