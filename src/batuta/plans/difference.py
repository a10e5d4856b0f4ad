"""What is different between two plans, two values, or two cards of a capability, field by field.

Pure. Used by `batuta diff`, and by the engine to say what has changed under a run.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, cast

import msgspec

from batuta.plans.types import described, of_schema
from batuta.spec.budget import usd
from batuta.spec.card import Card
from batuta.spec.plan import Plan
from batuta.spec.value import canonical, plain

__all__ = ["Change", "card_changes", "plan_changes", "value_changes"]

# Differences of one value that are told; whoever wants all of them compares files. And how deep it is looked.
_CHANGES_MAX = 200
_DEPTH_MAX = 24


class Change(msgspec.Struct, frozen=True):
    """One difference: at `path`, in dots and brackets ("" for the whole). `before` or `after` is None where absent."""

    path: str
    kind: Literal["added", "removed", "changed", "renamed"]
    before: Any = None
    after: Any = None


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────


def value_changes(before: Any, after: Any, path: str = "") -> list[Change]:
    """Where two JSON values differ, the first 200 places; [] if they are equal as JSON (1 and 1.0 are not)."""
    found: list[Change] = []
    for change in _value_changes(before, after, path, 0):
        found.append(change)
        if len(found) >= _CHANGES_MAX:
            break
    return found


def _value_changes(before: Any, after: Any, path: str, depth: int) -> Iterator[Change]:
    deep = depth < _DEPTH_MAX
    if deep and isinstance(before, dict) and isinstance(after, dict):
        old, new = cast("dict[str, Any]", before), cast("dict[str, Any]", after)
        yield from _map_changes(old, new, path, depth)
    elif deep and isinstance(before, list) and isinstance(after, list):
        yield from _list_changes(cast("list[Any]", before), cast("list[Any]", after), path, depth)
    elif not _same(before, after):
        yield Change(path, "changed", before, after)


def _map_changes(
    before: Mapping[str, Any], after: Mapping[str, Any], path: str, depth: int
) -> Iterator[Change]:
    for key in dict.fromkeys([*before, *after]):
        inner = f"{path}.{key}" if path else key
        if key not in after:
            yield Change(inner, "removed", before[key])
        elif key not in before:
            yield Change(inner, "added", None, after[key])
        else:
            yield from _value_changes(before[key], after[key], inner, depth + 1)


def _list_changes(
    before: Sequence[Any], after: Sequence[Any], path: str, depth: int
) -> Iterator[Change]:
    for index in range(max(len(before), len(after))):
        inner = f"{path}[{index}]"
        if index >= len(after):
            yield Change(inner, "removed", before[index])
        elif index >= len(before):
            yield Change(inner, "added", None, after[index])
        else:
            yield from _value_changes(before[index], after[index], inner, depth + 1)


def _same(before: Any, after: Any) -> bool:
    # Python's 1 == True == 1.0 is not JSON's.
    return bool(before == after) and canonical(before) == canonical(after)


# ── plans ────────────────────────────────────────────────────────────────────────────────────────────────────


def plan_changes(before: Plan, after: Plan) -> list[Change]:
    """How `after` differs from `before`: its own fields, its inputs, its steps field by field, its result."""
    old, new = _fields(before), _fields(after)
    steps_old, steps_new = old.pop("steps", {}), new.pop("steps", {})
    result_old, result_new = old.pop("result", None), new.pop("result", None)
    return [
        *value_changes(old, new),
        *_step_changes(steps_old, steps_new),
        *value_changes(result_old, result_new, "result"),
    ]


def _fields(plan: Plan) -> dict[str, Any]:
    return cast("dict[str, Any]", plain(plan))


def _step_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    gone = {name: step for name, step in before.items() if name not in after}
    new = {name: step for name, step in after.items() if name not in before}
    for name, step in list(gone.items()):
        same = next((other for other, one in new.items() if _same(step, one)), None)
        if same is not None:
            del gone[name], new[same]
            yield Change(f"steps.{name}", "renamed", name, same)
    for name in dict.fromkeys([*before, *after]):
        path = f"steps.{name}"
        if name in gone:
            yield Change(path, "removed", before[name])
        elif name in new:
            yield Change(path, "added", None, after[name])
        elif name in before and name in after:
            yield from value_changes(before[name], after[name], path)


# ── cards ────────────────────────────────────────────────────────────────────────────────────────────────────


def card_changes(before: Card, after: Card) -> list[str]:
    """How a capability has changed: `effect: read → write`, `input.amount: integer → string`; [] if it has not.

    The description, and what is missing now, are no part of what a run is pinned to.
    """
    found: list[str] = []
    for name in Card.__struct_fields__:
        old, new = getattr(before, name), getattr(after, name)
        if name in ("input", "output"):
            found += _schema_changes(old, new, name)
        elif name not in ("description", "missing") and old != new:
            word = {"price_nusd": "price", "timeout_s": "timeout"}.get(name, name)
            found.append(f"{word}: {_shown(name, old)} → {_shown(name, new)}")
    return found


def _shown(name: str, value: Any) -> str:
    match name:
        case "price_nusd":
            return f"${usd(value):g}"
        case "timeout_s":
            return f"{value:g} s"
        case "scopes":
            return ", ".join(value) or "none"
        case _:
            return {"True": "yes", "False": "no"}.get(str(value), str(value))


def _schema_changes(before: Any, after: Any, path: str) -> list[str]:
    """Differences of two JSON Schemas: of the fields of a map one by one, of anything else as types."""
    if _same(before, after):
        return []
    if not (_is_map(before) and _is_map(after)):
        was, now = described(of_schema(before)), described(of_schema(after))
        return [f"{path}: {was} → {now}" if was != now else f"{path}: other constraints"]
    found = list(_field_changes(before, after, path))
    return found or [f"{path}: other constraints"]


def _is_map(schema: Any) -> bool:
    return isinstance(schema, dict) and isinstance(
        cast("dict[str, Any]", schema).get("properties"), dict
    )


def _field_changes(before: Mapping[str, Any], after: Mapping[str, Any], path: str) -> Iterator[str]:
    old, new = before["properties"], after["properties"]
    required_old, required_new = _required(before), _required(after)
    for name in dict.fromkeys([*old, *new]):
        inner = f"{path}.{name}"
        if name not in new:
            yield f"{inner}: gone"
            continue
        now = described(of_schema(_alone(new[name], after)))
        word = "required" if name in required_new else "optional"
        if name not in old:
            yield f"{inner}: new, {word} {now}"
            continue
        was = described(of_schema(_alone(old[name], before)))
        if was != now:
            yield f"{inner}: {was} → {now}"
        elif not _same(_without_prose(old[name]), _without_prose(new[name])):
            yield f"{inner}: other constraints"
        if (name in required_old) != (name in required_new):
            yield f"{inner}: {'required' if name in required_old else 'optional'} → {word}"


def _required(schema: Mapping[str, Any]) -> frozenset[str]:
    names = schema.get("required", [])
    return frozenset(map(str, cast("list[Any]", names))) if isinstance(names, list) else frozenset()


def _alone(schema: object, whole: Mapping[str, Any]) -> Any:
    """The schema of a field, with the definitions that it may refer to."""
    if isinstance(schema, dict) and "$defs" in whole:
        return {**cast("dict[str, Any]", schema), "$defs": whole["$defs"]}
    return cast("Any", schema)


def _without_prose(schema: object) -> Any:
    if not isinstance(schema, dict):
        return schema
    known = cast("dict[str, Any]", schema)
    return {key: value for key, value in known.items() if key not in ("description", "title")}
