"""`batuta capabilities`: what can be called here, as a list or one card."""

import argparse
import fnmatch
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from batuta.app import JOURNAL_FILE
from batuta.capabilities.twins import alike_cards
from batuta.doors.cli.loop import on_loop
from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.text import one_line
from batuta.doors.cli.views.card import card_lines, try_command
from batuta.doors.cli.views.card_table import card_table
from batuta.doors.cli.workspace import folder_of, opened_to_check
from batuta.errors import JournalError, NotFound
from batuta.journal.sqlite import open_sqlite
from batuta.language.lookup import Lookup
from batuta.observe.statistics import statistics
from batuta.reading.nearest import did_you_mean
from batuta.spec.budget import usd
from batuta.spec.card import Card
from batuta.spec.statistics import Statistics

__all__ = ["card_data", "carry_out", "figures_data", "found_by", "one_card"]

# Of what speaks of some words, the nearest so many are listed.
_FOUND_MAX = 20


def carry_out(args: argparse.Namespace, screen: Screen) -> int:
    """The exit code of `capabilities`."""
    return on_loop(_capabilities(args, screen))


async def _capabilities(args: argparse.Namespace, screen: Screen) -> int:
    folder = folder_of(args)
    async with opened_to_check(folder) as app:
        cards = app.cards
    words: list[str] = args.name
    name = " ".join(words)
    if name in cards:
        return await _tell(cards[name], folder, args, screen)
    names = found_by(name, cards)
    if not names and len(words) == 1 and not _is_pattern(name):
        one_card(cards, name)  # it may be a slip of the pen
    if not names:
        raise NotFound(
            f"no capability is called like {one_line(name, 128)!r}"
            if len(words) == 1
            else f"no capability speaks of {one_line(name, 128)!r}",
            remedy="`batuta capabilities` lists all of them",
        )
    if screen.json:
        screen.document({"capabilities": [card_data(cards[one]) for one in names]})
    else:
        screen.out(*card_table((cards[one] for one in names), screen.width))
        _tell_alike(names, cards, screen)
    return 0


def found_by(words: str, cards: Mapping[str, Card]) -> list[str]:
    """The capabilities that a pattern means, or that speak of the same as `words`, the nearest first; all for ""."""
    if not words or _is_pattern(words):
        return sorted(fnmatch.filter(cards, words) if words else cards)
    lookup = Lookup({name: (name, card.description) for name, card in cards.items()})
    return [name for name, _ in lookup.nearest(words, _FOUND_MAX)] if lookup.knows(words) else []


def _tell_alike(names: Iterable[str], cards: Mapping[str, Card], screen: Screen) -> None:
    """Say which of different sources seem to be the same."""
    for one, other in alike_cards([cards[name] for name in names]):
        screen.say(f"{one} and {other} take the same and say the same: is one of them enough?")


def one_card(cards: Mapping[str, Card], name: str) -> Card:
    """The card `name`. Raises `NotFound` with the nearest names."""
    if name in cards:
        return cards[name]
    raise NotFound(
        f"there is no capability {one_line(name, 128)!r}",
        remedy=did_you_mean(name, sorted(cards), "capabilities"),
    )


async def _tell(card: Card, folder: Path, args: argparse.Namespace, screen: Screen) -> int:
    where = f" -w {shlex.quote(args.workspace)}" if args.workspace is not None else ""
    found = await _statistics(folder, screen)
    measured = found.capabilities.get(card.name)
    if not screen.json:
        screen.out(*card_lines(card, measured, found.runs, where, screen.width))
        return 0
    screen.document(
        {
            "capability": card_data(card),
            "statistics": figures_data(card, found),
            "example": try_command(card, where),
        }
    )
    return 0


async def _statistics(folder: Path, screen: Screen) -> Statistics:
    """What the journal has measured; nothing if there is none, or it cannot be read."""
    path = folder / JOURNAL_FILE
    if not path.exists():
        return Statistics()
    try:
        journal = open_sqlite(path, read_only=True)
        try:
            return await statistics(journal)
        finally:
            await journal.close()
    except JournalError as error:
        screen.say(f"nothing is known of recent calls: {error.message}")
        return Statistics()


def _is_pattern(name: str) -> bool:
    return any(char in name for char in "*?[")


def figures_data(card: Card, found: Statistics) -> dict[str, Any] | None:
    """What was measured of the calls of `card`, as JSON; None if there were none."""
    measured = found.capabilities.get(card.name)
    if measured is None:
        return None
    return {
        "runs": found.runs,
        "calls": measured.calls,
        "failed": measured.failed,
        "p50_s": measured.p50_s,
        "p95_s": measured.p95_s,
        "p99_s": measured.p99_s,
        "cost_usd": None if measured.cost_nusd is None else usd(measured.cost_nusd),
    }


def card_data(card: Card) -> dict[str, Any]:
    """A card as JSON."""
    return {
        "name": card.name,
        "kind": card.kind,
        "description": card.description,
        "effect": card.effect,
        "reach": card.reach,
        "declared": card.declared,
        "price_usd": usd(card.price_nusd) if card.priced else None,
        "scopes": list(card.scopes),
        "in_doubt": card.in_doubt,
        "timeout_s": card.timeout_s,
        "concurrency": card.concurrency,
        "waits": card.waits,
        "expands": card.expands,
        "calls": list(card.calls),
        "input": card.input,
        "output": card.output,
    }
