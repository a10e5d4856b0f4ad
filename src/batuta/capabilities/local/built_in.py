"""The capabilities of this room as every workspace has them.

Their cards are in `cards.json`, and what serves them is imported when it is first called: reading them out of the
functions takes 60 ms and their patterns another 40, which every command would pay. A test compares both;
`python -m batuta.capabilities.local.built_in` writes the file anew.
"""

import json
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

from batuta.capabilities.function import FunctionCapability
from batuta.capabilities.local.classify import Embedding, classifying
from batuta.capabilities.threads import Threads
from batuta.spec.call import Call, Outcome
from batuta.spec.card import Card

__all__ = ["LocalCapability", "cards_from_functions", "local_capabilities", "stored_cards"]

_FILE = Path(__file__).with_name("cards.json")
_KIND = "local"
_NAMES = ("answer", "anomaly", "extract", "match", "summarize")


class LocalCapability:
    """A capability whose function is imported when it is first called."""

    def __init__(
        self, card: Card, load: Callable[[], Callable[..., Any]], threads: Threads
    ) -> None:
        self.card = card
        self._load = load
        self._threads = threads
        self._loaded: FunctionCapability | None = None

    async def __call__(self, call: Call) -> Outcome:
        if self._loaded is None:
            self._loaded = FunctionCapability(self._load(), threads=self._threads, kind=_KIND)
        return await self._loaded(call)


def local_capabilities(
    threads: Threads, embedding: Embedding | None = None
) -> list[LocalCapability]:
    """All of them. `embedding`: how `local.classify` finds the embedder of this machine; None: it has none."""
    cards = stored_cards()
    return [
        LocalCapability(cards[name], load, threads)
        for name, load in _loads(embedding or (lambda: None)).items()
    ]


@cache
def stored_cards() -> dict[str, Card]:
    """The cards, by name, as they are stored."""
    return msgspec.json.decode(_FILE.read_bytes(), type=dict[str, Card])


def cards_from_functions() -> dict[str, Card]:
    """The cards, by name, as the functions have them."""
    return {
        name: FunctionCapability(load(), kind=_KIND).card
        for name, load in sorted(_loads(lambda: None).items())
    }


def _loads(embedding: Embedding) -> dict[str, Callable[[], Callable[..., Any]]]:
    loads: dict[str, Callable[[], Callable[..., Any]]] = {
        f"local.{name}": lambda name=name: getattr(
            import_module(f"batuta.capabilities.local.{name}"), name
        )
        for name in _NAMES
    }
    loads["local.classify"] = lambda: classifying(embedding)
    return loads


if __name__ == "__main__":
    written = json.dumps(msgspec.to_builtins(cards_from_functions()), indent=1, ensure_ascii=False)
    _FILE.write_text(written + "\n", encoding="utf-8")
