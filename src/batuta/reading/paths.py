"""Paths of files, and patterns of them, that stay below the folder of the workspace."""

from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from batuta.reading.report import Report
from batuta.reading.shapes import FLAWED, formed, text
from batuta.reading.tree import Node

__all__ = ["below", "read_path"]

_read_text = text(1, 1_024)


def below(suffixes: frozenset[str], what: str, endings: str) -> Any:
    """A reader of paths, or patterns of paths, that stay in the folder and end in one of `suffixes`."""
    remedy = (
        f"write a path relative to the workspace that ends in {endings}, with / between folders"
    )

    def read(node: Node, report: Report) -> Any:
        name = _read_text(node, report)
        if name is FLAWED or (_stays(name) and PurePosixPath(name).suffix in suffixes):
            return name
        return _refused(node, report, name, what, remedy)

    endings_pattern = "|".join(rf"\{suffix}" for suffix in sorted(suffixes))
    shape = {"type": "string", "maxLength": 1_024, "pattern": rf"^[^\\/][^\\]*({endings_pattern})$"}
    return formed(read, "json", shape)


def read_path(node: Node, report: Report) -> Any:
    """Any path that stays in the folder, or a pattern of such paths."""
    name = _read_text(node, report)
    if name is FLAWED or _stays(name):
        return name
    remedy = (
        "write a path relative to the workspace, with / between folders; ** goes through folders"
    )
    return _refused(node, report, name, "a path, or a pattern of paths,", remedy)


formed(
    read_path,
    "json",
    {"type": "string", "minLength": 1, "maxLength": 1_024, "pattern": r"^[^\\/][^\\]*$"},
)


def _stays(name: str) -> bool:
    absolute = PurePosixPath(name).is_absolute() or PureWindowsPath(name).is_absolute()
    return not (absolute or ".." in PurePosixPath(name).parts or "\0" in name or "\\" in name)


def _refused(node: Node, report: Report, name: str, what: str, remedy: str) -> Any:
    report.flaw("B025", f"{name!r} is not {what} of this folder", at=node.start, remedy=remedy)
    return FLAWED
