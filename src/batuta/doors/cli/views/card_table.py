"""Cards of many capabilities, a line for each."""

from collections.abc import Iterable

from batuta.doors.cli.terminal.table import columns
from batuta.doors.cli.terminal.text import one_line
from batuta.spec.budget import usd
from batuta.spec.card import Card
from batuta.spec.figures import money

__all__ = ["card_table"]

_DESCRIPTION_CELLS = 120


def card_table(cards: Iterable[Card], width: int) -> list[str]:
    """Name, kind, effect, reach, price and first line of each card; a `?` behind an effect that nobody declared."""
    cells = [("name", "kind", "effect", "reach", "price", "what it does")]
    for card in cards:
        effect, reach = card.effect if card.declared else f"{card.effect}?", str(card.reach)
        if card.plan:
            # What it does is done by the steps of its plan, and stands on their cards.
            effect, reach = "by steps", ""
        price = "?" if not card.priced else money(usd(card.price_nusd)) if card.metered else ""
        first = card.description.strip().partition("\n")[0]
        shown = one_line(first, _DESCRIPTION_CELLS)
        cells.append((card.name, card.kind, effect, reach, price, shown))
    return columns(cells, right=(4,), width=width, shrink=5)
