"""Which files of the workspace may be read and written: `files: {read: [data/**], write: [out/**]}`."""

from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

import msgspec

from batuta.reading.report import Report
from batuta.reading.shapes import FLAWED, formed, integer, one_or_more, record, text
from batuta.reading.tree import Node

__all__ = ["BYTES_DEFAULT", "FilesConfig", "read_files"]

PATTERNS_MAX = 100
# Largest file that is taken, in bytes: 4 GiB are hashed in some seconds.
BYTES_DEFAULT = 4 * 1_024**3
BYTES_MAX = 1_024**5


class FilesConfig(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Patterns of paths below the workspace; `**` goes through folders. Hidden files only where a pattern names them.

    Attributes:
        read: what steps may read, and inputs may name.
        write: what steps may write.
        bytes_max: the largest file that is read, in bytes.
    """

    read: tuple[str, ...] = ("**",)
    write: tuple[str, ...] = ("out/**",)
    bytes_max: int = BYTES_DEFAULT


_read_text = text(1, 1_024)


def _pattern(node: Node, report: Report) -> Any:
    name = _read_text(node, report)
    if name is FLAWED:
        return FLAWED
    outside = PurePosixPath(name).is_absolute() or PureWindowsPath(name).is_absolute()
    if outside or ".." in PurePosixPath(name).parts or "\0" in name or "\\" in name:
        report.flaw(
            "B025",
            f"{name!r} is not a path, or a pattern of paths, of this folder",
            at=node.start,
            remedy="write a path relative to the workspace, with / between folders; ** goes through folders",
        )
        return FLAWED
    return name


formed(
    _pattern,
    "json",
    {"type": "string", "minLength": 1, "maxLength": 1_024, "pattern": r"^[^\\/][^\\]*$"},
)

read_files = record(
    FilesConfig,
    {
        "read": one_or_more(_pattern, PATTERNS_MAX),
        "write": one_or_more(_pattern, PATTERNS_MAX),
        "bytes_max": integer(1, BYTES_MAX),
    },
    what="what may be read and written: a map with `read`, `write` or `bytes_max`",
)
