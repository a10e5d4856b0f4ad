"""The databases of a workspace: `sql: {orders: {url: env:ORDERS_URL, queries: {…}}}`."""

import re
from typing import Any

import msgspec

from batuta.reading.report import Report
from batuta.reading.server import VARIABLE, without_password
from batuta.reading.shapes import (
    FLAWED,
    boolean,
    choice,
    duration,
    form_of,
    formed,
    integer,
    mapping,
    matching,
    record,
    sequence,
    text,
)
from batuta.reading.sql import parameters_of
from batuta.reading.tree import Node
from batuta.reading.typed import read_type

__all__ = ["Database", "NamedQuery", "read_databases"]

DATABASES_MAX = 100
QUERIES_MAX = 1_000
TABLES_MAX = 1_000
PARAMETERS_MAX = 100
COLUMNS_MAX = 1_000
SQL_CHARS_MAX = 100_000
ROWS_MAX = 1_000_000
# A result travels as one value, and those have a bound of their own (64 MiB).
BYTES_MAX = 32 * 1_024 * 1_024
# An hour: who asks for longer wants a job in the database, not a step.
TIMEOUT_S_MAX = 3_600.0


class NamedQuery(msgspec.Struct, frozen=True):
    """A statement of the operator's, with bound parameters (`:name`) only.

    Attributes:
        params: JSON Schema by name of parameter; one that is not here takes any value.
        output: JSON Schema by column; empty: as the database describes it.
        write: it changes something; runs in a transaction of its own.
    """

    sql: str
    description: str = ""
    params: dict[str, dict[str, Any]] = {}
    output: dict[str, dict[str, Any]] = {}
    write: bool = False


class Database(msgspec.Struct, frozen=True):
    """One entry of `sql`.

    Attributes:
        url: `sqlite:///file`, `postgresql://…` without a password, or `env:NAME`, the variable that holds it.
        tables: which tables and views are look-ups; empty: all.
        free_query: whether there is `NAME.query`; None: unless `tables` narrows what may be seen.
        reach: of its capabilities; None: local for a file that is named here, else egress.
        rows_max, bytes_max, timeout: bounds of one call: rows, bytes of their JSON, seconds.
        write: queries of it may say `write: true`.
    """

    url: str
    tables: tuple[str, ...] = ()
    queries: dict[str, NamedQuery] = {}
    free_query: bool | None = None
    reach: str | None = None
    rows_max: int = 1_000
    bytes_max: int = 1_048_576
    timeout: float = 10.0
    write: bool = False


_FILE = r"sqlite:///[^?#]{1,1000}"
_SERVER = r"postgres(?:ql)?://[^\s]{1,1000}"
_URL = f"(?:{_FILE}|{_SERVER}|{VARIABLE})"

_url = without_password(
    matching(
        _URL,
        "the address of a database",
        "sqlite:///orders.db, env:ORDERS_URL or postgresql://host/db",
    ),
    re.compile(r"postgres(?:ql)?://[^/@]*:[^/@]*@|[?&]password=", re.IGNORECASE),
    "put the whole address into a variable of the environment and write env:NAME",
)


_read_query = record(
    NamedQuery,
    {
        "sql": text(1, SQL_CHARS_MAX),
        "description": text(0, 4_096),
        "params": mapping(
            matching(r"[A-Za-z_][A-Za-z0-9_]{0,63}", "the name of a parameter", "customer"),
            read_type,
            PARAMETERS_MAX,
        ),
        "output": mapping(text(1, 256), read_type, COLUMNS_MAX),
        "write": boolean,
    },
    required=("sql",),
    what="a query: a map with at least `sql`",
)


def _query(node: Node, report: Report) -> Any:
    query = _read_query(node, report)
    if not isinstance(query, NamedQuery) or node.map is None:
        return FLAWED
    wanted = parameters_of(query.sql)
    surplus = [name for name in query.params if name not in wanted]
    if surplus:
        report.flaw(
            "B025",
            f"the statement has no parameter :{surplus[0]}",
            at=node.map["params"].start,
            remedy=f"it has {', '.join(f':{name}' for name in wanted) or 'none'}",
        )
        return FLAWED
    return query


formed(_query, *form_of(_read_query))

_read_database = record(
    Database,
    {
        "url": _url,
        "tables": sequence(text(1, 256), TABLES_MAX),
        "queries": mapping(
            # `query` is the free one.
            matching(
                r"(?!query$)[A-Za-z_][A-Za-z0-9_]{0,63}", "the name of a query", "open_orders"
            ),
            _query,
            QUERIES_MAX,
        ),
        "free_query": boolean,
        "reach": choice("local", "egress"),
        "rows_max": integer(1, ROWS_MAX),
        "bytes_max": integer(1, BYTES_MAX),
        "timeout": duration(0.01, TIMEOUT_S_MAX),
        "write": boolean,
    },
    required=("url",),
    what="a database: a map with at least `url`",
)


def _database(node: Node, report: Report) -> Any:
    database = _read_database(node, report)
    if not isinstance(database, Database) or database.write or node.map is None:
        return database
    writing = [name for name, query in database.queries.items() if query.write]
    if writing:
        report.flaw(
            "B025",
            f"the query {writing[0]} writes, and the database is not to be written to",
            at=node.map["queries"].start,
            remedy="write `write: true` beside `url`, too, if that is what you want",
        )
        return FLAWED
    return database


formed(_database, *form_of(_read_database))

read_databases = mapping(
    matching(r"[A-Za-z_][A-Za-z0-9_]{0,63}", "the name of a database", "orders"),
    _database,
    DATABASES_MAX,
)
