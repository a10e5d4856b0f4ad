"""`batuta schema`: the JSON Schema of plans, of `batuta.yaml` or of suites, for editors."""

import argparse
from importlib.resources import files
from pathlib import Path

import msgspec

from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.text import one_line
from batuta.errors import InputError
from batuta.storage.files import write_whole

__all__ = ["carry_out", "published"]


def carry_out(args: argparse.Namespace, screen: Screen) -> int:
    """The exit code of `schema`."""
    text = published(args.of)
    if args.out is not None:
        _write(Path(args.out), text)
        screen.say(f"written: {one_line(args.out)}")
    if screen.json:
        screen.document(msgspec.json.decode(text))
    elif args.out is None:
        screen.out(text.rstrip("\n"))
    return 0


def published(name: str) -> str:
    """The text of the schema for `plan`, `workspace` or `suite`, as it lies in the package."""
    return (files("batuta") / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8")


def _write(path: Path, text: str) -> None:
    """Write the file, or write it anew if it is a schema of ours. Raises `InputError`."""
    try:
        if path.exists() and '"$id": "urn:batuta:schema:' not in path.read_text(encoding="utf-8"):
            raise InputError(
                f"{str(path)!r} is there and is something else", remedy="name another file"
            )
    except (OSError, ValueError) as error:
        raise InputError(
            f"{str(path)!r} cannot be written: {error}", remedy="name another file"
        ) from None
    write_whole(path, text, replace=True)
