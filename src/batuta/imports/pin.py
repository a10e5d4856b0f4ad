"""The pin of a source: `imports/NAME.json` in the folder of the workspace.

    {
      "hash": "…",                     of all that follows, in the form it is written in
      "definitions": {…},
      "entries": {"find_note": {"description": …, "hash": …, "input": {…}, …}, …},
      "origin": {…}, "protocol": {…}, "source": "mcp"
    }

Keys are sorted and lines are short, so that a difference is readable in version control. The hash finds what an
editor or a merge has broken; it is no signature: who may write into the folder may accept what he likes.
"""

import json
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from batuta.errors import Finding, InputError, NotFound, Place
from batuta.imports.manifest import Entry, Manifest, SourceKind, hashes
from batuta.reading.report import Report
from batuta.reading.source import read_bytes
from batuta.spec.value import digest
from batuta.storage.files import write_whole

__all__ = ["PIN_BYTES_MAX", "Pin", "pin_path", "pin_text", "read_pin", "write_pin"]

FOLDER = "imports"
PIN_BYTES_MAX = 64 * 1_024 * 1_024

_OPENING = re.compile(rb'\{\n  "hash": "([0-9a-f]{32})",\n')
_sorted = msgspec.json.Encoder(order="sorted")


class _Pinned(Entry, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """An entry as it stands in the file, with its hash."""

    hash: str = ""


class _Hash(msgspec.Struct, frozen=True):
    hash: str = ""


class _Brief(msgspec.Struct, frozen=True):
    title: str = ""
    description: str = ""


class _File(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The whole file; entries stay JSON until somebody asks for one."""

    source: SourceKind
    hash: str = ""
    origin: dict[str, Any] = {}
    protocol: dict[str, Any] = {}
    details: dict[str, Any] = {}
    entries: dict[str, msgspec.Raw] = {}
    definitions: msgspec.Raw = msgspec.Raw(b"{}")
    left_out: dict[str, str] = {}


_file = msgspec.json.Decoder(_File)
_entry = msgspec.json.Decoder(_Pinned)
_hash = msgspec.json.Decoder(_Hash)
_brief = msgspec.json.Decoder(_Brief)


class Pin:
    """What a source offered when it was accepted. Entries are decoded when they are asked for."""

    def __init__(self, file: _File) -> None:
        self._file = file
        self.source: SourceKind = file.source
        self.hash = file.hash
        self.origin = file.origin
        self.protocol = file.protocol
        self.details = file.details
        self.left_out = file.left_out

    @property
    def names(self) -> tuple[str, ...]:
        """Those of all entries, sorted."""
        return tuple(self._file.entries)

    def __contains__(self, name: str) -> bool:
        return name in self._file.entries

    def entry(self, name: str) -> Entry:
        """The entry `name`. Raises KeyError if there is none."""
        pinned = _entry.decode(self._file.entries[name])
        fields = msgspec.structs.asdict(pinned)
        del fields["hash"]
        return Entry(**fields)

    def brief(self, name: str) -> tuple[str, str]:
        """Title and description of the entry `name`, without a look at its schemas."""
        brief = _brief.decode(self._file.entries[name])
        return brief.title, brief.description

    def entry_hash(self, name: str) -> str:
        """The hash that the entry `name` has in the file."""
        return _hash.decode(self._file.entries[name]).hash

    @cached_property
    def definitions(self) -> Mapping[str, Any]:
        """Schemas that entries share; `manifest.whole` puts them into one that is to stand alone."""
        return msgspec.json.decode(self._file.definitions, type=dict[str, Any])

    @property
    def manifest(self) -> Manifest:
        """All of it, decoded."""
        return Manifest(
            self.source,
            self.origin,
            self.protocol,
            self.details,
            {name: self.entry(name) for name in self.names},
            dict(self.definitions),
            self.left_out,
        )


def pin_path(root: str | Path, name: str) -> Path:
    """Where the pin of the source `name` is in the workspace at `root`."""
    return Path(root, FOLDER, f"{name}.json")


def pin_text(manifest: Manifest) -> str:
    """The pin of `manifest` as it stands in its file."""
    found = hashes(manifest)
    entries = {
        name: _Pinned(**msgspec.structs.asdict(one), hash=found[name])
        for name, one in manifest.entries.items()
    }
    body = _body(msgspec.to_builtins(manifest) | {"entries": msgspec.to_builtins(entries)})
    return f'{{\n  "hash": "{digest(body)}",\n{body[2:].decode()}'


def write_pin(root: str | Path, name: str, manifest: Manifest) -> Path:
    """Write the pin of the source `name`: all of it or nothing. Raises InputError if that cannot be done."""
    path = pin_path(root, name)
    try:
        path.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise InputError(
            f"the folder {str(path.parent)!r} cannot be made: {error.strerror or error}",
            remedy="make it, and let yourself write into it",
        ) from None
    write_whole(path, pin_text(manifest), replace=True)
    return path


def read_pin(root: str | Path, name: str, place: Place | None = None) -> Pin | Finding:
    """The pin of the source `name`, or what is wrong with it; `place` is where the workspace names the source."""
    path = pin_path(root, name)
    again = f"`batuta trust {name}` reads the source again and shows what is different"
    try:
        content = read_bytes(path, "pin", PIN_BYTES_MAX)
    except NotFound:
        return Finding(
            "B605",
            f"what {name} offers has not been accepted yet: there is no {FOLDER}/{name}.json",
            place=place,
            remedy=f"`batuta trust {name}` reads it, shows it and asks",
        )
    except InputError as error:
        return Finding("B606", error.message, place=Place(str(path)), remedy=again)
    try:
        file = _file.decode(content)
        pin = Pin(file)
        for one in file.entries.values():
            _hash.decode(one)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _broken(path, content, error, again)
    if not _as_written(content, file.hash):
        return Finding(
            "B606",
            f"{FOLDER}/{name}.json is not as it was written: its hash is another one",
            place=Place(str(path), 2),
            remedy=f"bring back the file as it was; or {again}",
        )
    return pin


def _as_written(content: bytes, hash_: str) -> bool:
    """True if the content has the hash that it states; other white space does not matter."""
    if (found := _OPENING.match(content)) is not None:
        if digest(b"{\n" + content[found.end() :]).encode() == found[1]:
            return True
    body = msgspec.json.decode(content, type=dict[str, Any])
    body.pop("hash", None)
    return digest(_body(body)) == hash_


def _body(content: Mapping[str, Any]) -> bytes:
    return msgspec.json.format(_sorted.encode(content), indent=2) + b"\n"


def _broken(path: Path, content: bytes, error: Exception, again: str) -> Finding:
    """The finding for a file that is no pin, with the place if it is not even JSON."""
    text = content.decode("utf-8", "replace")
    place, message = Place(str(path)), str(error)
    try:
        json.loads(text)
    except json.JSONDecodeError as wrong:
        place, message = Report(text, str(path)).place(wrong.pos), f"it is not JSON: {wrong.msg}"
    except RecursionError:
        message = "it is nested too deeply"
    marks = "<<<<<<< " in text and ">>>>>>> " in text
    said = "a merge has left its marks in it" if marks else message
    return Finding("B606", f"{path.name} is no pin: {said}", place=place, remedy=again)
