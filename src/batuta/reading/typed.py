"""What a value has to be, as people write it: a word like `integer`, or a JSON Schema."""

from typing import Any

from batuta.reading.report import Report
from batuta.reading.schema import TYPE_WORDS, schema_flaw
from batuta.reading.shapes import FLAWED, choice, formed, wrong
from batuta.reading.tree import Node

__all__ = ["is_sound", "read_type"]


def read_type(node: Node, report: Report) -> Any:
    """The JSON Schema; {} for `any`."""
    if isinstance(node.value, str):
        if node.value == "any":
            return {}
        word = choice(*TYPE_WORDS, "any")(node, report)
        return FLAWED if word is FLAWED else {"type": TYPE_WORDS[word]}
    if node.map is None:
        return wrong(node, report, "a type or a JSON Schema", "write for example: string")
    schema: dict[str, Any] = node.data()
    return schema if is_sound(schema, node, report) else FLAWED


def is_sound(schema: dict[str, Any], node: Node, report: Report) -> bool:
    """True if `schema`, which stands at `node`, is a JSON Schema; else the report is told why not."""
    flaw = schema_flaw(schema)
    if flaw:
        report.flaw(
            "B027",
            f"this is not a JSON Schema: {flaw}",
            at=node.start,
            remedy="write for example {type: integer, minimum: 1}",
        )
    return not flaw


formed(read_type, "json", {"anyOf": [{"enum": [*TYPE_WORDS, "any"]}, {"type": "object"}]})
