"""Values that are partly known before a run, and what a policy will say of a call made with them. Pure data.

`UNKNOWN` stands wherever nobody has the value yet: `{"to": "ops", "amount": UNKNOWN}`.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import msgspec

from batuta.errors import ExpressionError
from batuta.spec.card import Card
from batuta.spec.expr import Lookup, Reference, resolve

__all__ = ["UNKNOWN", "Forecaster", "Foreseen", "Ruling", "Unknown", "known_in", "touches_unknown"]


class Unknown:
    """The one value that is not known yet."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "?"


UNKNOWN = Unknown()


class Ruling(msgspec.Struct, frozen=True):
    """What a rule may come to say: `allow`, `ask` (a person, of `who`) or `deny`. Rule "": none applied."""

    word: str = "allow"
    rule: str = ""
    reason: str = ""
    who: tuple[str, ...] = ()


class Foreseen(msgspec.Struct, frozen=True):
    """What the policy will say of a call: one of `rulings`, and the last of them if none before it applies.

    `depends` names what decides between them ("args.amount"); it is empty if there is one ruling only.
    """

    rulings: tuple[Ruling, ...] = (Ruling(),)
    depends: tuple[str, ...] = ()

    def all_say(self, word: str) -> bool:
        """True if that is certain."""
        return all(one.word == word for one in self.rulings)

    def asking(self) -> tuple[Ruling, ...]:
        """Those that ask somebody."""
        return tuple(one for one in self.rulings if one.word == "ask")


# Card, arguments (with `UNKNOWN` in them), and the path of the step instance, UNKNOWN if there are many.
Forecaster = Callable[[Card, Any, "str | Unknown"], Foreseen]


def touches_unknown(value: Any, path: Iterable[str | int]) -> bool:
    """True if what stands at `path` in `value` cannot be told: it is unknown, or inside or around something unknown."""
    if value is UNKNOWN:
        return True
    for part in path:
        if value is UNKNOWN:
            return True
        try:
            value = resolve(value, (part,))
        except KeyError:
            return False
    return _has_unknown(value)


def known_in(values: Mapping[str, Any]) -> Lookup:
    """A lookup over `values` by root that refuses what is not known: a result in spite of it does not depend on it."""

    def look(reference: Reference) -> Any:
        value = values.get(reference.root, UNKNOWN)
        if touches_unknown(value, reference.path):
            raise ExpressionError("it is not known yet")
        return resolve(value, reference.path)

    return look


def _has_unknown(value: Any) -> bool:
    if value is UNKNOWN or not isinstance(value, dict | list | tuple):
        return value is UNKNOWN
    pending: list[Any] = [value]
    while pending:
        item = pending.pop()
        if item is UNKNOWN:
            return True
        if isinstance(item, dict):
            pending.extend(cast("dict[str, Any]", item).values())
        elif isinstance(item, list | tuple):
            pending.extend(cast("list[Any]", item))
    return False
