"""Tables and views as SQLAlchemy's inspector sees them, as plain data that can be kept between starts."""

from typing import Any, cast

import msgspec

__all__ = ["COUNT_MAX", "Column", "Table", "inspected"]

# Look-ups of one database; who has more tables names the ones that matter.
COUNT_MAX = 500
_COLUMNS_MAX = 1_000
_ENUM_MAX = 200

_TEXT: dict[str, Any] = {"type": "string"}
_DECIMAL: dict[str, Any] = {"type": "string", "format": "decimal"}
_BYTES: dict[str, Any] = {"type": "string", "contentEncoding": "base64"}


class Column(msgspec.Struct, frozen=True, omit_defaults=True):
    """`schema` is that of a value that is there; `nullable` says whether it may be missing.

    `kind` is the word for how it is stored, where JSON does not have one: decimal, boolean, json, bytes.
    """

    name: str
    schema: dict[str, Any] = {}
    nullable: bool = True
    kind: str = ""


class Table(msgspec.Struct, frozen=True, omit_defaults=True):
    """A table or a view. `schema` is that of the database ("" for the default one)."""

    name: str
    columns: tuple[Column, ...]
    schema: str = ""
    primary_key: tuple[str, ...] = ()
    comment: str = ""

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


def inspected(engine: Any, wanted: tuple[str, ...]) -> list[Table]:
    """Tables and views of the default schema, or those named in `wanted` (`name` or `schema.name`), by name.

    What is wanted and not there is left out. Raises what the driver raises.
    """
    from sqlalchemy import inspect

    inspector = inspect(engine)
    found: list[Table] = []
    for schema, names in sorted(_by_schema(wanted).items()):
        found += _of_schema(inspector, schema, names)
    return sorted(found, key=lambda one: one.full_name)[:COUNT_MAX]


def _by_schema(wanted: tuple[str, ...]) -> dict[str, frozenset[str]]:
    """Names by schema; an empty set stands for all of them. A dot may be part of a name, too."""
    if not wanted:
        return {"": frozenset()}
    schemas: dict[str, set[str]] = {"": set(wanted)}
    for name in wanted:
        schema, dot, rest = name.partition(".")
        if dot and rest:
            schemas.setdefault(schema, set()).add(rest)
    return {schema: frozenset(names) for schema, names in schemas.items()}


def _of_schema(inspector: Any, schema: str, names: frozenset[str]) -> list[Table]:
    from sqlalchemy.engine.reflection import ObjectKind, ObjectScope

    where: dict[str, Any] = {
        "schema": schema or None,
        "kind": ObjectKind.ANY,
        "scope": ObjectScope.DEFAULT,
        "filter_names": sorted(names) or None,
    }
    if schema and schema not in inspector.get_schema_names():
        return []
    columns: dict[Any, list[Any]] = inspector.get_multi_columns(**where)
    keys: dict[Any, dict[str, Any]] = inspector.get_multi_pk_constraint(**where)
    comments = _comments(inspector, where)
    found: list[Table] = []
    for (of, table), described in columns.items():
        if described and (not names or table in names):
            key: list[str] = (keys.get((of, table)) or {}).get("constrained_columns") or []
            found.append(
                Table(
                    name=table,
                    columns=tuple(_column(one, key) for one in described[:_COLUMNS_MAX]),
                    schema=schema,
                    primary_key=tuple(key),
                    comment=str((comments.get((of, table)) or {}).get("text") or "")[:500],
                )
            )
    return found


def _comments(inspector: Any, where: dict[str, Any]) -> dict[Any, dict[str, Any]]:
    try:
        return inspector.get_multi_table_comment(**where)
    except NotImplementedError:
        return {}  # SQLite has none


def _column(described: dict[str, Any], key: list[str]) -> Column:
    schema, kind = _typed(described["type"])
    name = described["name"]
    # SQLite says that its keys may be null, which they may only in tables that nobody has.
    return Column(name, schema, bool(described.get("nullable", True)) and name not in key, kind)


def _typed(type_: Any) -> tuple[dict[str, Any], str]:
    """The JSON Schema of the values of a type of SQLAlchemy, and our word for how they are stored."""
    from sqlalchemy import types

    schema: dict[str, Any]
    match type_:
        case types.ARRAY():
            array = cast("Any", type_)
            inner: Any = array.item_type
            return {"type": "array", "items": {} if array.dimensions != 1 else _typed(inner)[0]}, ""
        case types.Enum():
            enum: Any = type_
            names: list[str] = list(enum.enums or ())
            return {"enum": names} if 0 < len(names) <= _ENUM_MAX else _TEXT, ""
        case types.Boolean():
            return {"type": "boolean"}, "boolean"
        case types.Integer():
            return {"type": "integer"}, ""
        case types.Float():
            return {"type": "number"}, ""
        case types.Numeric():
            return _DECIMAL, "decimal"
        case types.DateTime():
            schema = {"type": "string", "format": "date-time"}
        case types.Date():
            schema = {"type": "string", "format": "date"}
        case types.Time():
            schema = {"type": "string", "format": "time"}
        case types.Interval():
            schema = {"type": "string", "format": "duration"}
        case types.Uuid():
            schema = {"type": "string", "format": "uuid"}
        case types.JSON():
            return {}, "json"
        case types.LargeBinary():
            return _BYTES, "bytes"
        case types.NullType():
            return {}, ""
        case _:
            schema = _TEXT
    return schema, ""
