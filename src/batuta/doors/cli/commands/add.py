"""`batuta add`: what an MCP server or a service offers, as capabilities of this workspace."""

import argparse
import contextlib
from pathlib import Path
from typing import Any

import msgspec

from batuta.capabilities.sources import Offer, offered, sources_of
from batuta.config import WORKSPACE_FILE, Workspace, load_workspace, workspace_from_yaml
from batuta.doors.cli.confirm import confirm
from batuta.doors.cli.given_source import given_entry, given_origin
from batuta.doors.cli.loop import on_loop
from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.table import Span
from batuta.doors.cli.views.source import offer_data, offer_lines
from batuta.doors.cli.workspace import folder_of, named_as
from batuta.errors import InputError
from batuta.imports.entry import with_entry
from batuta.imports.pin import pin_path, write_pin
from batuta.reading.source import read_bytes
from batuta.spec.figures import plural
from batuta.storage.files import write_whole

__all__ = ["carry_out"]


def carry_out(args: argparse.Namespace, screen: Screen) -> int:
    """The exit code of `add`."""
    return on_loop(_add(args, screen))


async def _add(args: argparse.Namespace, screen: Screen) -> int:
    folder = folder_of(args)
    name, kind = args.name, args.kind
    if name in sources_of(load_workspace(folder)):
        raise InputError(
            f"there is a source called {name} already",
            remedy=f"choose another name; `batuta trust {name}` looks whether that one has changed",
        )
    entry = given_entry(args, folder)
    before = _text_of(folder)
    after = with_entry(before, kind, name, entry, WORKSPACE_FILE)
    workspace = _as_it_will_be(after, folder)
    if not screen.json:
        screen.say(f"asking {name} what it offers …")
    origin = given_origin(args) if kind == "openapi" else None
    offer = await offered(workspace, name, origin=origin)
    if not offer.taken:
        nothing = "matches `only`" if offer.manifest.entries else "can be called"
        raise InputError(
            f"{name} offers nothing that {nothing}", remedy="nothing was added; look at its names"
        )
    if not screen.json:
        screen.out(*offer_lines(name, offer, kind, screen.width))
    if not args.yes:
        confirm(f"add {name} to {WORKSPACE_FILE}?", screen)
    _write(folder, name, offer, before, after)
    _tell(args, folder, entry, offer, screen)
    return 0


def _text_of(folder: Path) -> str:
    path = folder / WORKSPACE_FILE
    if not path.exists():
        return ""  # a journal alone makes a workspace, too
    return read_bytes(path, "workspace file").decode("utf-8")


def _as_it_will_be(text: str, folder: Path) -> Workspace:
    """The workspace with the new entry. Raises `WorkspaceError` if the entry is wrong."""
    workspace = workspace_from_yaml(text, WORKSPACE_FILE)
    return msgspec.structs.replace(workspace, root=str(folder))


def _write(folder: Path, name: str, offer: Offer, before: str, after: str) -> None:
    """Pin and entry, or neither."""
    if _text_of(folder) != before:
        raise InputError(
            f"{WORKSPACE_FILE} has changed meanwhile", remedy="nothing was added; add it again"
        )
    was_there = pin_path(folder, name).exists()
    path = write_pin(folder, name, offer.manifest)
    file = folder / WORKSPACE_FILE
    mode = file.stat().st_mode if file.exists() else None
    try:
        write_whole(file, after, replace=True)
        if mode is not None:
            file.chmod(mode)  # who may read it is not ours to change
    except BaseException:
        if not was_there:
            with contextlib.suppress(OSError):
                path.unlink()
        raise


def _tell(
    args: argparse.Namespace, folder: Path, entry: dict[str, Any], offer: Offer, screen: Screen
) -> None:
    name = args.name
    pin = pin_path(folder, name).relative_to(folder).as_posix()
    if screen.json:
        files = {"file": WORKSPACE_FILE, "pin": pin}
        screen.document(
            {"source": name, "kind": args.kind, "entry": entry, **files, **offer_data(offer)}
        )
        return
    said = f"{name}: {plural(len(offer.taken), 'capability')}, {WORKSPACE_FILE} and {pin}"
    screen.out("", [Span("✓ ", "good"), Span(said)])
    where = named_as(args)
    screen.out(
        "", "next", f"    batuta capabilities '{name}.*'{where}", f"    batuta doctor{where}"
    )
