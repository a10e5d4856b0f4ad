"""Postgres, through psycopg behind a pool of SQLAlchemy's.

A read is one cursor in one read-only transaction that is rolled back. The statement travels by the extended protocol,
which carries one statement, and as the query of a cursor, which can only be one that selects: neither a second
statement nor a `COMMIT` has a place in it.
"""

import contextlib
import threading
from collections.abc import Generator
from typing import Any, cast

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import create_engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from batuta.capabilities.sql.cells import Collected, distinct
from batuta.capabilities.sql.running import Bounds, Rows, Running, Statement
from batuta.capabilities.sql.sqlstate import trouble_of
from batuta.capabilities.sql.tables import Table, inspected
from batuta.capabilities.sql.trouble import Trouble
from batuta.reading.sql import with_parameters

__all__ = ["Postgres"]

_CONNECT_S = 5
# A connection that is older may be one that a firewall has forgotten.
_AGE_S = 600
# Rows in one round trip at most; how large they are decides, too.
_FETCH_MAX = 1_000
_CANCEL_S = 2.0
_KEEPALIVE = {
    "keepalives": 1,
    "keepalives_idle": 20,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
_TYPES: dict[str, dict[str, Any]] = {
    "bool": {"type": ["boolean", "null"]},
    "int2 int4 int8 oid": {"type": ["integer", "null"]},
    "float4 float8": {"type": ["number", "null"]},
    "numeric": {"type": ["string", "null"], "format": "decimal"},
    "text varchar bpchar name uuid inet cidr": {"type": ["string", "null"]},
    "date": {"type": ["string", "null"], "format": "date"},
    "timestamp timestamptz": {"type": ["string", "null"], "format": "date-time"},
    "time timetz": {"type": ["string", "null"], "format": "time"},
    "bytea": {"type": ["string", "null"], "contentEncoding": "base64"},
}


class Postgres:
    """One database. `url` may hold a password and is told to nobody; `count_max`: connections at once."""

    def __init__(self, url: str, count_max: int) -> None:
        try:
            # An address may come from anywhere; `postgres:` is what hosters write.
            parsed = make_url(url.replace("postgres://", "postgresql://", 1))
        except (ArgumentError, ValueError):
            raise Trouble("invalid", "the address of the database cannot be read") from None
        self._engine = create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            isolation_level="AUTOCOMMIT",  # transactions are ours
            pool_size=count_max,
            max_overflow=0,
            pool_pre_ping=True,
            pool_recycle=_AGE_S,
            hide_parameters=True,
            connect_args={
                "connect_timeout": _CONNECT_S,
                "application_name": "batuta",
                "client_encoding": "utf8",
                "prepare_threshold": None,  # a pooler in between may give us another session
                **_KEEPALIVE,
            },
        )
        self._dialect: Any = PGDialect_psycopg()

    def read(self, statement: Statement, bounds: Bounds, running: Running) -> Rows:
        """See `Backend`. A single value of up to 1 GB is received before it can be refused."""
        if statement.tables is not None:
            raise Trouble(
                "unsupported",
                "Postgres cannot keep a query to `tables`; look-ups are kept to them",
                "give the role rights to those tables alone and take `tables` out, or write a query",
            )
        with self._reading(statement, running) as cursor:
            cursor.execute("FETCH FORWARD 1 FROM batuta_rows")
            collected = Collected([one.name for one in cursor.description or ()], bounds)
            fetched = cursor.fetchall()
            asked = 1
            while all(collected.add(row) for row in fetched) and len(fetched) == asked:
                running.check()
                asked = collected.next_count(_FETCH_MAX)
                cursor.execute(f"FETCH FORWARD {asked:d} FROM batuta_rows")
                fetched = cursor.fetchall()
            return collected.rows()

    def described(self, statement: Statement, running: Running) -> dict[str, dict[str, Any]]:
        """See `Backend`."""
        with self._reading(statement, running) as cursor:
            cursor.execute("FETCH FORWARD 0 FROM batuta_rows")
            columns = cursor.description or ()
            names = distinct(one.name for one in columns)
            types = [_described(one.type_code) for one in columns]
            return dict(zip(names, types, strict=True))

    def write(self, statement: Statement, bounds: Bounds, running: Running) -> Rows:
        """See `Backend`."""
        with self._connected(running) as connection, connection.cursor() as cursor:
            cursor.execute(_begin("READ WRITE", running))
            # Values make the driver use the extended protocol, which carries one statement; so does `binary`.
            values = _bound(statement.values)
            cursor.execute(statement.text, values, binary=None if values else True)
            collected = Collected([one.name for one in cursor.description or ()], bounds)
            if cursor.description is not None:
                for row in cursor:
                    if not collected.add(row):
                        break
            rows = collected.rows(max(cursor.rowcount, 0))
            running.check()
            if not running.end():
                raise running.too_slow()
            try:
                cursor.execute("COMMIT")
            except psycopg.Error as error:
                if error.sqlstate:
                    raise  # the server says no: nothing is stored
                raise Trouble(
                    "unknown", "the connection was lost while committing", in_doubt=True
                ) from None
            return rows

    def spelled(self, sql: str) -> str:
        """See `Backend`."""
        return with_parameters(sql, "%({})s".format, lambda text: text.replace("%", "%%"))

    def compiled(self, query: Any) -> Statement:
        """See `Backend`."""
        made = query.compile(dialect=self._dialect)
        return Statement(str(made), dict(made.params))

    def tables(self, wanted: tuple[str, ...]) -> list[Table]:
        """See `Backend`."""
        try:
            return inspected(self._engine, wanted)
        except DBAPIError as error:
            raise trouble_of(error.orig, None) from None
        except psycopg.Error as error:
            raise trouble_of(error, None) from None

    def close(self) -> None:
        """See `Backend`."""
        self._engine.dispose()

    @contextlib.contextmanager
    def _reading(self, statement: Statement, running: Running) -> Generator[Any]:
        with self._connected(running) as connection, connection.cursor() as cursor:
            cursor.execute(_begin("READ ONLY", running))
            # `binary` means the extended protocol even if nothing is bound.
            cursor.execute(
                f"DECLARE batuta_rows NO SCROLL CURSOR FOR {statement.text}",
                _bound(statement.values),
                binary=True,
            )
            yield cursor
            cursor.execute("ROLLBACK")
            # What a query may have taken outlives the transaction.
            cursor.execute("SELECT pg_advisory_unlock_all()")

    @contextlib.contextmanager
    def _connected(self, running: Running) -> Generator[Any]:
        """A connection that `running` can interrupt; thrown away if anything went wrong with it."""
        running.check()
        try:
            pooled = self._engine.raw_connection()
        except DBAPIError as error:
            raise trouble_of(error.orig, None) from None
        except psycopg.Error as error:
            raise trouble_of(error, None) from None
        connection: Any = pooled.driver_connection
        sound = False
        try:
            running.begin(lambda: _cancel(connection))
            yield connection
            sound = True
        except psycopg.Error as error:
            raise trouble_of(error, running) from None
        except (UnicodeError, OverflowError, ValueError) as error:
            text = f"a value does not fit: {type(error).__name__}"
            raise Trouble("invalid", text) from None
        finally:
            # A cancellation that is still on its way must not meet the next statement.
            if not (running.end() and sound):
                pooled.invalidate()
            pooled.close()


