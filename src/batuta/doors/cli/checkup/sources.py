"""What `doctor` looks at in the sources of a workspace: their pins, and what they offer now."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from batuta.capabilities.sources import offered, sources_of
from batuta.capabilities.twins import alike_cards
from batuta.config import Workspace
from batuta.doors.cli.checkup.item import Looked, problem, warning, well
from batuta.doors.cli.terminal.text import one_line
from batuta.errors import Finding, InputError
from batuta.imports.pin import Pin, read_pin
from batuta.imports.quarantine import quarantined
from batuta.spec.card import Card
from batuta.spec.figures import duration, plural

__all__ = ["pinned", "servers_of", "sources_reached"]

# So long may a source take to say what it offers (s); programs that are downloaded first were, when they were added.
_LISTEN_S = 30.0
_NAMED_MAX = 5


def pinned(
    config: Workspace, cards: Mapping[str, Card], flaws: Mapping[str, Finding]
) -> Iterator[Looked]:
    """What there is of each source without asking it, and which of two say the same."""
    for name, kind in sources_of(config).items():
        flaw = flaws.get(name)
        if flaw is not None:
            yield problem(kind, one_line(flaw.message), one_line(flaw.remedy))
            continue
        count = sum(one.startswith(f"{name}.") for one in cards)
        pin = read_pin(config.root, name)
        left_out = len(pin.left_out) if isinstance(pin, Pin) else 0
        more = f", {left_out:,} left out" if left_out else ""
        yield well(kind, f"{name}: {plural(count, 'capability')}{more}")
    for one, other in alike_cards(cards.values()):
        said = f"{one} and {other} take the same and say the same"
        yield warning("capabilities", said, "`only` leaves one of them away, if one is enough")


async def sources_reached(config: Workspace) -> list[Looked]:
    """Every source is asked what it offers, all at once, and that is compared with what was accepted."""
    asked = [_asked(config, name, kind) for name, kind in sources_of(config).items()]
    return await asyncio.gather(*asked)


async def _asked(config: Workspace, name: str, kind: str) -> Looked:
    pin = read_pin(config.root, name)
    origin = pin.origin if isinstance(pin, Pin) else None
    began = time.perf_counter()
    try:
        offer = await offered(config, name, origin=origin, listen_s=_LISTEN_S)
    except InputError as error:
        return problem(kind, one_line(error.message, 300), one_line(error.remedy))
    took = duration(time.perf_counter() - began)
    said = f"{name} offers {plural(len(offer.manifest.entries), 'thing')}, after {took}"
    if not isinstance(pin, Pin):
        return well(kind, said)
    changed = sorted(quarantined(pin, offer.manifest).keys() & {*offer.taken, *pin.names})
    if not changed:
        new = len(offer.manifest.entries.keys() - {*pin.names})
        return well(kind, said + (f", {new:,} of them new" if new else ", as accepted"))
    names = ", ".join(changed[:_NAMED_MAX]) + (", …" if len(changed) > _NAMED_MAX else "")
    said += f"; {plural(len(changed), 'entry')} not as accepted, and not called: {one_line(names)}"
    return warning(kind, said, f"`batuta trust {name}` shows what is different, and accepts it")


def servers_of(config: Workspace) -> Iterator[tuple[str, str]]:
    """Name and address of each service whose address is known without asking."""
    for name, one in config.openapi.items():
        if one.server:
            yield name, one.server
            continue
        pin = read_pin(Path(config.root), name)
        servers: Any = pin.details.get("servers") if isinstance(pin, Pin) else None
        first: Any = cast("list[Any]", servers)[0] if isinstance(servers, list) and servers else {}
        if isinstance(first, dict):
            yield name, str(cast("dict[str, Any]", first).get("url", ""))
