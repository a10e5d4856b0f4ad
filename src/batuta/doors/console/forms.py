"""A form for a JSON Schema, and what comes back from it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from batuta.doors.cli.terminal.schema_text import described
from batuta.doors.console.look import slug
from batuta.errors import InputError
from batuta.plans.assignments import value_of_text
from batuta.spec.file import is_file_schema

__all__ = ["Field", "fields_of", "read_form"]

Schema = Mapping[str, Any]
_OPTIONS_MAX = 50
_LONG_CHARS = 60


class Field(NamedTuple):
    """One field. `kind`: boolean, choice, text (of several lines), json, or a type of input (text-line, number, …)."""

    name: str
    id: str
    label: str
    kind: str
    required: bool
    value: str
    help: str
    options: tuple[str, ...]
    step: str
    flaw: str


def fields_of(
    schemas: Mapping[str, Schema],
    required: Sequence[str],
    *,
    values: Mapping[str, Any] | None = None,
    flaws: Mapping[str, str] | None = None,
    prefix: str = "f",
) -> list[Field]:
    """A field for each of `schemas`, with `values` in them and `flaws` below. `prefix` tells forms of a page apart."""
    return [
        _field(
            name,
            schema,
            name in required,
            (values or {}).get(name, schema.get("default")),
            (flaws or {}).get(name, ""),
            prefix,
        )
        for name, schema in schemas.items()
    ]


def read_form(
    schemas: Mapping[str, Schema], given: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The values that `given` (texts of a form) say, and what is wrong, by name. An empty field was not filled in."""
    values: dict[str, Any] = {}
    flaws: dict[str, str] = {}
    for name, schema in schemas.items():
        if schema.get("type") == "boolean":
            if f"~shown.{name}" in given or name in given:
                values[name] = given.get(name) == "true"
            continue
        text = given.get(name, "")
        if not text.strip():
            continue
        try:
            values[name] = _read(schema, name, text.replace("\r\n", "\n"))
        except InputError as error:
            flaws[name] = error.message
    return values, flaws


def _read(schema: Schema, name: str, text: str) -> Any:
    options = _options(schema)
    if options is not None:
        for option in options:
            if _text_of(option) == text:
                return option
    if is_file_schema(schema):
        return text.strip()
    return value_of_text(schema, "input", name, text)


def _field(name: str, schema: Schema, required: bool, value: Any, flaw: str, prefix: str) -> Field:
    options = _options(schema)
    said = schema.get("description", "")
    help_ = said if isinstance(said, str) else ""
    kind = _kind(schema, value)
    if kind == "json" and not help_:
        help_ = f"JSON: {described(schema)}"
    if is_file_schema(schema) and not help_:
        help_ = "path of a file in the workspace"
    return Field(
        name=name,
        id=f"{prefix}-{slug(name)}",
        label=name.replace("_", " "),
        kind="choice" if options is not None else kind,
        required=required and "default" not in schema,
        value="" if value is None else _text_of(value),
        help=help_,
        options=tuple(map(_text_of, options or ())),
        step="1" if schema.get("type") == "integer" else "any",
        flaw=flaw,
    )


def _kind(schema: Schema, value: Any) -> str:
    kind = schema.get("type")
    if is_file_schema(schema):
        return "text-line"
    if kind == "string":
        long = schema.get("maxLength", 1_000) > _LONG_CHARS and not schema.get("format")
        long = long and not schema.get("pattern")
        return (
            "text" if long and isinstance(value, str) and len(value) > _LONG_CHARS else "text-line"
        )
    if kind in ("number", "integer"):
        return "number"
    return "boolean" if kind == "boolean" else "json"


def _options(schema: Schema) -> list[Any] | None:
    options = schema.get("enum")
    if isinstance(options, list) and 0 < len(cast("list[Any]", options)) <= _OPTIONS_MAX:
        return cast("list[Any]", options)
    return None


def _text_of(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
