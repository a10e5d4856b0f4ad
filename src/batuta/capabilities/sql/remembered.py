"""What was last seen of a database, kept in a file: capabilities are known at every start, and it is seldom asked."""

import contextlib
import os
import time
from pathlib import Path
from typing import Any

import msgspec

from batuta.capabilities.sql.database import OpenDatabase
from batuta.capabilities.sql.tables import Table
from batuta.spec.value import canonical, digest

__all__ = ["Seen", "forget", "recall", "remember"]

# Of `.batuta` in the workspace.
FOLDER = Path(".batuta") / "sql"
# A server does not say cheaply whether its schema has changed: after an hour it is asked again.
_FRESH_S = 3_600.0
# Goes up when what is kept, or how it is found out, changes.
_VERSION = 1


class Seen(msgspec.Struct, frozen=True):
    """Tables, and columns of the named queries.

    `of`, `where`: digests, see `identity`. `version`: of the schema then, "" if it has none.
    `at`: seconds of the Unix epoch.
    """

    of: str
    where: str
    version: str
    at: float
    tables: tuple[Table, ...] = ()
    queries: dict[str, dict[str, dict[str, Any]]] = {}

    def fresh(self, version: str) -> bool:
        """True if the database need not be asked."""
        if self.version or version:
            return self.version == version
        return abs(time.time() - self.at) <= _FRESH_S


def identity(database: OpenDatabase) -> tuple[str, str]:
    """Digests of what is asked of a database, and of where it is ("" if that is not known). Hold no password."""
    config = database.config
    asked = [_VERSION, config.url, config.tables, {n: q.sql for n, q in config.queries.items()}]
    address = database.address
    return digest(canonical(asked)), digest(canonical(address)) if address else ""


def recall(root: Path, database: OpenDatabase) -> Seen | None:
    """What was seen of `database`, however long ago; None if nothing, or of something else.

    Where nobody says where it is now, what was seen last is as good as it gets.
    """
    try:
        seen = msgspec.json.decode(_file(root, database.name).read_bytes(), type=Seen)
    except (OSError, msgspec.DecodeError, RecursionError):
        return None
    asked, where = identity(database)
    return seen if seen.of == asked and where in ("", seen.where) else None


def remember(root: Path, database: OpenDatabase, seen: Seen) -> None:
    """Keep `seen`; where nothing can be written, nothing is kept."""
    file = _file(root, database.name)
    fresh = file.with_suffix(f".{os.getpid()}.tmp")
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_bytes(msgspec.json.encode(seen))
        fresh.replace(file)


def forget(root: Path, name: str) -> None:
    """The database `name` is not what it was: the next start asks it."""
    with contextlib.suppress(OSError):
        _file(root, name).unlink(missing_ok=True)


def _file(root: Path, name: str) -> Path:
    return root / FOLDER / f"{name}.json"
