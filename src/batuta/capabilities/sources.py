"""What the sources of a workspace offer at this moment, and as which capabilities: for `add`, `trust` and `doctor`.

A source is an entry of `mcp` or `openapi`. Everything else goes by its pin; here it is asked.
"""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

from batuta.config import Workspace
from batuta.errors import InputError, NotFound
from batuta.imports.manifest import Manifest, SourceKind
from batuta.outbound.exchange import Trouble
from batuta.reading.nearest import did_you_mean
from batuta.spec.card import Card

__all__ = ["LISTEN_S", "Offer", "kind_of", "offered", "sources_of"]

# So long may a source take to say what it offers (s): a program may have to be downloaded first.
LISTEN_S = 120.0


class Offer(NamedTuple):
    """What a source offers, and a way to the card of each of its entries that the workspace takes over.

    `leads_to`: of a service, where `calls` go, and `tokens` are got.
    """

    manifest: Manifest
    taken: tuple[str, ...]
    card: Callable[[str], Card]
    leads_to: Mapping[str, str] = {}


def sources_of(workspace: Workspace) -> Mapping[str, SourceKind]:
    """The kind of each source, by its name."""
    mcp: dict[str, SourceKind] = dict.fromkeys(workspace.mcp, "mcp")
    openapi: dict[str, SourceKind] = dict.fromkeys(workspace.openapi, "openapi")
    return {**mcp, **openapi}


def kind_of(workspace: Workspace, name: str) -> SourceKind:
    """What kind of source `name` is. Raises `NotFound`."""
    known = sources_of(workspace)
    if name in known:
        return known[name]
    raise NotFound(
        f"there is no source {name[:128]!r} under mcp or openapi",
        remedy=did_you_mean(name, sorted(known), "sources") if known else "`batuta add` adds one",
    )


async def offered(
    workspace: Workspace,
    name: str,
    *,
    origin: Mapping[str, Any] | None = None,
    listen_s: float = LISTEN_S,
) -> Offer:
    """What the source `name` offers now; its `origin` as its pin has it, or as it is asked for the first time.

    Raises:
        InputError: it cannot be reached or understood, or does not say so within `listen_s` seconds.
    """
    kind = kind_of(workspace, name)
    try:
        async with asyncio.timeout(listen_s):
            if kind == "mcp":
                return await _of_server(workspace, name)
            return await _of_service(workspace, name, origin or {})
    except TimeoutError:
        raise InputError(
            f"{name} did not say what it offers within {listen_s:g} s",
            remedy="try again; a program that is downloaded first may need longer",
        ) from None
    except Trouble as trouble:
        raise InputError(f"{name}: {trouble.message}", remedy=_remedy(trouble.code)) from None


def _remedy(code: str) -> str:
    match code:
        case "denied":
            return "`network.allow_private` in batuta.yaml may permit it"
        case "no_key":
            return "export the variable that it names, and try again"
        case _:
            return "check the address or the command, and that it runs by itself"


async def _of_server(workspace: Workspace, name: str) -> Offer:
    from batuta.capabilities.mcp.cards import card_of, missing_of, wanted
    from batuta.capabilities.mcp.opening import offered  # only for those who use it

    config = workspace.mcp[name]
    manifest = await offered(
        name, config, Path(workspace.root), workspace.network.allow_private, os.environ
    )

    def card(entry: str) -> Card:
        missing = missing_of(config, os.environ)
        return card_of(name, config, manifest.entries[entry], manifest.definitions, missing)

    return Offer(manifest, tuple(one for one in manifest.entries if wanted(config, one)), card)


async def _of_service(workspace: Workspace, name: str, origin: Mapping[str, Any]) -> Offer:
    from batuta.capabilities.openapi.offering import offered
    from batuta.capabilities.openapi.sources import card_maker, leads_to

    config, root = workspace.openapi[name], Path(workspace.root)
    manifest = await offered(config, root, origin, workspace.network.allow_private, os.environ)
    taken = tuple(one for one in manifest.entries if _fits(one, config.only))
    places = leads_to(name, config, manifest, root)
    return Offer(manifest, taken, card_maker(name, config, manifest, root), places)


def _fits(entry: str, only: Sequence[str]) -> bool:
    return not only or any(fnmatchcase(entry, pattern) for pattern in only)
