"""The one connection of a source: made at the first call, made again when it has broken, closed with the workspace."""

import asyncio
import os
import time
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import Any

from batuta.capabilities.mcp.sending import Sending
from batuta.capabilities.mcp.warden import Warden
from batuta.errors import InputError
from batuta.imports.manifest import Manifest
from batuta.imports.pin import Pin
from batuta.outbound.exchange import Connections, Trouble
from batuta.reading.mcp import McpConfig

__all__ = ["Source", "origin_of"]

# After the first connection that fails in a row the next is made at once, then ever later (s).
_PAUSE_S = 0.25
_PAUSE_S_MAX = 30.0
# A connection that stood so long has not failed at once (s).
_STOOD_S = 10.0


class Source:
    """What a workspace calls `name`. `pin` is what was accepted of it; without one nothing is compared."""

    def __init__(
        self,
        name: str,
        config: McpConfig,
        pin: Pin | None,
        root: Path,
        connections: Connections,
        warden: Warden,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self.name = name
        self.config = config
        self._pin = pin
        self._root = root
        self._connections = connections
        self._warden = warden
        self._environment = environment
        self._session: Any = None
        self._opening: asyncio.Task[Any] | None = None
        self._failures = 0
        self._last: Trouble | None = None
        self._opened_at = 0.0
        self._closed = False
        # Each call takes its turn, where the workspace says how many there are at once.
        self.turn: AbstractAsyncContextManager[Any] = (
            asyncio.Semaphore(config.concurrency) if config.concurrency else nullcontext()
        )

    async def session(self) -> Any:
        """The connection (a `session.Session`), made if there is none that stands. Raises `Trouble`."""
        session = self._session
        if session is not None and session.alive:
            return session
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())
            self._opening.add_done_callback(self._tried)
        return await asyncio.shield(self._opening)

    def answered(self) -> None:
        """It works: what went wrong before does not count any more."""
        self._failures = 0

    async def drop(self, session: Any) -> None:
        """Make a new connection for the next call: the server does not know this one any more."""
        if self._session is session:
            self._session = None
            await session.close()

    def late(self, after_s: float, sending: Sending) -> Trouble:
        """There was no answer within `after_s` seconds."""
        if self._opening is not None and not sending.left:
            last = f"; the last one failed: {self._last.message}" if self._last else ""
            text = f"no connection within {after_s:.3g} s{last}"
            return Trouble(text, code="timeout", sent=False)
        return Trouble(f"no answer within {after_s:.3g} s", code="timeout", sent=sending.left)

    async def manifest(self) -> Manifest:
        """What the source offers now. Raises `Trouble`."""
        return (await self.session()).manifest

    async def close(self) -> None:
        """End the connection, and the process behind it."""
        self._closed = True
        opening, session = self._opening, self._session
        if opening is not None:
            opening.cancel()
            await asyncio.wait([opening])
        if session is not None:
            await session.close()

    async def _open(self) -> Any:
        if self._closed:
            raise Trouble("the workspace is closed", code="unavailable", sent=False)
        broken, self._session = self._session, None
        if broken is not None:
            if time.monotonic() - self._opened_at < _STOOD_S:
                self._failures += 1
            await broken.close()
        if self._failures > 1:
            await asyncio.sleep(min(_PAUSE_S * 2.0 ** min(self._failures - 2, 10), _PAUSE_S_MAX))
        try:
            session = await asyncio.to_thread(self._made)
            await session.open()
        except Trouble as trouble:
            self._failures += 1
            self._last = trouble
            raise
        except ImportError as error:
            text = f"MCP needs {error.name}; pip install 'batuta[mcp]' brings it"
            raise Trouble(text, code="unsupported", sent=False) from None
        self._session, self._opened_at, self._last = session, time.monotonic(), None
        return session

    def _tried(self, opening: asyncio.Task[Any]) -> None:
        self._opening = None
        if not opening.cancelled():
            opening.exception()  # nobody may be there any more to take it

    def _made(self) -> Any:
        """A session that is not open yet. In a thread: importing takes a second."""
        from batuta.capabilities.mcp.address import Address, looked_up
        from batuta.capabilities.mcp.program import Program
        from batuta.capabilities.mcp.session import Session

        config = self.config
        if config.url:
            peer = Address(config, self._connections, self._environment)
        else:
            try:
                environment = {
                    name: looked_up(value, self._environment)
                    for name, value in config.environment.items()
                }
            except InputError as error:
                raise Trouble(error.message, code="no_key", sent=False) from None
            referred = [name for name, one in config.environment.items() if one.startswith("env:")]
            secrets = [environment[name] for name in referred]
            folder = self._root / config.folder
            peer = Program(config.command, environment, secrets, folder, self._warden)
        return Session(peer, origin_of(config), self._pin)


def origin_of(config: McpConfig) -> dict[str, Any]:
    """Where a source is, as the workspace says it: no secret is in it."""
    if config.url:
        return {"url": config.url}
    return {"command": list(config.command), "folder": config.folder}
