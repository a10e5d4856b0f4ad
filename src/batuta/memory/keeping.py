"""Keeping the memory of a workspace: what its time has come for is erased; what is there is counted."""

from collections.abc import Collection, Mapping
from typing import Any

from batuta.memory.database import By
from batuta.memory.memories import Memories, find_collection
from batuta.memory.threads import Threads
from batuta.reading.memory import MemoryConfig
from batuta.storage.connection import Connection

__all__ = ["counts", "erase"]

# A key is needed until the outcome of its call is recorded (s): who gave one up has long ended.
_KEY_S = 86_400.0
_RETENTION = "retention"


def erase(
    connection: Connection,
    settings: Mapping[str, MemoryConfig],
    *,
    now: float,
    quiet_s: float,
    unfinished: Collection[str] | None,
) -> dict[str, int]:
    """Erase memories whose `keep` is over, threads that were quiet for `quiet_s`, keys of calls that never come again.

    `unfinished`: the runs that have not ended; None if there are too many to name. Returns counts: memories, threads.
    """
    memories = 0
    for name, one in settings.items():
        number = find_collection(connection, name)
        if one.keep_s is not None and number is not None:
            by = By(now, author=_RETENTION)
            memories += Memories(connection, number).forget_old(now - one.keep_s, by)
    threads = Threads(connection).forget_quiet(now - quiet_s)
    if unfinished is not None:
        rows = connection.rows("SELECT DISTINCT run FROM done WHERE at < ?", (now - _KEY_S,))
        ended = [run for (run,) in rows if run not in unfinished]
        connection.changed(
            lambda db: db.executemany(
                "DELETE FROM done WHERE run = ? AND at < ?", [(run, now - _KEY_S) for run in ended]
            )
        )
    connection.compact()
    return {"memories": memories, "threads": threads}


def counts(connection: Connection) -> dict[str, Any]:
    """How much there is: threads, messages, and memories by collection."""
    threads, messages = connection.rows("SELECT count(*), coalesce(sum(count), 0) FROM threads")[0]
    collections = connection.rows(
        "SELECT name, count(revision) FROM collections LEFT JOIN memories ON collection = collections.id"
        " GROUP BY collections.id ORDER BY name"
    )
    return {"threads": threads, "messages": messages, "memories": dict(collections)}
