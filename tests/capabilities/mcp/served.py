"""A workspace's MCP source for a test: pinned as it is now, called as steps call it, closed without a trace."""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from batuta.capabilities.mcp.capability import McpCapability
from batuta.capabilities.mcp.opening import McpServers, offered
from batuta.imports.pin import write_pin
from batuta.reading.declared import Declared
from batuta.reading.mcp import McpConfig
from batuta.spec.call import Call, Outcome

RAW = Path(__file__).with_name("raw_server.py")
READ = Declared(effect="read", reach="local")


def raw(*words: str, **more: Any) -> McpConfig:
    """The server of `raw_server.py`."""
    return McpConfig(command=(sys.executable, "-S", str(RAW), *(words or ("2025-11-25",))), **more)


class Served:
    """`call` calls a tool of the source `s`."""

    def __init__(self, servers: McpServers) -> None:
        self.servers = servers
        self.capabilities: dict[str, McpCapability] = {
            one.card.name.removeprefix("s."): one for one in servers.capabilities
        }
        self.reports: list[Any] = []

    async def call(self, name: str, args: Mapping[str, Any] | None = None, **more: Any) -> Outcome:
        fields: dict[str, Any] = {
            "run": "r",
            "path": name,
            "attempt": 1,
            "key": f"key-{name}",
            "args": dict(args or {}),
            "deadline": time.time() + more.pop("within_s", 90.0),
            "capability": f"s.{name}",
            "report": self.reports.append,
        }
        return await self.capabilities[name](Call(**(fields | more)))


@contextlib.asynccontextmanager
async def served(
    root: Path, config: McpConfig, environment: Mapping[str, str] | None = None, *, pin: bool = True
) -> AsyncIterator[Served]:
    """The source `s` in the workspace at `root`; `pin`: what it offers now is accepted first."""
    known = dict(os.environ) | dict(environment or {})
    allowed: list[str] = []
    if pin:
        write_pin(root, "s", await offered("s", config, root, allowed, known))
    servers = McpServers({"s": config}, root, allowed, known)
    try:
        yield Served(servers)
    finally:
        await servers.close()


def exists(pid: int) -> bool:
    """True if the process is there, and is no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


async def gone(pid: int, within_s: float = 90.0) -> bool:
    """True as soon as the process is gone; False if it is still there after `within_s` seconds."""
    end = time.monotonic() + within_s
    while exists(pid):
        if time.monotonic() > end:
            return False
        await asyncio.sleep(0.01)
    return True
