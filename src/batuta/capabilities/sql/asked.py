"""What the capabilities of a database have in common: cards, the form of what they give, how failures are told."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from batuta.capabilities.answers import checker_of
from batuta.capabilities.sql.database import CONNECT_S, OpenDatabase
from batuta.capabilities.sql.running import Rows
from batuta.capabilities.sql.trouble import Trouble
from batuta.spec.call import Call, Done, Failed, Outcome
from batuta.spec.card import Card, Effect

__all__ = ["answered", "as_maps", "card_of", "result_schema"]


def card_of(
    database: OpenDatabase,
    name: str,
    description: str,
    *,
    takes: dict[str, Any],
    gives: dict[str, Any],
    effect: Effect = "read",
) -> Card:
    """The card of a capability of `database`; `takes` and `gives` are JSON Schemas."""
    return Card(
        name=name,
        description=description,
        input=takes,
        output=gives,
        effect=effect,
        reach=database.reach,
        timeout_s=database.config.timeout + CONNECT_S,
        kind="sql",
    )


async def answered(
    card: Card, call: Call, ask: Callable[[Call], Awaitable[dict[str, Any]]]
) -> Outcome:
    """What `ask` gives, if the arguments fit the card; what is in its way is a failure."""
    flaw = checker_of(card.input)(call.args)
    if flaw:
        return Failed("invalid", flaw)
    try:
        return Done(await ask(call))
    except Trouble as trouble:
        return trouble.failed()


def as_maps(rows: Rows, columns: Sequence[str]) -> dict[str, Any]:
    """The rows by the names of their columns, and whether there are more."""
    return {
        "rows": [dict(zip(columns, row, strict=True)) for row in rows.rows],
        "truncated": rows.truncated,
    }


def result_schema(
    columns: Mapping[str, Mapping[str, Any]], *, changed: bool = False
) -> dict[str, Any]:
    """The schema of what a call gives; `columns` empty: the columns are not known."""
    row: dict[str, Any] = {"type": "object"}
    if columns:
        row |= {"properties": dict(columns), "additionalProperties": False}
    properties: dict[str, Any] = {
        "rows": {"type": "array", "items": row},
        "truncated": {"type": "boolean"},
    }
    if changed:
        properties["changed"] = {"type": "integer"}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
