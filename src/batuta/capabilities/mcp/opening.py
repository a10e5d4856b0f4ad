"""The MCP servers of a workspace: their cards, out of their pins. Nothing is connected until something is called."""

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from urllib.parse import urlsplit

from batuta.capabilities.mcp.capability import McpCapability
from batuta.capabilities.mcp.cards import card_of, missing_of, wanted
from batuta.capabilities.mcp.holding import Lines
from batuta.capabilities.mcp.source import Source
from batuta.capabilities.mcp.warden import Warden
from batuta.errors import Finding
from batuta.imports.manifest import Manifest
from batuta.imports.pin import Pin, read_pin
from batuta.outbound.exchange import LazyConnections
from batuta.reading.mcp import McpConfig
from batuta.reading.places import NOWHERE, Places
from batuta.reading.server import is_loopback

__all__ = ["McpServers", "offered"]


class McpServers:
    """`capabilities` of all servers in `configs`; `troubles` say why one has none; both, and `sources`, by name.

    A server on this machine that an entry names may be reached: nothing but the workspace file chooses its address.
    What else is not public needs `allow_private`.
    """

    def __init__(
        self,
        configs: Mapping[str, McpConfig],
        root: Path,
        allow_private: Sequence[str] = (),
        environment: Mapping[str, str] = os.environ,
        *,
        places: Places = NOWHERE,
    ) -> None:
        self._connections = _connections(configs.values(), allow_private, environment)
        self._warden = Warden()
        self.sources: dict[str, Source] = {}
        self._lines: list[Lines] = []
        self.later: dict[str, Callable[[], McpCapability]] = {}
        self.troubles: dict[str, Finding] = {}
        for name, config in configs.items():
            pin = read_pin(root, name, places.at("mcp", name))
            if isinstance(pin, Finding):
                self.troubles[name] = pin
                continue
            source = Source(name, config, pin, root, self._connections, self._warden, environment)
            lines = Lines(config.answer_s)
            missing = missing_of(config, environment)
            self.sources[name] = source
            self._lines.append(lines)
            for entry in pin.names:
                if wanted(config, entry):
                    make = partial(_made, name, config, pin, entry, missing, source, lines)
                    self.later[f"{name}.{entry}"] = cache(make)

    @property
    def capabilities(self) -> list[McpCapability]:
        """All of them, made."""
        return [make() for make in self.later.values()]

    async def close(self) -> None:
        """End the connections, and the processes behind them."""
        await asyncio.gather(*(one.close() for one in self._lines))
        await asyncio.gather(*(one.close() for one in self.sources.values()))
        await self._connections.close()
        await asyncio.to_thread(self._warden.close)


def _made(
    name: str,
    config: McpConfig,
    pin: Pin,
    entry: str,
    missing: str,
    source: Source,
    lines: Lines,
) -> McpCapability:
    one = pin.entry(entry)
    return McpCapability(card_of(name, config, one, pin.definitions, missing), one, source, lines)


async def offered(
    name: str,
    config: McpConfig,
    root: Path,
    allow_private: Sequence[str] = (),
    environment: Mapping[str, str] = os.environ,
) -> Manifest:
    """What the server that `config` describes offers now: it is connected, asked, and let go.

    For `batuta add mcp` and `batuta trust`: the manifest is what `write_pin` takes, and what `difference` compares.
    A program is started in `root`; it may take two minutes to say what it offers.

    Raises:
        Trouble: it cannot be reached, or does not say; no secret is in the message.
    """
    connections = _connections([config], allow_private, environment)
    warden = Warden()
    source = Source(name, config, None, root, connections, warden, environment)
    try:
        return await source.manifest()
    finally:
        await source.close()
        await connections.close()
        await asyncio.to_thread(warden.close)


def _connections(
    configs: Iterable[McpConfig],
    allow_private: Sequence[str],
    environment: Mapping[str, str],
) -> LazyConnections:
    urls = [
        url for one in configs for url in (one.url, one.oauth.issuer if one.oauth else "") if url
    ]
    own = [urlsplit(url).netloc for url in urls if is_loopback(url)]
    return LazyConnections([*allow_private, *dict.fromkeys(own)], environment)
