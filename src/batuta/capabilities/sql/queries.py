"""Queries as capabilities: those with a name, which the operator wrote, and the free one, which the caller writes."""

from collections.abc import Mapping
from typing import Any

from batuta.capabilities.sql.asked import answered, as_maps, card_of, result_schema
from batuta.capabilities.sql.database import OpenDatabase
from batuta.capabilities.sql.running import Statement
from batuta.capabilities.sql.trouble import Trouble
from batuta.reading.databases import SQL_CHARS_MAX, NamedQuery
from batuta.reading.sql import parameters_of
from batuta.spec.call import Call, Outcome

__all__ = ["FreeQuery", "NamedQueryCapability"]


class NamedQueryCapability:
    """`orders.open_orders`. `described`: its columns as the database described them, if it could."""

    def __init__(
        self,
        name: str,
        query: NamedQuery,
        database: OpenDatabase,
        described: Mapping[str, dict[str, Any]],
    ) -> None:
        self._query = query
        self._database = database
        wanted = parameters_of(query.sql)
        self.card = card_of(
            database,
            name,
            query.description,
            takes={
                "type": "object",
                "properties": {one: query.params.get(one, {}) for one in wanted},
                "required": [one for one in wanted if "default" not in query.params.get(one, {})],
                "additionalProperties": False,
            },
            gives=result_schema(query.output or described, changed=query.write),
            effect="write" if query.write else "read",
        )

    async def __call__(self, call: Call) -> Outcome:
        """The rows of the statement; of one that writes, when they are committed."""
        return await answered(self.card, call, self._rows)

    async def _rows(self, call: Call) -> dict[str, Any]:
        params = self._query.params
        defaults = {name: one["default"] for name, one in params.items() if "default" in one}
        values = defaults | call.args
        database, sql = self._database, self._query.sql
        way = database.write if self._query.write else database.read
        rows = await way(call, lambda backend: Statement(backend.spelled(sql), values))
        value = as_maps(rows, rows.columns)
        return value if rows.changed is None else {**value, "changed": rows.changed}


class FreeQuery:
    """`orders.query`: one statement that reads, with parameters."""

    def __init__(self, name: str, database: OpenDatabase) -> None:
        self._database = database
        tables = database.config.tables
        self._tables = frozenset(one.lower() for one in tables) if tables else None
        output = result_schema({})
        output["properties"]["columns"] = {"type": "array", "items": {"type": "string"}}
        self.card = card_of(
            database,
            name,
            f"Any one query of {database.name} that reads, with :parameters.",
            takes={
                "type": "object",
                "properties": {
                    "sql": {"type": "string", "minLength": 1, "maxLength": SQL_CHARS_MAX},
                    "params": {"type": "object"},
                },
                "required": ["sql"],
                "additionalProperties": False,
            },
            gives={**output, "required": list(output["properties"])},
        )

    async def __call__(self, call: Call) -> Outcome:
        """The rows, and the names of the columns in order."""
        return await answered(self.card, call, self._rows)

    async def _rows(self, call: Call) -> dict[str, Any]:
        sql, values = call.args["sql"], call.args.get("params", {})
        wanted = parameters_of(sql)
        missing = [name for name in wanted if name not in values]
        surplus = [name for name in values if name not in wanted]
        if missing:
            raise Trouble(
                "invalid", f"the parameter :{missing[0]} has no value", "put it in params"
            )
        if surplus:
            raise Trouble("invalid", f"the statement has no parameter :{surplus[0][:64]}")
        rows = await self._database.read(
            call, lambda backend: Statement(backend.spelled(sql), values, self._tables)
        )
        return {**as_maps(rows, rows.columns), "columns": list(rows.columns)}
