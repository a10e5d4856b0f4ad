"""What a source offers, and what it changed, for people and for programs."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

from batuta.capabilities.sources import Offer
from batuta.doors.cli.terminal.table import Span
from batuta.doors.cli.terminal.text import escaped, one_line
from batuta.doors.cli.views.card_table import card_table
from batuta.imports.difference import Change
from batuta.imports.manifest import Manifest
from batuta.spec.figures import plural

__all__ = ["change_data", "change_lines", "left_out_lines", "offer_data", "offer_lines"]

Line = list[Span] | str

# Rows of a table that people look through before they say yes; `batuta capabilities` lists the others.
_ROWS_MAX = 60
_LEFT_OUT_MAX = 10
_NAMED_MAX = 5
_STYLES = {"added": "good", "gone": "bad", "changed": "ask"}


def offer_lines(name: str, offer: Offer, section: str, width: int) -> Iterator[Line]:
    """What came in and what it may do: a table, what the source says of itself, what was left out."""
    manifest, taken = offer.manifest, offer.taken
    yield [Span(name, "bold"), Span(f"  {_described(manifest)}", "dim")]
    for what, url in offer.leads_to.items():
        said = "calls go to" if what == "calls" else "tokens are got, with id and secret, from"
        yield [Span(f"{said} {one_line(url, 300)}", "dim")]
    shown = [offer.card(one) for one in taken[:_ROWS_MAX]]
    yield from card_table(shown, width)
    if len(taken) > len(shown):
        yield f"… and {len(taken) - len(shown):,} more"
    spared = len(manifest.entries) - len(taken)
    if spared:
        yield [Span(f"{plural(spared, 'other')} not taken over: `only` does not name them", "dim")]
    silent = [one for one in taken if not offer.card(one).declared]
    if silent:
        yield ""
        yield (
            f"{plural(len(silent), 'capability')} with a ? counts as a write until you declare more"
            if len(silent) == 1
            else f"the {len(silent):,} with a ? count as writes until you declare more"
        )
        reading = [one for one in silent if manifest.entries[one].hints.get("readOnlyHint") is True]
        if reading:
            some = ", ".join(reading[:_NAMED_MAX]) + (", …" if len(reading) > _NAMED_MAX else "")
            yield f"said to read only, by {name} itself: {one_line(some)}"
            yield f"  if you believe it: {section}.{name}.tools.{reading[0]}: {{effect: read, reach: egress}}"
    yield from left_out_lines(manifest)


def left_out_lines(manifest: Manifest) -> Iterator[Line]:
    """What could not be taken over, and why."""
    if not manifest.left_out:
        return
    yield ""
    yield [Span(f"left out: {len(manifest.left_out):,}", "ask")]
    for called, reason in [*manifest.left_out.items()][:_LEFT_OUT_MAX]:
        yield f"  {one_line(called, 60)}: {one_line(reason)}"
    if len(manifest.left_out) > _LEFT_OUT_MAX:
        yield f"  … and {len(manifest.left_out) - _LEFT_OUT_MAX:,} more; --json lists all"


def change_lines(changes: Sequence[Change]) -> Iterator[Line]:
    """Each change in full: nothing that a stranger wrote is cut off where nobody sees it."""
    for change in changes:
        yield [Span(f"{change.what:<8}", _STYLES[change.what]), Span(change.name, "bold")]
        for line in change.lines:
            yield f"    {escaped(line)}"


def offer_data(offer: Offer) -> dict[str, Any]:
    """The same as `offer_lines`, as JSON."""
    cards = [offer.card(one) for one in offer.taken]
    return {
        "protocol": offer.manifest.protocol,
        "leads_to": dict(offer.leads_to),
        "capabilities": [
            {
                "name": card.name,
                "kind": offer.manifest.entries[entry].kind,
                "description": card.description,
                "effect": card.effect,
                "reach": card.reach,
                "declared": card.declared,
                "hints": offer.manifest.entries[entry].hints,
            }
            for entry, card in zip(offer.taken, cards, strict=True)
        ],
        "others": len(offer.manifest.entries) - len(offer.taken),
        "left_out": offer.manifest.left_out,
    }


def change_data(change: Change) -> dict[str, Any]:
    """One change as JSON."""
    return {"name": change.name, "what": change.what, "lines": list(change.lines)}


def _described(manifest: Manifest) -> str:
    """`12 tools, 1 prompt` and who says so."""
    kinds: dict[str, int] = {}
    for entry in manifest.entries.values():
        kinds[entry.kind] = kinds.get(entry.kind, 0) + 1
    counted = ", ".join(plural(count, kind) for kind, count in kinds.items()) or "nothing"
    protocol = manifest.protocol
    server = protocol.get("server")
    about = cast("dict[str, Any]", server) if isinstance(server, dict) else protocol
    names = (about.get("title") or about.get("name"), about.get("version"))
    said = [one for one in names if isinstance(one, str)]
    return one_line(" — ".join(filter(None, [counted, " ".join(said)])), 200)
