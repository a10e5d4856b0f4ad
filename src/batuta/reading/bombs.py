"""Schemas that are small and take for ever: references that double what has to be looked at, again and again. Pure.

A checker looks at a value once for each way that leads from the schema to it. Where parts of a schema are shared by
references, ten levels of two ways each are a thousand looks, and forty are more than anybody can wait for. Here the
ways are counted, each part once, before a checker is let loose.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any, cast

__all__ = ["Ways"]

# A schema with so many ways to one place of a value cannot be used.
_WAYS_MAX = 1_000_000
# With more than so many it is looked at twice; each costs 50 µs if all that is wrong is to be told, and 30 ns if not.
_CALM_WAYS = 2_000
# The ways are followed so many levels down.
_LEVELS = 40
# Steps to count the ways through a schema, or those of one value.
_STEPS_MAX = 300_000

_SAME_LISTS = ("allOf", "anyOf", "oneOf")
_SAME = ("not", "if", "then", "else")
_SAME_MAPS = ("dependentSchemas", "dependencies")
_BELOW = (
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
    "items",
    "additionalItems",
    "unevaluatedItems",
    "contains",
)
# Stands for any name below.
_ANY = ""

_Part = dict[str, Any]


class Ways:
    """The ways through `schema`.

    Attributes:
        too_many: they are more than anybody can go, whatever the value is.
        calm: they are few, whatever the value is.
    """

    def __init__(self, schema: Any) -> None:
        self._root = schema
        self._parts: dict[int, _Part] = {}
        self._same: dict[int, list[_Part]] = {}
        self._below: dict[int, list[tuple[str, _Part]]] = {}
        self._names: dict[str, _Part] = {}
        self._steps = 0
        self.too_many, most = False, 0
        try:
            if isinstance(schema, dict):
                self._gather(cast("_Part", schema))
                most = self._most()
        except RecursionError:
            self.too_many = True
        self.calm = not self.too_many and most <= _CALM_WAYS

    def looks(self, value: Any) -> int:
        """How often something is looked at when `value` is checked. Raises `RecursionError`: it cannot be counted."""
        counted: dict[tuple[int, int], int] = {}
        underway: set[tuple[int, int]] = set()
        self._steps = 0

        def count(part: _Part, value: Any) -> int:
            at = (id(part), id(value))
            if at in counted or at in underway:
                return counted.get(at, 0)
            self._step()
            underway.add(at)
            total = 1 + sum(count(one, value) for one in self._same[id(part)])
            for name, one in self._below[id(part)]:
                total += sum(count(one, inner) for inner in _inside(value, name))
            underway.discard(at)
            counted[at] = total
            return total

        return count(self._root, value)

    def _step(self, count: int = 1) -> None:
        self._steps += count
        if self._steps > _STEPS_MAX:
            raise RecursionError("there are too many ways to count them")

    def _gather(self, root: _Part) -> None:
        """All parts, the names that some have, and what each leads to."""
        waiting = [root]
        while waiting:
            part = waiting.pop()
            if id(part) in self._parts:
                continue
            self._parts[id(part)] = part
            for key in ("$anchor", "$dynamicAnchor", "$id"):
                if isinstance(name := part.get(key), str):
                    self._names["#" + name if key != "$id" else name] = part
            waiting += [one for one in _maps(part.get("$defs")) if isinstance(one, dict)]
            waiting += [one for one in _maps(part.get("definitions")) if isinstance(one, dict)]
            waiting += _same_place(part)
            waiting += [one for _, one in _places_below(part)]
        # What a reference leads to may stand where no schema is expected.
        waiting = list(self._parts.values())
        while waiting:
            part = waiting.pop()
            if id(part) in self._same:
                continue
            self._step()
            self._parts[id(part)] = part
            same, below = _same_place(part), list(_places_below(part))
            for key in ("$ref", "$dynamicRef", "$recursiveRef"):
                if (target := self._target(part.get(key))) is not None:
                    same.append(target)
            self._same[id(part)], self._below[id(part)] = same, below
            waiting += [*same, *(one for _, one in below)]

    def _target(self, reference: Any) -> _Part | None:
        if not isinstance(reference, str):
            return None
        if (known := self._names.get(reference)) is not None:
            return known
        base, _, pointer = reference.partition("#")
        found: Any = self._names.get(base, self._root if not base else None)
        for name in pointer.split("/")[1:]:
            name = name.replace("~1", "/").replace("~0", "~")
            if isinstance(found, dict):
                found = cast("_Part", found).get(name)
            elif isinstance(found, list) and name.isdecimal():
                items = cast("list[Any]", found)
                found = items[int(name)] if int(name) < len(items) else None
            else:
                return None
        return cast("_Part", found) if isinstance(found, dict) else None

    def _most(self) -> int:
        """The most ways that lead to one place, up to where it does not matter any more how many they are."""
        closures: dict[int, Counter[int]] = {}
        for part in self._parts.values():
            if self._closed(part, closures, set()).total() > _WAYS_MAX:
                self.too_many = True
                return _WAYS_MAX
        steps: dict[int, dict[str, Counter[int]]] = {}
        for at, closure in closures.items():
            leads: dict[str, Counter[int]] = {}
            for one, times in closure.items():
                for name, target in self._below[one]:
                    leads.setdefault(name, Counter())[id(target)] += times
                    self._step()
            if leads:
                steps[at] = leads
        ways = {at: closure.total() for at, closure in closures.items()}
        for _ in range(_LEVELS):
            deeper = dict(ways)
            for at, leads in steps.items():
                self._step(len(leads))
                each = {
                    name: sum(ways[one] * times for one, times in targets.items())
                    for name, targets in leads.items()
                }
                anywhere = each.pop(_ANY, 0)
                deeper[at] = max(ways[at], anywhere + max(each.values(), default=0))
            if deeper == ways or max(deeper.values()) > _CALM_WAYS:
                return max(deeper.values())
            ways = deeper
        return max(ways.values())

    def _closed(
        self, part: _Part, closures: dict[int, Counter[int]], underway: set[int]
    ) -> Counter[int]:
        """The parts that look at the same place as `part`, and how often each does."""
        at = id(part)
        if at in closures:
            return closures[at]
        if at in underway:
            return Counter()
        underway.add(at)
        found = Counter({at: 1})
        for one in self._same[at]:
            more = self._closed(one, closures, underway)
            self._step(len(more))
            found.update(more)
            if found.total() > _WAYS_MAX:
                break
        underway.discard(at)
        closures[at] = found
        return found


def _maps(value: Any) -> list[Any]:
    return list(cast("_Part", value).values()) if isinstance(value, dict) else []


def _same_place(part: _Part) -> list[_Part]:
    found: list[Any] = [part.get(key) for key in _SAME]
    for key in _SAME_LISTS:
        if isinstance(part.get(key), list):
            found += part[key]
    for key in _SAME_MAPS:
        found += _maps(part.get(key))
    return [cast("_Part", one) for one in found if isinstance(one, dict)]


def _places_below(part: _Part) -> Iterator[tuple[str, _Part]]:
    found: list[tuple[str, Any]] = [(_ANY, part.get(key)) for key in _BELOW]
    found += [(_ANY, one) for one in _maps(part.get("patternProperties"))]
    properties = part.get("properties")
    if isinstance(properties, dict):
        found += [(f".{name}", one) for name, one in cast("_Part", properties).items()]
    for key in ("items", "prefixItems"):
        if isinstance(part.get(key), list):
            found += [(f"[{at}", one) for at, one in enumerate(part[key])]
    for name, one in found:
        if isinstance(one, dict):
            yield name, cast("_Part", one)


def _inside(value: Any, name: str) -> list[Any]:
    """What is in `value` at the place `name`, that is a map or a list."""
    if isinstance(value, dict):
        known = cast("_Part", value)
        found = list(known.values()) if name == _ANY else [known.get(name[1:])]
    elif isinstance(value, list):
        items = cast("list[Any]", value)
        found = items if name == _ANY else items[int(name[1:]) :][:1] if name[0] == "[" else []
    else:
        return []
    return [one for one in found if one is not None]
