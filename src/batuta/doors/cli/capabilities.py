"""`batuta capabilities`: what can be called here."""

import argparse
from typing import Any

from batuta.doors.cli.loop import on_loop
from batuta.doors.cli.screen import Screen
from batuta.doors.cli.table import columns
from batuta.doors.cli.text import money, one_line
from batuta.doors.cli.workspace import folder_of, opened_to_check
from batuta.spec.budget import usd
from batuta.spec.card import Card

__all__ = ["carry_out"]


def carry_out(args: argparse.Namespace, screen: Screen) -> int:
    """The exit code of `capabilities`."""
    return on_loop(_list(args, screen))


async def _list(args: argparse.Namespace, screen: Screen) -> int:
    async with opened_to_check(folder_of(args)) as app:
        cards = app.cards
    if screen.json:
        screen.document({"capabilities": [_card_data(cards[name]) for name in sorted(cards)]})
        return 0
    cells = [("name", "kind", "effect", "reach", "price", "what it does")]
    for name in sorted(cards):
        card = cards[name]
        effect = card.effect if card.declared else f"{card.effect}?"
        price = money(usd(card.price_nusd)) if card.metered else ""
        first = card.description.strip().partition("\n")[0]
        cells.append((name, card.kind, effect, card.reach, price, one_line(first, 60)))
    screen.out(*columns(cells, right=(4,)))
    return 0


def _card_data(card: Card) -> dict[str, Any]:
    return {
        "name": card.name,
        "kind": card.kind,
        "description": card.description,
        "effect": card.effect,
        "reach": card.reach,
        "declared": card.declared,
        "price_usd": usd(card.price_nusd),
        "scopes": list(card.scopes),
        "in_doubt": card.in_doubt,
        "timeout_s": card.timeout_s,
        "concurrency": card.concurrency,
        "waits": card.waits,
        "input": card.input,
        "output": card.output,
    }
