"""Random JSON Schemas of the kinds that capabilities have, and random values that obey them. All from dice."""

import random
from collections.abc import Mapping
from typing import Any, cast

__all__ = ["Schema", "dressed", "fits", "random_object", "random_schema", "random_value"]

Schema = dict[str, Any]

_WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "haven")
_FIELDS = ("id", "name", "total", "count", "state", "rows", "note", "rate", "open", "owner", "tags")
# Numbers stay small, so that arithmetic on them never leaves 64 bits.
_INTEGER_MAX = 1_000
_ITEMS_MAX = 4


def random_schema(dice: random.Random, depth: int = 2) -> Schema:
    """A schema of a scalar, a list or an object, nested at most `depth` deep; some scalars may be null."""
    kind = dice.choices(
        ("string", "integer", "number", "boolean", "enum", "bounded", "array", "object"),
        (5, 5, 3, 3, 2, 2, 3 if depth else 0, 4 if depth else 0),
    )[0]
    match kind:
        case "enum":
            return {"type": "string", "enum": sorted(dice.sample(_WORDS, dice.randint(2, 4)))}
        case "bounded":
            low = dice.randint(-5, 5)
            return {"type": "integer", "minimum": low, "maximum": low + dice.randint(1, 20)}
        case "array":
            return {"type": "array", "items": random_schema(dice, depth - 1)}
        case "object":
            return random_object(dice, depth)
        case _ if dice.random() < 0.12:
            return {"type": [kind, "null"]}
        case _:
            return {"type": kind}


def random_object(dice: random.Random, depth: int = 2, *, fields_min: int = 1) -> Schema:
    """The schema of an object with up to four fields, some of which need not be there."""
    names = dice.sample(_FIELDS, dice.randint(fields_min, 4))
    properties = {name: random_schema(dice, depth - 1) for name in names}
    required = [name for name in names if dice.random() < 0.75]
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def random_value(dice: random.Random, schema: Mapping[str, Any]) -> Any:
    """A value that obeys `schema`, which is one of those that `random_schema` makes, or {}."""
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = "null" if dice.random() < 0.3 else cast("list[str]", kind)[0]
    match kind:
        case "string":
            return dice.choice(cast("list[str]", schema.get("enum", _WORDS)))
        case "integer":
            low, high = schema.get("minimum", -_INTEGER_MAX), schema.get("maximum", _INTEGER_MAX)
            return dice.randint(low, high)
        case "number":
            # JSON has one kind of number: sometimes without a point.
            whole = dice.randint(-_INTEGER_MAX, _INTEGER_MAX)
            return whole if dice.random() < 0.2 else whole + 0.25
        case "boolean":
            return dice.random() < 0.5
        case "array":
            count = dice.randint(0, _ITEMS_MAX)
            return [random_value(dice, schema["items"]) for _ in range(count)]
        case "object":
            required = schema["required"]
            return {
                name: random_value(dice, inner)
                for name, inner in schema["properties"].items()
                if name in required or dice.random() < 0.5
            }
        case _:
            return None


def dressed(dice: random.Random, schema: Schema) -> Schema:
    """A schema that means the same as `schema`, written in another way: `anyOf`, `allOf`, `$ref`, `const`."""
    defs: dict[str, Schema] = {}
    worn = _worn(dice, schema, defs)
    if "$ref" in worn:
        worn = defs.pop(worn["$ref"].rpartition("/")[2])  # the root says itself what it is
    return {**worn, "$defs": defs} if defs else worn


def _worn(dice: random.Random, schema: Schema, defs: dict[str, Schema]) -> Schema:
    new = dict(schema)
    if "properties" in new:
        new["properties"] = {n: _worn(dice, inner, defs) for n, inner in new["properties"].items()}
    if "items" in new:
        new["items"] = _worn(dice, new["items"], defs)
    kind = new.get("type")
    if isinstance(kind, list) and dice.random() < 0.5:
        return {"anyOf": [{**new, "type": one} for one in cast("list[str]", kind)]}
    if "enum" in new and dice.random() < 0.3:
        return {"oneOf": [{"const": word} for word in new["enum"]]}
    if "minimum" in new and dice.random() < 0.3:
        low = new.pop("minimum")
        return {"allOf": [new, {"minimum": low}]}
    if kind and dice.random() < 0.1:
        name = f"d{len(defs)}"
        defs[name] = new
        return {"$ref": f"#/$defs/{name}"}
    return {**new, "title": "T"} if dice.random() < 0.1 else new


def fits(source: Mapping[str, Any], target: Mapping[str, Any]) -> bool:
    """True if every value that obeys `source` obeys `target`; both are of the kinds that `random_schema` makes."""
    if not target:
        return True
    if not source:
        return False
    ours, theirs = _kinds(source), _kinds(target)
    if not ours <= (theirs | ({"integer"} if "number" in theirs else set())):
        return False
    if "enum" in target and not set(source.get("enum", [None])) <= set(target["enum"]):
        return False
    if "minimum" in target:
        low, high = source.get("minimum"), source.get("maximum")
        if low is None or high is None or low < target["minimum"] or high > target["maximum"]:
            return False
    if "array" in ours:
        return fits(source["items"], target["items"])
    if "object" in ours:
        return _object_fits(source, target)
    return True


def _kinds(schema: Mapping[str, Any]) -> set[str]:
    kind = schema["type"]
    return {kind} if isinstance(kind, str) else set(cast("list[str]", kind))


def _object_fits(source: Mapping[str, Any], target: Mapping[str, Any]) -> bool:
    if not set(target["required"]) <= set(source["required"]):
        return False
    known = target["properties"]
    return all(
        name in known and fits(inner, known[name]) for name, inner in source["properties"].items()
    )
