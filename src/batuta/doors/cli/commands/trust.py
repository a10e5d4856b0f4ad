"""`batuta trust`: what a source changed since it was accepted, and whether that is accepted, too."""

import argparse
import sys

from batuta.capabilities.sources import Offer, kind_of, offered
from batuta.config import load_workspace
from batuta.doors.cli.confirm import confirm
from batuta.doors.cli.loop import on_loop
from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.table import Span
from batuta.doors.cli.terminal.text import one_line
from batuta.doors.cli.views.source import change_data, change_lines, left_out_lines, offer_lines
from batuta.doors.cli.workspace import folder_of
from batuta.errors import Finding
from batuta.imports.difference import Change, difference
from batuta.imports.manifest import Manifest
from batuta.imports.pin import Pin, pin_path, read_pin, write_pin
from batuta.spec.figures import plural

__all__ = ["carry_out"]

# Somebody has to say yes, and nobody is there.
_WAITING = 3


def carry_out(args: argparse.Namespace, screen: Screen) -> int:
    """The exit code of `trust`: 3 if it is for somebody to say yes, 0 otherwise."""
    return on_loop(_trust(args, screen))


async def _trust(args: argparse.Namespace, screen: Screen) -> int:
    folder = folder_of(args)
    workspace = load_workspace(folder)
    kind = kind_of(workspace, args.name)
    pin = read_pin(folder, args.name, workspace.places.at(kind, args.name))
    if not screen.json:
        screen.say(f"asking {args.name} what it offers …")
    origin = pin.origin if isinstance(pin, Pin) else None
    offer = await offered(workspace, args.name, origin=origin)
    pinned = pin.manifest if isinstance(pin, Pin) else Manifest(kind)
    changes = difference(pinned, offer.manifest)
    same = isinstance(pin, Pin) and not changes
    if not same and not screen.json:
        _show(args.name, pin, offer, changes, kind, screen)
    accepted = not same and (args.yes or _asked(args.name, screen))
    if accepted:
        write_pin(folder, args.name, offer.manifest)
    if screen.json:
        screen.document(_document(args.name, pin, offer, changes, same=same, accepted=accepted))
    elif same:
        screen.out([Span("✓ ", "good"), Span(f"{args.name} offers what was accepted")])
    elif accepted:
        path = pin_path(folder, args.name).relative_to(folder).as_posix()
        said = f"{path}: {plural(len(offer.manifest.entries), 'entry')} accepted; what is called goes on"
        screen.out([Span("✓ ", "good"), Span(said)])
    return 0 if same or accepted else _WAITING


def _asked(name: str, screen: Screen) -> bool:
    """True if somebody who has seen what is different says yes; False if nobody can be asked."""
    if screen.json:
        return False
    if sys.stdin is None or not sys.stdin.isatty():
        screen.say("nothing was accepted: say --yes, or run this in a terminal")
        return False
    confirm(f"accept what {name} offers now?", screen)
    return True


def _show(
    name: str, pin: Pin | Finding, offer: Offer, changes: list[Change], kind: str, screen: Screen
) -> None:
    if isinstance(pin, Finding):
        screen.say(one_line(pin.message))
        screen.out(*offer_lines(name, offer, kind, screen.width))
        return
    taken = frozenset(offer.taken)
    ours = [one for one in changes if one.what == "gone" or one.name in taken]
    screen.out(*change_lines(ours))
    if len(ours) < len(changes):
        more = plural(len(changes) - len(ours), "change")
        screen.out([Span(f"and {more} of what `only` does not take over", "dim")])
    screen.out(*left_out_lines(offer.manifest))


def _document(
    name: str,
    pin: Pin | Finding,
    offer: Offer,
    changes: list[Change],
    *,
    same: bool,
    accepted: bool,
) -> dict[str, object]:
    return {
        "source": name,
        "same": same,
        "accepted": accepted,
        "pin": "ok" if isinstance(pin, Pin) else pin.code,
        "changes": [change_data(one) for one in changes],
        "left_out": offer.manifest.left_out,
    }
