"""What a plan may be made of: each capability as its card describes it, in words, in fields and in types."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple, cast

from batuta.language.cues import words_of_name
from batuta.language.weights import content
from batuta.language.words import stem
from batuta.planning.sought import sought
from batuta.plans.types import Type, of_schema, part
from batuta.spec.card import Card
from batuta.spec.file import FILE_SCHEMA

__all__ = ["Field", "Offer", "offer_of", "offered"]

# What holds other steps together, or is part of something else: only for those who name it.
_PLUMBING = frozenset("value vote merge check require human thread memory judge planner".split())
# What a description says behind these says nothing more of what it is for.
_DESCRIPTION_CHARS_MAX = 2_000
_TITLE_OF_FILE = "FileReference"


class Field(NamedTuple):
    """An argument of a capability.

    Attributes:
        schema: what an input in its place has, complete in itself; what may be null may be left out.
        sayable: words can hold its value.
    """

    name: str
    schema: dict[str, Any]
    type: Type
    required: bool
    sayable: bool


class Offer(NamedTuple):
    """A capability that may be chosen.

    Attributes:
        text: what it is for, in words: its name, and its description.
        named, told: the stems of the words of its name and of its description; `asked`: of its arguments.
        output: the type of its value.
        careful: it changes the world, or goes further than this machine and cannot be taken back.
    """

    card: Card
    text: str
    named: frozenset[str]
    told: frozenset[str]
    asked: frozenset[str]
    fields: tuple[Field, ...]
    output: Type
    careful: bool

    @property
    def name(self) -> str:
        """The name of the capability."""
        return self.card.name


def offered(
    cards: Iterable[Card], words: Collection[str], without: Collection[str] = ()
) -> list[Card]:
    """The cards of which a plan for a request with the stems `words` may be made; none of those named in `without`."""
    return [
        card
        for card in cards
        if card.name not in without and not card.missing and _usable(card, words)
    ]


def _usable(card: Card, words: Collection[str]) -> bool:
    if card.name.endswith(".think") or card.kind in ("planner", "thought"):
        return False
    if card.kind == "plan" and not card.plan:
        return False  # it has flaws
    first, _, last = card.name.rpartition(".")
    if card.name in _PLUMBING or card.kind in _PLUMBING or first in _PLUMBING:
        return stem((last if card.name in _PLUMBING else first or last).lower()) in words
    return True


def offer_of(card: Card) -> Offer:
    """The offer of a card."""
    name = " ".join(words_of_name(card.name)[:1])
    description = card.description[:_DESCRIPTION_CHARS_MAX]
    fields = tuple(_fields(card.input))
    return Offer(
        card,
        f"{name}. {description}" if description else name,
        frozenset(content(name)),
        frozenset(content(description)),
        frozenset(
            part for field in fields for part in content(" ".join(words_of_name(field.name)))
        ),
        fields,
        of_schema(card.output) if card.output is not None else of_schema({}),
        card.effect == "write" or card.reach == "irreversible",
    )


def _fields(schema: Mapping[str, Any]) -> Iterable[Field]:
    properties = _map(schema.get("properties"))
    required = schema.get("required")
    must = (
        frozenset(cast("list[Any]", required)) if isinstance(required, list) else frozenset[Any]()
    )
    defs = _map(schema.get("$defs"))
    whole = of_schema(dict(schema))
    for name, own in properties.items():
        if not isinstance(own, dict):
            continue
        plain = _plain(cast("dict[str, Any]", own), defs)
        type_ = _type_of(whole, name, plain)
        sayable = (
            sought(name, {key: one for key, one in plain.items() if key != "default"}).kind != ""
        )
        yield Field(name, plain, type_, name in must, sayable)


def _type_of(whole: Type, name: str, plain: dict[str, Any]) -> Type:
    found = part(whole, name).type
    return found if found.shapes else of_schema(plain)


def _plain(schema: dict[str, Any], defs: Mapping[str, Any], depth: int = 4) -> dict[str, Any]:
    """`schema` without references, and without null beside something else."""
    reference = schema.get("$ref")
    if isinstance(reference, str) and depth:
        target = defs.get(reference.removeprefix("#/$defs/"))
        if isinstance(target, dict):
            rest = {key: one for key, one in schema.items() if key != "$ref"}
            return _plain({**cast("dict[str, Any]", target), **rest}, defs, depth - 1)
    if schema.get("title") == _TITLE_OF_FILE:
        return _kept(schema, dict(FILE_SCHEMA))
    either = schema.get("anyOf")
    if isinstance(either, list) and depth:
        some = [
            _plain(cast("dict[str, Any]", one), defs, depth - 1)
            for one in cast("list[Any]", either)
            if isinstance(one, dict) and one != {"type": "null"}
        ]
        file = next((one for one in some if one.items() >= FILE_SCHEMA.items()), None)
        if file is not None:
            return _kept(schema, dict(FILE_SCHEMA))
        rest = {key: one for key, one in schema.items() if key != "anyOf"}
        if len(some) == 1:
            return {**some[0], **rest}
        # A list of texts, or one: words hold one.
        scalar = next(
            (one for one in some if one.get("type") in ("string", "number", "integer")), None
        )
        if scalar is not None:
            return {**scalar, **rest}
    if "$ref" in str(schema) and defs:
        return {**schema, "$defs": dict(defs)}
    return schema


def _kept(schema: Mapping[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    """`made`, with what is said of `schema`."""
    told = schema.get("description")
    return {**made, "description": told} if isinstance(told, str) else made


def _map(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
