"""Whom the capabilities of a workspace ask, in the words of OpenTelemetry's conventions (GenAI 0.1, MCP, HTTP)."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from batuta.config import Workspace
from batuta.reading.models import ModelConfig
from batuta.reading.providers import url_of

__all__ = ["Peer", "peers_of"]

# The conventions know providers by these names. What speaks like OpenAI is filed there, and told by its address.
_PROVIDERS = {
    "openai": "openai",
    "openai-chat": "openai",
    "openai-compatible": "openai",
    "anthropic": "anthropic",
    "google": "gcp.gemini",
}
_PORTS = {"https": 443, "http": 80}


class Peer(msgspec.Struct, frozen=True):
    """Who is asked. `kind` is model, agent, mcp or http; `name` what the span is called; `attributes` what is said."""

    kind: str
    name: str
    attributes: Mapping[str, Any] = {}


def peers_of(workspace: Workspace) -> Callable[[str], Peer | None]:
    """Whom a capability asks, by its name; None if nobody outside of this process."""
    known: dict[str, Peer] = {}
    for name, model in workspace.models.items():
        known[name] = _model(model)
    for name, agent in workspace.agents.items():
        known[name] = Peer("agent", name)
        if agent.model in workspace.models:
            known[f"{name}.think"] = _model(workspace.models[agent.model])
    for name, entry in workspace.capabilities.items():
        if entry.kind == "http":
            known[name] = _http(entry.settings)

    def peer(capability: str) -> Peer | None:
        found = known.get(capability)
        source, dot, tool = capability.partition(".")
        if found is not None or not dot:
            return found
        if source in workspace.mcp:
            at = _server(workspace.mcp[source].url)
            said = {"mcp.method.name": "tools/call", "gen_ai.tool.name": tool}
            return Peer("mcp", f"tools/call {tool}", said | at)
        if source in workspace.openapi:
            return Peer("http", tool, _server(workspace.openapi[source].server))
        return None

    return peer


def _model(config: ModelConfig) -> Peer:
    said: dict[str, Any] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": _PROVIDERS[config.provider],
        "gen_ai.request.model": config.model,
        "gen_ai.request.stream": True,
    }
    return Peer("model", f"chat {config.model}", said | _server(url_of(config)))


def _http(settings: Mapping[str, Any]) -> Peer:
    method = str(settings.get("method", "GET"))
    return Peer(
        "http", method, {"http.request.method": method} | _server(str(settings.get("url", "")))
    )


def _server(url: str) -> dict[str, Any]:
    """Host and port: of a path or a query nothing is told."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return {}
    if port is None or not parts.hostname or "{" in parts.netloc:
        return {}
    return {"server.address": parts.hostname, "server.port": port}
