"""Capabilities whose card is stored in a file, and whose function is imported when it is first called.

What every workspace has costs no command its import that way. A test compares the stored cards with the functions.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from batuta.capabilities.function import FunctionCapability
from batuta.capabilities.threads import Threads
from batuta.spec.call import Call, Outcome
from batuta.spec.card import Card

__all__ = [
    "Load",
    "StoredCapability",
    "cards_from_functions",
    "read_cards",
    "stored_capabilities",
    "write_cards",
]

# Gives a function that is declared as a capability; imports it.
Load = Callable[[], Callable[..., Any]]


class StoredCapability:
    """A capability with `card`, served by the function that `load` gives."""

    def __init__(self, card: Card, load: Load, threads: Threads) -> None:
        self.card = card
        self._load = load
        self._threads = threads
        self._loaded: FunctionCapability | None = None

    async def __call__(self, call: Call) -> Outcome:
        if self._loaded is None:
            self._loaded = FunctionCapability(
                self._load(), threads=self._threads, kind=self.card.kind
            )
        return await self._loaded(call)


def stored_capabilities(
    file: Path, loads: Mapping[str, Load], threads: Threads
) -> list[StoredCapability]:
    """What `loads` gives by name, each with its card in `file`."""
    cards = read_cards(file)
    return [StoredCapability(cards[name], load, threads) for name, load in loads.items()]


@cache
def read_cards(file: Path) -> dict[str, Card]:
    """The cards in `file`, by name."""
    return msgspec.json.decode(file.read_bytes(), type=dict[str, Card])


def cards_from_functions(loads: Mapping[str, Load], kind: str) -> dict[str, Card]:
    """The cards, by name, as the functions have them."""
    return {
        name: FunctionCapability(load(), kind=kind).card for name, load in sorted(loads.items())
    }


def write_cards(file: Path, cards: Mapping[str, Card]) -> None:
    """Store `cards` in `file`, for people to compare."""
    written = json.dumps(msgspec.to_builtins(cards), indent=1, ensure_ascii=False)
    file.write_text(written + "\n", encoding="utf-8")
