"""What stands for a value, and has none yet: whatever Python wants a value for is refused at its line."""

from collections.abc import Generator
from typing import Any, NoReturn

from batuta.plans.record.session import Scope, Session, refuse
from batuta.plans.record.text import Words

__all__ = ["MARK", "USE_CEL", "Parts", "Valueless", "told"]

# How a reference begins where Python shows objects to people; nobody wants that in a plan.
MARK = "<reference to "
# The remedy where there is no other.
USE_CEL = 'write what it means as an expression: cel(f"…{value}…")'


class Parts:
    """What a reference is made of. `owner` and `last`: the value whose field it is, and the name of the field."""

    __slots__ = ("last", "owner", "scopes", "session", "words")

    def __init__(
        self,
        session: Session,
        words: Words,
        scopes: frozenset[Scope],
        owner: Words | None = None,
        last: str = "",
    ) -> None:
        self.session = session
        self.words = words
        self.scopes = scopes
        self.owner = owner
        self.last = last


class Valueless:
    """The value of an input, of a step or of an expression, as far as it cannot be used."""

    __slots__ = ("__batuta__",)
    __batuta__: Parts

    def __init__(self, parts: Parts) -> None:
        object.__setattr__(self, "__batuta__", parts)

    def __bool__(self) -> bool:
        refuse(
            "B701",
            f"{told(self)} has no value yet, so Python cannot decide by it (if, and, or, not, while, assert)",
            "write `with when(condition):` around the steps; combine conditions with & and |, negate with unless(…)",
        )

    def __iter__(self) -> Generator[Any]:
        refuse(
            "B701",
            f"{told(self)} has no value yet, so Python cannot go through it",
            "write each(values, lambda value: capability(…)): one step, as many calls as there will be values",
        )

    def __contains__(self, other: object) -> bool:
        refuse(
            "B701",
            f"{told(self)} has no value yet, so `in` has no answer",
            "write one_of(value, values), or contains(text, part)",
        )

    def __len__(self) -> int:
        refuse("B701", f"{told(self)} has no value yet, so it has no length", "write size(value)")

    def __int__(self) -> int:
        refuse("B701", f"{told(self)} has no value yet", 'write cel(f"int({value})")')

    def __float__(self) -> float:
        refuse("B701", f"{told(self)} has no value yet", 'write cel(f"double({value})")')

    def __index__(self) -> int:
        refuse("B701", f"{told(self)} has no value yet", USE_CEL)

    def __setattr__(self, name: str, value: object) -> None:
        _unchanging(self)

    def __delattr__(self, name: str) -> None:
        _unchanging(self)

    def __setitem__(self, key: object, value: object) -> None:
        _unchanging(self)


def told(value: Valueless) -> str:
    """How messages call a reference."""
    return value.__batuta__.words.text


def _unchanging(of: Valueless) -> NoReturn:
    refuse(
        "B701",
        f"{told(of)} cannot be changed: values of a plan never are",
        "let a step make the changed value",
    )
