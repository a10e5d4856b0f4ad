"""What is known of the memory of a workspace, for shells that complete."""

from collections.abc import Iterator
from pathlib import Path

from batuta.config import Workspace
from batuta.doors.cli.completing.known import Known
from batuta.memory.database import open_memory
from batuta.memory.looking import collections
from batuta.memory.memories import Memories
from batuta.memory.threads import Threads
from batuta.memory.workspace import MEMORY_FILE
from batuta.spec.figures import plural

__all__ = ["memories", "threads"]

# What nobody reads nobody chooses from.
_OFFERED_MAX = 200


def threads(config: Workspace) -> Iterator[Known]:
    """The threads, those that changed last first."""
    for one in Threads(open_memory(_path(config), read_only=True)).listed(limit=_OFFERED_MAX):
        yield Known(one["thread"], plural(one["messages"], "message"))


def memories(config: Workspace, what: str) -> Iterator[Known]:
    """What `memory WHAT` is about: the collections, or the newest memories by their ids."""
    if what in ("list", "search"):
        yield from (Known(name, one.description) for name, one in config.memory.items())
        return
    connection = open_memory(_path(config), read_only=True)
    for number in collections(connection).values():
        for one in Memories(connection, number).listed(limit=_OFFERED_MAX):
            yield Known(one["id"], one["text"])


def _path(config: Workspace) -> Path:
    return Path(config.root) / MEMORY_FILE
