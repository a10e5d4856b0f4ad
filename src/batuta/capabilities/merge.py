"""Merging: several results become one map, one list or one table."""

from typing import Annotated, Any, Literal, TypeAlias, cast

import msgspec

from batuta.capabilities.function import capability
from batuta.capabilities.vote import ballot
from batuta.errors import CallFailed

__all__ = ["merge"]

Strategy: TypeAlias = Literal["append", "union", "overwrite", "error"]

# Deeper maps are somebody's mistake, and Python's own limit is not far.
_DEPTH_MAX = 100


@capability(effect="pure", reach="local")
async def merge(
    values: Annotated[list[Any], msgspec.Meta(description="what to merge; nulls are left out")],
    into: Annotated[
        Literal["map", "list", "table"] | None,
        msgspec.Meta(description="a map if all values are maps, else a list, unless stated"),
    ] = None,
    strategy: Annotated[
        Strategy,
        msgspec.Meta(
            description="append: lists follow each other; union: without repeating equal items; "
            "overwrite: the last one holds; error: no two may differ"
        ),
    ] = "append",
    key: Annotated[
        str | None,
        msgspec.Meta(description="of a table: rows with the same value in it are one row"),
    ] = None,
) -> dict[str, Any] | list[Any]:
    """Merges maps deeply, puts lists together, or makes a table of rows with the same columns.

    In maps, two values under one key that are both maps are merged, two lists are treated as `strategy` says, and
    two others that differ are a conflict, unless the strategy is `overwrite`. In lists, values that are no lists
    are items; `error` refuses equal items. The rows of a table are maps, single or in lists; each gets every
    column, with null where it had none.
    """
    given = [value for value in values if value is not None]
    if key is not None and into != "table":
        raise CallFailed("key: it is for a table; say into: table", code="invalid")
    if into == "table":
        return _table(given, strategy, key)
    maps = all(isinstance(value, dict) for value in given)
    if into == "map" or (into is None and maps and given):
        if not maps:
            raise CallFailed("values: a map is merged from maps only", code="invalid")
        merged: dict[str, Any] = {}
        for one in given:
            _merge_map(merged, one, strategy, ())
        return merged
    return _merge_list(given, strategy)


def _merge_map(
    merged: dict[str, Any], other: dict[str, Any], strategy: Strategy, path: tuple[str, ...]
) -> None:
    """Merge `other` into `merged`, which belongs to us; parts of `other` may become parts of it."""
    if len(path) > _DEPTH_MAX:
        raise CallFailed(f"values: nested more than {_DEPTH_MAX} deep", code="invalid")
    for name, new in other.items():
        old = merged.get(name)
        if old is None:
            merged[name] = new
        elif new is None:
            continue
        elif isinstance(old, dict) and isinstance(new, dict):
            both = dict(cast("dict[str, Any]", old))
            _merge_map(both, cast("dict[str, Any]", new), strategy, (*path, name))
            merged[name] = both
        elif strategy == "overwrite":
            merged[name] = new
        elif strategy != "error" and isinstance(old, list) and isinstance(new, list):
            merged[name] = _merge_list([old, new], strategy)
        elif ballot(old) != ballot(new):
            raise CallFailed(
                f"conflict at {'.'.join((*path, name))}: {_shown(old)} and {_shown(new)}; "
                "strategy: overwrite takes the last",
                code="conflict",
            )


def _merge_list(values: list[Any], strategy: Strategy) -> list[Any]:
    if strategy == "overwrite":
        lists: list[Any] = [value for value in values if isinstance(value, list)]
        return lists[-1] if lists else values
    items: list[Any] = []
    for value in values:
        items += cast("list[Any]", value) if isinstance(value, list) else [value]
    if strategy == "append":
        return items
    different: dict[object, Any] = {}
    for item in items:
        different.setdefault(ballot(item), item)
    if strategy == "error" and len(different) < len(items):
        raise CallFailed(
            "conflict: an item is there twice; strategy: union keeps one", code="conflict"
        )
    return list(different.values())


def _table(values: list[Any], strategy: Strategy, key: str | None) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for row in _merge_list(values, "append"):
        if row is None:
            continue
        if not isinstance(row, dict):
            raise CallFailed(
                f"values: the row {_shown(row)} of a table is not a map", code="invalid"
            )
        rows.append(cast("dict[str, Any]", row))
    if key is not None:
        rows = _joined(rows, strategy, key)
    columns = dict.fromkeys(name for row in rows for name in row)
    return [{name: row.get(name) for name in columns} for row in rows]


def _joined(rows: list[dict[str, Any]], strategy: Strategy, key: str) -> list[dict[str, Any]]:
    joined: dict[object, dict[str, Any]] = {}
    for row in rows:
        if row.get(key) is None:
            raise CallFailed(f"values: the row {_shown(row)} has no {key}", code="invalid")
        _merge_map(joined.setdefault(ballot(row[key]), {}), row, strategy, (str(row[key]),))
    return list(joined.values())


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