def _cancel(connection: Any) -> None:
    def cancel() -> None:
        with contextlib.suppress(psycopg.Error):
            connection.cancel_safe(timeout=_CANCEL_S)

    threading.Thread(target=cancel, name="batuta-sql-cancel", daemon=True).start()


def _begin(mode: str, running: Running) -> str:
    running.check()
    left_ms = max(1, int(running.left_s * 1_000))
    return (
        f"BEGIN {mode}; SET LOCAL statement_timeout = {left_ms:d}; SET LOCAL lock_timeout = {left_ms:d};"
        f" SET LOCAL idle_in_transaction_session_timeout = {left_ms + 5_000:d};"
        " SET LOCAL TimeZone = 'UTC'; SET LOCAL IntervalStyle = 'postgres'; SET LOCAL DateStyle = 'ISO'"
    )


def _bound(values: dict[str, Any]) -> dict[str, Any]:
    """Maps, and lists with maps or lists in them, travel as JSON; other lists as arrays.

    Never None, for which the driver would leave every `%%` as it is.
    """
    return {name: _wrapped(value) for name, value in values.items()}


def _wrapped(value: Any) -> Any:
    if isinstance(value, dict):
        return Jsonb(value)
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return Jsonb(items) if any(isinstance(one, dict | list) for one in items) else items
    return value


def _described(oid: int) -> dict[str, Any]:
    info = psycopg.adapters.types.get(oid)
    if info is None or getattr(info, "array_oid", 0) == oid:
        return {}
    for names, schema in _TYPES.items():
        if info.name in names.split():
            return schema
    return {}
