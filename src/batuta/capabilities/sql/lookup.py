"""A table as a typed look-up: filters by equality, chosen columns, an order, a limit; never SQL of the caller's."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, cast

import msgspec

from batuta.capabilities.sql.asked import answered, as_maps, card_of, result_schema
from batuta.capabilities.sql.database import OpenDatabase
from batuta.capabilities.sql.running import Backend, Rows, Statement
from batuta.capabilities.sql.tables import Column, Table
from batuta.capabilities.sql.trouble import Trouble
from batuta.spec.call import Call, Outcome

__all__ = ["TableLookup"]

# Values of one filter.
_ANY_OF_MAX = 1_000
_FILTERABLE = frozenset({"string", "integer", "number", "boolean"})


class TableLookup:
    """`orders.customers`: rows of one table.

    `changed` is called when the table turns out not to be what it was.
    """

    def __init__(
        self, name: str, table: Table, database: OpenDatabase, changed: Callable[[], None]
    ) -> None:
        self._table = table
        self._database = database
        self._changed = changed
        self._columns = {one.name: one for one in table.columns}
        schemas = {
            one.name: _nullable(one.schema) if one.nullable else one.schema for one in table.columns
        }
        self.card = card_of(
            database,
            name,
            _said(table),
            takes=_input(table, database.config.rows_max),
            gives=result_schema(schemas),
        )

    async def __call__(self, call: Call) -> Outcome:
        """The rows that fit, in order."""
        return await answered(self.card, call, self._rows)

    async def _rows(self, call: Call) -> dict[str, Any]:
        limit = call.args.get("limit", self._database.config.rows_max)
        columns = [self._columns[one] for one in call.args.get("columns", self._columns)]
        try:
            rows = await self._database.read(
                call, lambda backend: self._statement(backend, call.args, columns, limit)
            )
        except Trouble as trouble:
            if trouble.code == "not_found":
                self._changed()
                trouble.remedy = "the table has changed since it was looked at; start again"
            raise
        return _typed(rows, columns)

    def _statement(
        self, backend: Backend, args: Mapping[str, Any], columns: Sequence[Column], limit: int
    ) -> Statement:
        import sqlalchemy  # 150 ms, for those who ask a database

        make: Any = sqlalchemy  # its types are generic to a depth that says nothing here
        column = make.column
        of = make.table(self._table.name, schema=self._table.schema or None)
        # One more than asked for tells whether there are more.
        query = make.select(*(column(one.name) for one in columns)).select_from(of).limit(limit + 1)
        count = 0
        values: dict[str, Any] = {}
        for name, wanted in args.get("where", {}).items():
            condition, bound = _condition(self._columns[name], wanted, count)
            query = query.where(condition)
            values |= bound
            count += len(bound)
        for name in args.get("order", self._table.primary_key):
            exact = name in self._columns
            by = column(name if exact else name[1:])
            query = query.order_by(by if exact else by.desc())
        statement = backend.compiled(query)
        return msgspec.structs.replace(statement, values=statement.values | values, rows=limit)


def _condition(of: Column, wanted: Any, count: int) -> tuple[Any, dict[str, Any]]:
    """A condition, and the values of its parameters, which are numbered from `count`."""
    from sqlalchemy import bindparam, column, or_
    from sqlalchemy.types import NullType

    options = cast("list[Any]", wanted) if isinstance(wanted, list) else [wanted]
    given = [_sent(of, one) for one in options if one is not None]
    values = {f"p{count + index}": value for index, value in enumerate(given)}
    # Untyped: the database reads a text as what the column is.
    binds = [bindparam(name, value, type_=NullType()) for name, value in values.items()]
    conditions: list[Any] = []
    if len(binds) == 1:
        conditions.append(column(of.name, NullType()) == binds[0])
    elif binds:
        conditions.append(column(of.name, NullType()).in_(binds))
    if None in options:
        conditions.append(column(of.name).is_(None))
    return or_(*conditions), values


def _sent(of: Column, value: Any) -> Any:
    if of.kind == "decimal" and isinstance(value, float):
        return str(Decimal(repr(value)))
    return value


def _typed(rows: Rows, columns: Sequence[Column]) -> dict[str, Any]:
    """The rows as maps. What SQLite keeps in another form than its schema says is put right where that is possible."""
    right = [(index, _AS[one.kind]) for index, one in enumerate(columns) if one.kind in _AS]
    for row in rows.rows:
        for index, as_ in right:
            row[index] = as_(row[index])
    return as_maps(rows, [one.name for one in columns])


def _decimal(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return format(Decimal(repr(value)), "f")
        except InvalidOperation:
            return value
    return value


def _boolean(value: Any) -> Any:
    return bool(value) if value in (0, 1) and not isinstance(value, float) else value


def _json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return value


_AS: dict[str, Callable[[Any], Any]] = {"decimal": _decimal, "boolean": _boolean, "json": _json}


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    kind = schema.get("type")
    if isinstance(kind, str):
        return {**schema, "type": [kind, "null"]}
    return {"enum": [*schema["enum"], None]} if "enum" in schema else schema


def _input(table: Table, rows_max: int) -> dict[str, Any]:
    names = [one.name for one in table.columns]
    where = {one.name: _wanted(one) for one in table.columns if _filterable(one)}
    return {
        "type": "object",
        "properties": {
            "where": {"type": "object", "properties": where, "additionalProperties": False},
            "columns": {
                "type": "array",
                "items": {"enum": names},
                "minItems": 1,
                "uniqueItems": True,
            },
            "order": {
                "type": "array",
                "items": {"enum": sorted({*names, *(f"-{name}" for name in names)})},
                "maxItems": 10,
            },
            "limit": {"type": "integer", "minimum": 1, "maximum": rows_max},
        },
        "additionalProperties": False,
    }


def _filterable(column: Column) -> bool:
    known = "enum" in column.schema or not column.schema or column.schema.get("type") in _FILTERABLE
    return known and column.kind not in ("bytes", "json")


def _wanted(column: Column) -> dict[str, Any]:
    """One value, or any of several."""
    one: dict[str, Any]
    if "enum" in column.schema:
        one = {"enum": [*column.schema["enum"], None]}
    elif column.kind == "decimal":
        one = {"type": ["string", "number", "null"]}
    else:
        kind = column.schema.get("type")
        one = {"type": [kind, "null"] if kind else ["string", "number", "boolean", "null"]}
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1, "maxItems": _ANY_OF_MAX}]}


def _said(table: Table) -> str:
    key = f", by {', '.join(table.primary_key)}" if table.primary_key else ""
    return ". ".join(filter(None, [f"Rows of {table.full_name}{key}", table.comment]))
