"""The collections of a workspace: `knowledge: {handbook: {paths: [docs/**]}}`."""

from typing import Literal

import msgspec

from batuta.reading.embedder import EmbedderConfig, read_embedder
from batuta.reading.paths import read_path
from batuta.reading.shapes import (
    mapping,
    matching,
    one_or_more,
    record,
    text,
)

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


read_knowledge = mapping(
    matching(r"[A-Za-z_][A-Za-z0-9_-]{0,99}", "the name of a collection", "handbook"),
    record(
        KnowledgeConfig,
        {
            "paths": one_or_more(read_path, PATHS_MAX),
            "description": text(0, 4_096),
            "embedder": read_embedder,
        },
        required=("paths",),
        what="a collection: a map with at least `paths`",
    ),
    COLLECTIONS_MAX,
)
