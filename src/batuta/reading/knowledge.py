"""The collections of a workspace: `knowledge: {handbook: {paths: [docs/**]}}`."""

from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, Literal

import msgspec

from batuta.reading.embedder import EmbedderConfig, read_embedder
from batuta.reading.report import Report
from batuta.reading.shapes import (
    FLAWED,
    formed,
    mapping,
    matching,
    one_or_more,
    record,
    text,
)
from batuta.reading.tree import Node

__all__ = ["KnowledgeConfig", "read_knowledge"]

COLLECTIONS_MAX = 100
PATHS_MAX = 1_000


class KnowledgeConfig(msgspec.Struct, frozen=True):
    """One entry of `knowledge`.

    Attributes:
        paths: files, folders and patterns below the workspace; a folder stands for everything in it.
        description: what one finds in it, for people and planners.
        embedder: what makes vectors of texts: "wordllama", which is always there, or a server.
    """

    paths: tuple[str, ...]
    description: str = ""
    embedder: Literal["wordllama"] | EmbedderConfig = "wordllama"


_read_text = text(1, 1_024)


def _path(node: Node, report: Report) -> Any:
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
    _path,
    "json",
    {"type": "string", "minLength": 1, "maxLength": 1_024, "pattern": r"^[^\\/][^\\]*$"},
)

read_knowledge = mapping(
    matching(r"[A-Za-z_][A-Za-z0-9_-]{0,99}", "the name of a collection", "handbook"),
    record(
        KnowledgeConfig,
        {
            "paths": one_or_more(_path, PATHS_MAX),
            "description": text(0, 4_096),
            "embedder": read_embedder,
        },
        required=("paths",),
        what="a collection: a map with at least `paths`",
    ),
    COLLECTIONS_MAX,
)
