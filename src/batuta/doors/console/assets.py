"""Styles and scripts of the pages: each under an address that tells its content: a browser keeps it."""

import gzip
import hashlib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from batuta.errors import NotFound
from batuta.plans.draw.paint.style import styles

__all__ = ["Asset", "asset", "asset_names", "asset_url"]

_DRAWING = "drawing.css"
_KINDS = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
}


class Asset(NamedTuple):
    """A file as it is sent: `packed` is the same, compressed; `mark` changes with what stands in it."""

    text: bytes
    packed: bytes
    mark: str
    kind: str


@cache
def asset(name: str) -> Asset:
    """The file of that name. Raises `NotFound`."""
    if name not in asset_names():
        raise NotFound("there is no such file")
    folder = files("batuta.doors.console") / "static"
    text = styles().encode() if name == _DRAWING else (folder / name).read_bytes()
    kind = _KINDS.get(name[name.rfind(".") :], "application/octet-stream")
    # The time of packing is no part of it: every process sends the same bytes.
    return Asset(text, gzip.compress(text, 9, mtime=0), hashlib.sha256(text).hexdigest()[:12], kind)


@cache
def asset_names() -> frozenset[str]:
    """The names of all of them."""
    folder = files("batuta.doors.console") / "static"
    return frozenset(one.name for one in folder.iterdir()) | {_DRAWING}


def asset_url(name: str) -> str:
    """Where a page finds it."""
    return f"/static/{name}?v={asset(name).mark}"
