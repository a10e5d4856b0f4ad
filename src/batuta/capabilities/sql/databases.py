"""The databases of a workspace as capabilities.

Cards must be there before anything is called. A file is asked for the number of its schema at every start (0.2 ms) and
looked at when that has changed; a server is looked at once an hour, and when a look-up finds that a table has changed.
A database that cannot be reached has the tables that were last seen, or none; its queries are there in any case.
"""

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from batuta.capabilities.sql.database import OpenDatabase
from batuta.capabilities.sql.lookup import TableLookup
from batuta.capabilities.sql.queries import FreeQuery, NamedQueryCapability
from batuta.capabilities.sql.remembered import Seen, forget, identity, recall, remember
from batuta.capabilities.sql.running import Backend, Running, Statement
from batuta.capabilities.sql.trouble import Trouble
from batuta.ports import Capability
from batuta.reading.databases import Database
from batuta.reading.sql import parameters_of

__all__ = ["Databases", "open_databases"]

# What a start waits for all databases that it has to look at, in seconds.
_LOOK_S = 5.0
# What describing one query may take: a database that computes the whole result first is not worth it.
_DESCRIBE_S = 0.5
_DESCRIBE_ALL_S = 3.0
_FREE = "query"
_NO_NAME = re.compile(r"[^A-Za-z0-9_.-]+")
_NAME_CHARS_MAX = 60


class Databases:
    """Capabilities of all databases, and why one could not be looked at, by its name."""

    def __init__(
        self,
        capabilities: Sequence[Capability],
        databases: Sequence[OpenDatabase],
        troubles: Mapping[str, str],
    ) -> None:
        self.capabilities = capabilities
        self.troubles = troubles
        self._databases = databases

    async def close(self) -> None:
        """Interrupt what is running, and close the connections."""
        await asyncio.gather(*(one.close() for one in self._databases))


async def open_databases(
    configs: Mapping[str, Database], root: Path, environment: Mapping[str, str] | None = None
) -> Databases:
    """The databases of `configs`, all looked at at once where that is needed. Never raises for one of them."""
    opened = [OpenDatabase(name, one, root, environment) for name, one in configs.items()]
    looked = await asyncio.gather(*(_seen(one, root) for one in opened))
    capabilities: list[Capability] = []
    troubles: dict[str, str] = {}
    for database, (seen, trouble) in zip(opened, looked, strict=True):
        capabilities += _capabilities(database, seen, root)
        if trouble:
            troubles[database.name] = trouble
    return Databases(capabilities, opened, troubles)


async def _seen(database: OpenDatabase, root: Path) -> tuple[Seen, str]:
    """What is known of a database, and why it is not known better."""
    version = database.version()
    known = recall(root, database)
    if known is not None and known.fresh(version):
        return known, ""
    try:
        seen = await database.look(partial(_look, database, version), _LOOK_S)
    except Trouble as trouble:
        return known or Seen(*identity(database), "", 0.0), trouble.failed().message
    remember(root, database, seen)
    return seen, ""


def _look(database: OpenDatabase, version: str, backend: Backend) -> Seen:
    tables = backend.tables(database.config.tables)
    end = time.monotonic() + _DESCRIBE_ALL_S
    queries: dict[str, dict[str, dict[str, Any]]] = {}
    for name, query in database.config.queries.items():
        if query.write or query.output:
            continue
        running = Running(min(end, time.monotonic() + _DESCRIBE_S))
        nothing = dict.fromkeys(parameters_of(query.sql))
        try:
            described = backend.described(Statement(backend.spelled(query.sql), nothing), running)
        except Trouble:
            continue  # it is told when it is called
        queries[name] = described
    return Seen(*identity(database), version, time.time(), tuple(tables), queries)


def _capabilities(database: OpenDatabase, seen: Seen, root: Path) -> list[Capability]:
    config = database.config
    found: dict[str, Capability] = {}
    for name, query in config.queries.items():
        full = f"{database.name}.{name}"
        described = seen.queries.get(name, {})
        found[full] = NamedQueryCapability(full, query, database, described)
    if config.free_query if config.free_query is not None else not config.tables:
        found[f"{database.name}.{_FREE}"] = FreeQuery(f"{database.name}.{_FREE}", database)
    changed = partial(forget, root, database.name)
    for table in seen.tables:
        name = _free_name(f"{database.name}.{_callable(table.full_name)}", found)
        found[name] = TableLookup(name, table, database, changed)
    return list(found.values())


def _callable(name: str) -> str:
    """A name of a table as part of the name of a capability: `Order Details` → `Order_Details`."""
    return _NO_NAME.sub("_", name)[:_NAME_CHARS_MAX]


def _free_name(name: str, taken: Mapping[str, Any]) -> str:
    """`name`, or with `_table` or a number behind it: queries keep their names, tables make way."""
    if name not in taken:
        return name
    numbered = (f"{name}_table_{count}" for count in range(2, len(taken) + 3))
    return next(one for one in (f"{name}_table", *numbered) if one not in taken)
