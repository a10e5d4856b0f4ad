"""Capabilities of different sources that seem to be the same. Pure."""

from collections.abc import Iterable
from typing import Any, cast

from batuta.language.weights import content
from batuta.spec.card import Card
from batuta.spec.value import canonical

__all__ = ["alike_cards"]

# Of the words of two descriptions, so many are in both.
_SHARED = 0.6
_TWINS_MAX = 20


def alike_cards(cards: Iterable[Card]) -> list[tuple[str, str]]:
    """Pairs of names, at most 20, of sources (what stands before the dot) that take the same and say nearly the same.

    5,000 cards take a third of a second.
    """
    same: dict[bytes, list[Card]] = {}
    for card in cards:
        source, dot, _ = card.name.partition(".")
        if dot and source and card.input.get("properties"):
            same.setdefault(canonical(_shape(card)), []).append(card)
    pairs: list[tuple[str, str]] = []
    for group in same.values():
        if len({card.name.partition(".")[0] for card in group}) > 1:
            pairs += _pairs(group, _TWINS_MAX - len(pairs))
        if len(pairs) >= _TWINS_MAX:
            break
    return pairs


def _shape(card: Card) -> dict[str, object]:
    """What a card takes, without words."""
    fields: dict[str, Any] = card.input["properties"]
    required: Any = card.input.get("required", [])
    return {
        name: [
            cast("dict[str, Any]", one).get("type") if isinstance(one, dict) else None,
            name in required,
        ]
        for name, one in fields.items()
    }


def _pairs(group: list[Card], count_max: int) -> list[tuple[str, str]]:
    """Those of `group`, which take the same, that say the same; each with the first one it is like."""
    found: list[tuple[str, str]] = []
    seen: list[tuple[Card, frozenset[str]]] = []
    for card in group:
        said = frozenset(content(f"{card.description} {card.name.partition('.')[2]}"))
        for other, words in seen[:_TWINS_MAX]:
            if card.name.partition(".")[0] == other.name.partition(".")[0]:
                continue
            if len(said & words) >= _SHARED * max(len(said | words), 1):
                found.append((other.name, card.name))
                break
        seen.append((card, said))
        if len(found) >= count_max:
            break
    return found
