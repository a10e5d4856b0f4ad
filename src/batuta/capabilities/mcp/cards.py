"""The card of what a server offers: its schemas from the pin, all that matters from the operator. Pure."""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from batuta.imports.manifest import Entry, whole
from batuta.reading.declared import Declared
from batuta.reading.mcp import McpConfig
from batuta.spec.budget import nusd
from batuta.spec.card import Card

__all__ = ["card_of", "declared_of", "missing_of", "wanted"]

_VARIABLE = re.compile(r"\benv:([A-Za-z_][A-Za-z0-9_]*)")
_DESCRIPTION_CHARS_MAX = 4_096
_CONTENTS: dict[str, Any] = {
    "type": "object",
    "properties": {"contents": {"type": "array", "items": {"type": "object"}}},
    "required": ["contents"],
}
_PROMPT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "messages": {"type": "array", "items": {"type": "object"}},
    },
    "required": ["text", "messages"],
}
_RESOURCES: dict[str, Any] = {
    "type": "object",
    "properties": {"resources": {"type": "array", "items": {"type": "object"}}},
    "required": ["resources"],
}
_OUTPUTS = {"prompt": _PROMPT, "resources/read": _CONTENTS, "resources/list": _RESOURCES}


def wanted(config: McpConfig, entry: str) -> bool:
    """True if `entry` is taken over."""
    return not config.only or any(fnmatchcase(entry, pattern) for pattern in config.only)


def declared_of(config: McpConfig, entry: Entry) -> Declared:
    """What the operator says of `entry`, under our name or its own."""
    return config.tools.get(entry.name) or config.tools.get(entry.called) or Declared()


def card_of(
    source: str, config: McpConfig, entry: Entry, definitions: Mapping[str, Any], missing: str
) -> Card:
    """The card of `entry`; `missing` is what has to be there first.

    What the server says of its effect counts for nothing. To read a resource, or a prompt, is a `read` by the
    protocol, as `GET` is; a tool of which nothing is declared is a `write` that reaches far.
    """
    declared = declared_of(config, entry)
    tool = entry.kind == "tool"
    description = declared.description or entry.description or entry.title
    return Card(
        name=f"{source}.{entry.name}",
        description=description[:_DESCRIPTION_CHARS_MAX],
        input=whole(entry.input, definitions) or {},
        output=whole(entry.output, definitions)
        if tool
        else _OUTPUTS.get(entry.called, _OUTPUTS["prompt"]),
        effect=declared.effect or ("write" if tool else "read"),
        reach=declared.reach or "egress",
        price_nusd=nusd(declared.price_usd),
        scopes=declared.scopes,
        in_doubt=declared.in_doubt or "ask",
        timeout_s=declared.timeout_s or config.timeout_s,
        concurrency=declared.concurrency,
        kind="mcp",
        declared=not tool or (declared.effect is not None and declared.reach is not None),
        waits=declared.waits,
        missing=missing,
    )


def missing_of(config: McpConfig, environment: Mapping[str, str]) -> str:
    """What has to be in `environment` before the server can be called, and is not."""
    texts = [config.url, *config.headers.values(), *config.environment.values()]
    if config.oauth is not None:
        oauth = config.oauth
        texts += [oauth.issuer, oauth.client_id, oauth.client_secret, oauth.private_key]
    for name in _VARIABLE.findall("\n".join(texts)):
        if not environment.get(name):
            return f"the environment has no {name}"
    return ""
