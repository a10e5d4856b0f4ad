"""Capabilities as a model is shown them: whole where there is room for that, else what matters of each. Pure.

A service of a thousand operations has arguments of a hundred kilobytes, which no model reads for one request. What is
left out here is left out for the model alone: the checker has the whole card.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from batuta.spec.card import Card
from batuta.spec.value import canonical

__all__ = ["shown"]


class _Detail(NamedTuple):
    """How much of a card is told: levels of its schemas, fields and choices of each, characters of what is said of them
    and of the whole.

    `optional`: also of what need not be given.
    """

    levels: int
    fields: int
    said: int
    described: int
    optional: bool = True


# From much to little. The last is what a step cannot be written without; services have their arguments on two levels.
_DETAILS = (
    _Detail(5, 60, 200, 1_000),
    _Detail(3, 30, 80, 400),
    _Detail(3, 12, 0, 200),
    _Detail(2, 6, 0, 120),
    _Detail(2, 4, 0, 80, optional=False),
)
# These say what a value has to be, and have no schemas inside.
_KEPT = ("type", "format", "const", "default", "minimum", "maximum", "minLength", "maxLength")
_KEPT_BYTES_MAX = 100
_EITHER = ("anyOf", "oneOf", "allOf")
_REFERENCES_MAX = 16
_MORE = "… more"

_Schema = Mapping[str, Any]


def shown(cards: Sequence[Card], bytes_max: int) -> list[dict[str, Any]]:
    """`cards` (the nearest first) in at most `bytes_max` bytes of JSON; the last ones are left out if they must."""
    whole = {card.name: _whole(card) for card in cards}
    sizes = {name: _size(one) for name, one in whole.items()}
    if sum(sizes.values()) <= bytes_max:
        return [*whole.values()]
    told: dict[str, dict[str, Any]] = {}
    left, waiting = bytes_max, sorted(cards, key=lambda card: sizes[card.name])
    # Small ones first: what they leave of their share goes to the others.
    for at, card in enumerate(waiting):
        one = _within(card, whole[card.name], left // (len(waiting) - at))
        told[card.name] = one
        left -= _size(one)
    found = [told[card.name] for card in cards]
    while found and sum(map(_size, found)) > bytes_max:
        found.pop()
    return found


def _within(card: Card, whole: dict[str, Any], bytes_max: int) -> dict[str, Any]:
    """As much of a card as there is room for, and no less than the least."""
    one = whole
    for detail in _DETAILS:
        if _size(one) <= bytes_max:
            break
        one = _outlined(card, detail)
    return one


def _size(one: Mapping[str, Any]) -> int:
    return len(canonical(one)) + 1


def _whole(card: Card) -> dict[str, Any]:
    return _told(card, card.description, card.input, card.output or {})


def _outlined(card: Card, detail: _Detail) -> dict[str, Any]:
    takes, gives = card.input, card.output or {}
    wanted = _Outline(takes, detail).of(takes, detail.levels)
    # Of what a step gives, later ones use a field or two; deeper ones are seldom what they want.
    given = _Outline(gives, detail._replace(optional=True)).of(gives, detail.levels - 1)
    return _told(card, _cut(card.description, detail.described), wanted, given)


def _told(card: Card, does: str, takes: _Schema, gives: _Schema) -> dict[str, Any]:
    return {"name": card.name, "does": does, "effect": card.effect, "takes": takes, "gives": gives}


class _Outline:
    """Schemas in fewer words. `root`: what they refer into."""

    def __init__(self, root: _Schema, detail: _Detail) -> None:
        self._root = root
        self._detail = detail

    def of(self, schema: Any, levels: int) -> Any:
        """`schema` without what is deeper than `levels`, or said at length."""
        if not isinstance(schema, Mapping):
            return schema
        known = self._resolved(cast("_Schema", schema))
        made: dict[str, Any] = {
            key: known[key]
            for key in _KEPT
            if key in known and len(canonical(known[key])) <= _KEPT_BYTES_MAX
        }
        if (told := known.get("description")) and isinstance(told, str) and self._detail.said:
            made["description"] = _cut(told, self._detail.said)
        listed = known.get("enum")
        if isinstance(listed, list):
            choices = cast("list[Any]", listed)
            most = self._detail.fields
            made["enum"] = choices if len(choices) <= most else [*choices[:most], _MORE]
        if levels:
            self._inside(known, levels, made)
        elif known.keys() & {"properties", "items", *_EITHER}:
            made["description"] = _MORE
        return made

    def _inside(self, known: _Schema, levels: int, made: dict[str, Any]) -> None:
        if properties := _map(known.get("properties")):
            made |= self._fields(properties, known, levels)
        if "items" in known:
            made["items"] = self.of(known["items"], levels - 1)
        for key in _EITHER:
            if isinstance(known.get(key), list):
                options = cast("list[Any]", known[key])[: self._detail.fields]
                made[key] = [self.of(one, levels - 1) for one in options]

    def _fields(self, properties: _Schema, known: _Schema, levels: int) -> dict[str, Any]:
        required = known.get("required")
        must = [
            name
            for name in (cast("list[Any]", required) if isinstance(required, list) else ())
            if name in properties
        ]
        rest = [name for name in properties if name not in must] if self._detail.optional else []
        # What has to be given is told, however much it is: without it there is no step.
        names = [*must, *rest[: max(self._detail.fields - len(must), 0)]]
        made: dict[str, Any] = {
            "properties": {name: self.of(properties[name], levels - 1) for name in names}
        }
        if must:
            made["required"] = must
        if len(names) < len(properties):
            made["description"] = f"{len(properties) - len(names)} more that need not be given"
        return made

    def _resolved(self, schema: _Schema) -> _Schema:
        """`schema`, or what its `$ref` stands for; references to references end somewhere."""
        for _ in range(_REFERENCES_MAX):
            ref = schema.get("$ref")
            if not isinstance(ref, str):
                return schema
            found = self._root
            for part in ref.removeprefix("#").split("/")[1:]:
                found = _map(found.get(part.replace("~1", "/").replace("~0", "~")))
            schema = found
        return {}


def _map(value: Any) -> _Schema:
    return cast("_Schema", value) if isinstance(value, Mapping) else {}


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
