"""The file that holds the memory of a workspace."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from batuta.errors import MemoryFileError
from batuta.storage.connection import Connection, Database, Kind

__all__ = ["MEMORY", "By", "once", "open_memory"]

MEMORY = Kind(
    application_id=0x4261744D,  # "BatM" in ASCII
    migrations=tuple(
        path.read_text("utf-8") for path in sorted(Path(__file__).parent.glob("migrations/*.sql"))
    ),
    noun="the memory of a workspace",
    error=MemoryFileError,
    absent=("nothing was ever remembered in this workspace", "a step that uses thread.add begins"),
    lost="restore a backup: batuta restore FILE",
    synchronous="FULL",
    secure_delete=True,
    older="batuta gc does that",
)


class By(NamedTuple):
    """Who does something: a step of a run under the key of its call, or a person (`author`). `at`: when."""

    at: float
    run: str = ""
    step: str = ""
    key: str = ""
    author: str = ""


def open_memory(path: Path, *, create: bool = False, read_only: bool = False) -> Connection:
    """The memory at `path`. Raises `MemoryFileError` if there is none (unless `create`), or it cannot be opened."""
    return Connection(path, MEMORY, create=create, read_only=read_only)


def once(db: Database, by: By, body: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `body` answers, or what it has answered under this key before: then nothing is done. In a transaction."""
    if not by.key:
        return body()
    rows = db.execute("SELECT answer FROM done WHERE key = ?", (by.key,)).fetchall()
    if rows:
        return json.loads(rows[0][0])
    answer = body()
    db.execute(
        "INSERT INTO done (key, run, at, answer) VALUES (?, ?, ?, ?)",
        (by.key, by.run, by.at, json.dumps(answer)),
    )
    return answer
