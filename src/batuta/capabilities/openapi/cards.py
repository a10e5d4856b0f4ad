"""The card of an operation: its schemas from the document, all that matters from the operator. Pure."""

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from batuta.capabilities.openapi.pages import items_schema
from batuta.capabilities.openapi.shape import Operation
from batuta.imports.manifest import Entry
from batuta.reading.openapi import OpenapiConfig, OperationConfig
from batuta.spec.budget import nusd
from batuta.spec.card import Card

__all__ = ["READS", "card_of", "declared_of"]

# By HTTP nothing happens at the other end (RFC 9110, 9.2.1). PUT and DELETE may be repeated by HTTP, too, but a second
# one undoes what somebody else has done in between: that is for the operator to say.
READS = frozenset({"GET", "HEAD", "OPTIONS", "QUERY"})

# A card is copied, hashed and shown to models. What a schema refers to beyond that is anything.
_SCHEMA_BYTES_MAX = 64 * 1_024
_DESCRIPTION_CHARS_MAX = 4_096


def declared_of(config: OpenapiConfig, entry: Entry) -> OperationConfig:
    """What the operator says of `entry`, under our name or its own."""
    found = config.operations.get(entry.name) or config.operations.get(entry.called)
    return found or OperationConfig()


def card_of(
    source: str,
    config: OpenapiConfig,
    entry: Entry,
    operation: Operation,
    definitions: Mapping[str, Any],
    missing: str,
) -> Card:
    """The card of `operation`; `missing` is what has to be there first."""
    declared = declared_of(config, entry)
    reads = operation.method in READS
    output = declared.output if declared.output is not None else entry.output
    output = alone(output or {}, definitions) or None
    if declared.pages:
        output = items_schema(output, declared.pages.items)
    description = declared.description or _joined(entry.title, entry.description)
    return Card(
        name=f"{source}.{entry.name}",
        description=description[:_DESCRIPTION_CHARS_MAX],
        input=alone(entry.input, definitions),
        output=output,
        effect=declared.effect or ("read" if reads else "write"),
        reach=declared.reach or "egress",
        price_nusd=nusd(declared.price_usd),
        scopes=declared.scopes,
        in_doubt=declared.in_doubt or ("reconcile" if declared.reconcile else "ask"),
        timeout_s=declared.timeout_s or config.timeout_s,
        concurrency=declared.concurrency or config.concurrency,
        kind="openapi",
        declared=reads or declared.effect is not None,
        waits=declared.waits,
        missing=missing,
    )


def alone(schema: dict[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """`schema` with the definitions that it refers to, the nearest first, as far as there is room for them."""
    found: dict[str, Any] = {}
    left = _SCHEMA_BYTES_MAX
    level = _names(schema)
    while level:
        following: list[str] = []
        for name in level:
            if name in found:
                continue
            definition = definitions.get(name, {})
            size = len(msgspec.json.encode(definition))
            found[name] = definition if size <= left else {}
            if size <= left:
                left -= size
                following += _names(definition)
        level = following
    return {**schema, "$defs": found} if found else schema


def _names(schema: object) -> list[str]:
    """The names of the definitions that `schema` refers to."""
    names: dict[str, None] = {}
    waiting: list[object] = [schema]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            found = cast("dict[str, Any]", one)
            reference = found.get("$ref")
            if isinstance(reference, str) and reference.startswith("#/$defs/"):
                names[reference[len("#/$defs/") :]] = None
            waiting.extend(found.values())
        elif isinstance(one, list):
            waiting.extend(cast("list[object]", one))
    return sorted(names)


def _joined(title: str, description: str) -> str:
    if not title or description.startswith(title):
        return description
    return f"{title.rstrip('.')}. {description}" if description else title
