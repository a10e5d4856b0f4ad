"""What may be asked for, and what came of asking."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import msgspec

__all__ = ["Candidate", "Classify", "Foresight", "Guess", "Route"]

# `local.classify`: (text=…, labels=…, none=…, threshold=…) → {label, confidence, scores, why}.
Classify = Callable[..., Awaitable[Mapping[str, Any]]]


class Candidate(msgspec.Struct, frozen=True):
    """Something registered that words may mean.

    Attributes:
        examples: phrasings that its author wrote; `{city}` in one stands for the input of that name.
        confirmed: earlier requests of which a person said that it was meant.
        inputs: the JSON Schema of each input by name.
    """

    name: str
    description: str = ""
    examples: tuple[str, ...] = ()
    confirmed: tuple[str, ...] = ()
    inputs: Mapping[str, Mapping[str, Any]] = {}


class Foresight(Protocol):
    """What can be said of `Classify` before it is asked."""

    async def maybe_sure(self, text: str, labels: Any, none: Any, least: float) -> bool:
        """False if it is less sure of `text` than `least`. To see that takes half of the time of an answer."""
        ...

    def is_learned(self, labels: Any, none: Any) -> bool:
        """True if it has learned these; if not, it learns them from now on, and who asks need not wait for it."""
        ...


class Guess(msgspec.Struct, frozen=True, omit_defaults=True):
    """One candidate, how near the words are to it (about 0 to 1), and why; `words`: the part of them that says so."""

    plan: str
    score: float
    why: str = ""
    words: str = ""


class Route(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which candidate words mean.

    Attributes:
        plan: its name; "" if none of them is meant.
        confidence: how sure that is, 0 to 1.
        sure: it may be run without asking which one was meant.
        also: what other parts of the words ask for besides; without a plan, nothing does it.
        doubt: what speaks against running it unasked although it was made for the words; "" if nothing.
        alternatives: the next best, best first; where `plan` is "", the nearest.
    """

    plan: str
    confidence: float
    why: str
    sure: bool = False
    also: tuple[Guess, ...] = ()
    doubt: str = ""
    alternatives: tuple[Guess, ...] = ()
