"""Paths of files, and patterns of them, that stay below the folder of the workspace."""

from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from batuta.reading.report import Report
from batuta.reading.shapes import FLAWED, formed, text
from batuta.reading.tree import Node

__all__ = ["below"]


def below(suffixes: frozenset[str], what: str, endings: str) -> Any:
    """A reader of paths, or patterns of paths, that stay in the folder and end in one of `suffixes`."""

    def read(node: Node, report: Report) -> Any:
        name = text(1, 1_024)(node, report)
        if name is FLAWED:
            return FLAWED
        path = PurePosixPath(name)
        outside = path.is_absolute() or PureWindowsPath(name).is_absolute() or ".." in path.parts
        if outside or path.suffix not in suffixes or "\0" in name or "\\" in name:
            report.flaw(
                "B025",
                f"{name!r} is not {what} of this folder",
                at=node.start,
                remedy=f"write a path relative to the workspace that ends in {endings}, with / between folders",
            )
            return FLAWED
        return name

    endings_pattern = "|".join(rf"\{suffix}" for suffix in sorted(suffixes))
    shape = {"type": "string", "maxLength": 1_024, "pattern": rf"^[^\\/][^\\]*({endings_pattern})$"}
    return formed(read, "json", shape)
