"""The types of inputs: one word, or a JSON Schema in which the short words may stand."""

from typing import Any

from batuta.reading.report import Report
from batuta.reading.schema import TYPE_WORDS, problems
from batuta.reading.shapes import FLAWED, choice, formed, wrong
from batuta.reading.tree import Node
from batuta.reading.typed import is_sound
from batuta.spec.file import FILE_SCHEMA, is_file_schema

__all__ = ["INPUT_WORDS", "read_input"]

INPUT_WORDS = (*TYPE_WORDS, "file", "any")
"""The types that one word names."""


def read_input(node: Node, report: Report) -> Any:
    """The JSON Schema of an input; `FLAWED` with a finding if it is none."""
    if isinstance(node.value, str):
        word = node.value
        if word == "any":
            return {}
        if word == "file":
            return FILE_SCHEMA
        if word in TYPE_WORDS:
            return {"type": TYPE_WORDS[word]}
        return choice(*INPUT_WORDS)(node, report)
    nodes = node.map
    if nodes is None:
        return wrong(node, report, "a type or a JSON Schema", "write for example: string")
    flawed = len(report.findings)
    schema = _schema(node, report)
    if len(report.findings) > flawed:
        return FLAWED
    if not is_sound(schema, node, report):
        return FLAWED
    if "default" in schema:
        for problem in _misfits(schema, schema["default"]):
            report.flaw(
                "B028",
                f"the default does not fit: {problem}",
                at=nodes["default"].start,
                remedy="change the default or the type",
            )
            return FLAWED
    return schema


formed(
    read_input,
    "json",
    {"anyOf": [{"enum": [*INPUT_WORDS]}, {"$ref": "#/$defs/InputSchema"}]},
)


def _misfits(schema: dict[str, Any], default: Any) -> list[str]:
    """What is wrong with a default. That of a file is its path: what is in it is found out when a run begins."""
    if is_file_schema(schema) and isinstance(default, str):
        return [] if default.strip() else ["expected the path of a file"]
    return problems(schema, default)


def _schema(node: Node, report: Report) -> Any:
    """A schema as data, with the short names of types (`list`, `file`, `any`) spelled out wherever a schema stands."""
    nodes = node.map
    if nodes is None:
        return node.data()
    schema: dict[str, Any] = {}
    for key, child in nodes.items():
        report.path.append(key)
        if key == "type" and isinstance(child.value, str):
            word = child.value
            if word in TYPE_WORDS:
                schema[key] = TYPE_WORDS[word]
            elif word == "file":
                schema |= FILE_SCHEMA
            elif word != "any":
                choice(*INPUT_WORDS)(child, report)
        elif key == "type" and child.list is not None:
            schema[key] = [_type_word(word.data()) for word in child.list]
        elif key in ("items", "additionalProperties", "not"):
            schema[key] = _schema(child, report)
        elif key in ("properties", "$defs") and child.map is not None:
            schema[key] = {name: _schema(inner, report) for name, inner in child.map.items()}
        elif key in ("anyOf", "oneOf", "allOf", "prefixItems") and child.list is not None:
            schema[key] = [_schema(inner, report) for inner in child.list]
        else:
            schema[key] = child.data()
        report.path.pop()
    return schema


def _type_word(word: Any) -> Any:
    return TYPE_WORDS.get(word, word) if isinstance(word, str) else word
