"""The capabilities of this room as every workspace has them.

Their cards are in `cards.json`, and what serves them is imported when it is first called: reading them out of the
functions takes 60 ms and their patterns another 40, which every command would pay. A test compares both;
`python -m batuta.capabilities.local.built_in` writes the file anew.
"""

from importlib import import_module
from pathlib import Path

from batuta.capabilities import stored
from batuta.capabilities.local.classify import Embedding, classifying
from batuta.capabilities.stored import Load, StoredCapability
from batuta.capabilities.threads import Threads
from batuta.spec.card import Card

__all__ = ["cards_from_functions", "local_capabilities", "stored_cards"]

_FILE = Path(__file__).with_name("cards.json")
_KIND = "local"
_NAMES = ("answer", "anomaly", "extract", "match", "summarize")


def local_capabilities(
    threads: Threads, embedding: Embedding | None = None
) -> list[StoredCapability]:
    """All of them. `embedding`: how `local.classify` finds the embedder of this machine; None: it has none."""
    return stored.stored_capabilities(_FILE, _loads(embedding or (lambda: None)), threads)


def stored_cards() -> dict[str, Card]:
    """The cards, by name, as they are stored."""
    return stored.read_cards(_FILE)


def cards_from_functions() -> dict[str, Card]:
    """The cards, by name, as the functions have them."""
    return stored.cards_from_functions(_loads(lambda: None), _KIND)


def _loads(embedding: Embedding) -> dict[str, Load]:
    loads: dict[str, Load] = {
        f"local.{name}": lambda name=name: getattr(
            import_module(f"batuta.capabilities.local.{name}"), name
        )
        for name in _NAMES
    }
    loads["local.classify"] = lambda: classifying(embedding)
    return loads


if __name__ == "__main__":
    stored.write_cards(_FILE, cards_from_functions())
