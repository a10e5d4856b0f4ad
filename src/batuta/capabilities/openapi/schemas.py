"""The schemas of a document as JSON Schema 2020-12. What is referred to by name stays so: recursion is no problem."""

import math
import re
import warnings
from collections.abc import Mapping
from typing import Any, Literal, cast

from batuta.capabilities.openapi.references import References, Refused, as_list, as_map, maps_in

__all__ = ["Direction", "Schemas", "nullable"]

# What is sent leaves out what only the server writes; what is received lacks what only the client writes.
Direction = Literal["input", "output"]

# Levels of one schema, references not counted; what is below is anything.
_LEVELS_MAX = 40
_DESCRIPTION_CHARS_MAX = 1_000
_TYPES = frozenset({"string", "number", "integer", "boolean", "array", "object", "null"})
_INTEGER_MAX = 2**63 - 1
# The linear engine knows no looking around and no going back, and refuses what grows when it is written out.
_PATTERN_NOT_OURS = re.compile(
    r"\(\?[=!<]|\\[0-9kcuAZzG]|\{\d{4,}|,\d{4,}\}|\[\^?\]|\\p\{[^}]*=|(?<!\\)(?<!\\[pP])\{(?!\d+(?:,\d*)?\})"
)
_PATTERN_CHARS_MAX = 1_000

_ONE = ("not", "contains", "propertyNames", "if", "then", "else", "contentSchema")
_ONE_OR_BOOLEAN = ("additionalProperties", "unevaluatedProperties", "unevaluatedItems")
_SEVERAL = ("allOf", "anyOf", "prefixItems")
_NAMED = ("properties", "patternProperties", "dependentSchemas")
_COUNTS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
_LIMITS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_WORDS = ("title", "format", "contentEncoding", "contentMediaType")


class Schemas:
    """Converts the schemas of one document.

    `definitions`: those that others refer to, by name. `dangling`: why a reference leads to nothing, and stands for
    anything.
    """

    def __init__(self, references: References) -> None:
        self.definitions: dict[str, Any] = {}
        self.dangling: dict[str, str] = {}
        self._references = references
        self._names: dict[tuple[str, Direction], str] = {}
        self._taken: set[str] = set()
        self._waiting: list[tuple[str, Direction]] = []
        self._one_way: dict[str, bool] = {}
        self._marks: dict[str, tuple[bool, set[str]]] = {}

    def converted(self, schema: object, direction: Direction) -> dict[str, Any]:
        """`schema` with `#/$defs/X` for what is in `definitions`. Never raises: what is no schema is anything."""
        found = self._convert(schema, direction, 0)
        while self._waiting:
            reference, towards = self._waiting.pop()
            name = self._names[reference, towards]
            self.definitions[name] = self._convert(self._target(reference), towards, 0)
        return found if isinstance(found, dict) else {} if found else {"not": {}}

    def _convert(self, schema: object, direction: Direction, level: int) -> dict[str, Any] | bool:
        if isinstance(schema, bool):
            return schema
        given = as_map(schema)
        if not given or level > _LEVELS_MAX:
            return {}
        found: dict[str, Any] = {}
        reference = given.get("$ref")
        if isinstance(reference, str):
            found |= self._referred(reference, direction)
        for key in _ONE:
            if isinstance(given.get(key), dict | bool):
                found[key] = self._convert(given[key], direction, level + 1)
        for key in _ONE_OR_BOOLEAN:
            if isinstance(given.get(key), dict | bool):
                found[key] = self._convert(given[key], direction, level + 1)
        for key in _SEVERAL:
            if several := self._several(given.get(key), direction, level):
                found[key] = several
        for key in _NAMED:
            if named := as_map(given.get(key)):
                found[key] = {
                    name: self._convert(one, direction, level + 1) for name, one in named.items()
                }
        if "items" in given and not isinstance(given["items"], list):
            found["items"] = self._convert(given["items"], direction, level + 1)
        self._alternatives(given, found, direction, level)
        self._required(given, found, direction)
        _plain(given, found)
        return nullable(found) if _is_nullable(given) else found

    def _several(self, value: object, direction: Direction, level: int) -> list[Any]:
        return [self._convert(one, direction, level + 1) for one in as_list(value)]

    def _alternatives(
        self, given: Mapping[str, Any], found: dict[str, Any], direction: Direction, level: int
    ) -> None:
        """`oneOf` as `anyOf`: what people write there overlaps more often than not."""
        one_of = self._several(given.get("oneOf"), direction, level)
        if one_of and "anyOf" in found:
            found["allOf"] = [*found.get("allOf", []), {"anyOf": one_of}]
        elif one_of:
            found["anyOf"] = one_of

    def _required(
        self, given: Mapping[str, Any], found: dict[str, Any], direction: Direction
    ) -> None:
        properties = as_map(given.get("properties"))
        mark = "readOnly" if direction == "input" else "writeOnly"
        names = [
            name
            for name in as_list(given.get("required"))
            if isinstance(name, str) and not self._marked(properties.get(name), mark)
        ]
        if names:
            found["required"] = list(dict.fromkeys(names))

    def _marked(self, schema: object, mark: str) -> bool:
        try:
            return self._references.resolved(schema).get(mark) is True
        except Refused:
            return False

    def _referred(self, reference: str, direction: Direction) -> dict[str, Any]:
        if self._target(reference) is None:
            return {}
        known: tuple[str, Direction] = (
            (reference, direction) if self._differs(reference) else (reference, "output")
        )
        if known not in self._names:
            self._names[known] = self._name(reference, known[1])
            self._waiting.append(known)
        return {"$ref": f"#/$defs/{self._names[known]}"}

    def _target(self, reference: str) -> object:
        try:
            return self._references.at(reference)
        except Refused as refused:
            self.dangling[reference[:200]] = refused.reason
            return None

    def _name(self, reference: str, direction: Direction) -> str:
        plain = re.sub(r"[^A-Za-z0-9_.-]+", "_", reference.rpartition("/")[2])[:100] or "_"
        plain += "_input" if direction == "input" else ""
        name, count = plain, 1
        while name in self._taken:
            count += 1
            name = f"{plain}_{count}"
        self._taken.add(name)
        return name

    def _differs(self, reference: str) -> bool:
        """True if something below is for one direction only, so that it is not the same in both."""
        if reference in self._one_way:
            return self._one_way[reference]
        seen: set[str] = set()
        waiting = [reference]
        found = False
        while waiting and not found:
            one = waiting.pop()
            if one in seen:
                continue
            seen.add(one)
            if one not in self._marks:
                self._marks[one] = _marks(self._target(one))
            marked, references = self._marks[one]
            found = marked or any(self._one_way.get(each, False) for each in references)
            waiting.extend(references)
        self._one_way[reference] = found
        if not found:
            self._one_way |= dict.fromkeys(seen, False)
        return found


def nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """`schema`, or null."""
    kind = schema.get("type")
    if kind is not None and "$ref" not in schema and "const" not in schema:
        found = dict(schema)
        kinds = cast("list[Any]", kind) if isinstance(kind, list) else [kind]
        found["type"] = [*kinds, *(() if "null" in kinds else ("null",))]
        if "enum" in found and None not in found["enum"]:
            found["enum"] = [*found["enum"], None]
        return found
    return {"anyOf": [schema, {"type": "null"}]} if schema else schema


def _is_nullable(given: Mapping[str, Any]) -> bool:
    return given.get("nullable") is True or given.get("x-nullable") is True


def _marks(schema: object) -> tuple[bool, set[str]]:
    """Whether anything in `schema` is for one direction only, and what it refers to."""
    references: set[str] = set()
    for one in maps_in(schema):
        if one.get("readOnly") is True or one.get("writeOnly") is True:
            return True, references
        if isinstance(one.get("$ref"), str):
            references.add(one["$ref"])
    return False, references


def _plain(given: Mapping[str, Any], found: dict[str, Any]) -> None:
    """The keywords that hold no schema, as far as they are what they should be."""
    kinds = [one for one in _kinds(given.get("type")) if isinstance(one, str) and one in _TYPES]
    if kinds:
        found["type"] = kinds[0] if len(kinds) == 1 else kinds
    if description := given.get("description"):
        found["description"] = str(description)[:_DESCRIPTION_CHARS_MAX]
    for key in _WORDS:
        if isinstance(given.get(key), str):
            found[key] = given[key]
    for key in _COUNTS:
        if (count := _number(given.get(key))) is not None and count >= 0:
            found[key] = int(count)
    for key in _LIMITS:
        if (limit := _number(given.get(key))) is not None and (key != "multipleOf" or limit > 0):
            found[key] = limit
    # In 3.0 and 2.0 it is said beside the limit that the limit itself is excluded.
    for key, excluded in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if given.get(excluded) is True and key in found:
            found[excluded] = found.pop(key)
    if isinstance(given.get("uniqueItems"), bool):
        found["uniqueItems"] = given["uniqueItems"]
    if enum := as_list(given.get("enum")):
        found["enum"] = [one for one in enum if _carried(one)]
    for key in ("const", "default"):
        if key in given and _carried(given[key]):
            found[key] = given[key]
    pattern = given.get("pattern")
    if isinstance(pattern, str) and _ours(pattern):
        found["pattern"] = pattern
    if "patternProperties" in found:
        found["patternProperties"] = {
            one: schema for one, schema in found["patternProperties"].items() if _ours(one)
        }


def _ours(pattern: str) -> bool:
    """True if our engine can take it; one that it cannot is left to the server."""
    if len(pattern) > _PATTERN_CHARS_MAX or _PATTERN_NOT_OURS.search(pattern):
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    return True


def _kinds(value: object) -> list[Any]:
    return as_list(value) or [value]


def _number(value: object) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) and abs(value) <= _INTEGER_MAX else None


def _carried(value: object) -> bool:
    """False for a number that nobody can carry exactly."""
    if isinstance(value, int) and not isinstance(value, bool):
        return abs(value) <= _INTEGER_MAX
    return not isinstance(value, float) or math.isfinite(value)
