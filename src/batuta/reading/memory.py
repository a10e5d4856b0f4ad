"""What a workspace remembers for long: `memory: {customers: {keep: 365d}}`."""

from typing import Literal

import msgspec

from batuta.reading.embedder import EmbedderConfig, read_embedder
from batuta.reading.shapes import duration, mapping, matching, record, text

__all__ = ["MemoryConfig", "read_memory"]

COLLECTIONS_MAX = 100
_DAY_S = 86_400.0


class MemoryConfig(msgspec.Struct, frozen=True, rename={"keep_s": "keep"}):
    """One entry of `memory`.

    Attributes:
        description: what is remembered there, for people and planners.
        keep_s: how long a memory is kept after it was remembered, repeated or corrected last; None: until it is
            forgotten.
        embedder: what makes vectors of texts: "wordllama", which is always there, or a server.
    """

    description: str = ""
    keep_s: float | None = None
    embedder: Literal["wordllama"] | EmbedderConfig = "wordllama"


read_memory = mapping(
    matching(r"[A-Za-z_][A-Za-z0-9_-]{0,99}", "the name of a collection", "customers"),
    record(
        MemoryConfig,
        {
            "description": text(0, 4_096),
            "keep": duration(1.0, 36_525 * _DAY_S),
            "embedder": read_embedder,
        },
        what="a collection of memories: a map, {} if there is nothing to say",
    ),
    COLLECTIONS_MAX,
)
