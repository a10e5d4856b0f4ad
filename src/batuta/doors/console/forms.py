"""A form for a JSON Schema, and what comes back from it."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from starlette.datastructures import FormData

from batuta.doors.cli.terminal.schema_text import described
from batuta.doors.console.look import slug
from batuta.errors import InputError
from batuta.plans.assignments import value_of_text
from batuta.spec.file import is_file_schema
from batuta.spec.value import canonical, digest

__all__ = ["Field", "fields_of", "key_of", "properties_of", "read_form", "sent_once", "texts_of"]

Schema = Mapping[str, Any]
_OPTIONS_MAX = 50
_ONCE = re.compile(r"[0-9a-f]{12}")
# A text that may be longer gets several lines.
_LONG_CHARS = 200
# Objects inside objects that are fields; what is deeper is JSON.
_DEPTH_MAX = 4
# Formats that browsers have an input of their own for.
_FORMATS = {
    "date": "date",
    "time": "time",
    "email": "email",
    "uri": "url",
    "date-time": "text-line",
}


class Field(NamedTuple):
    """One field.

    Attributes:
        kind: boolean, choice, choices (several of `options`), group (of `fields`), lines (a list, one a line), json,
            text (of several lines), or a type of input (text-line, number, date, …).
        least, most: bounds of a number, or of the length of a text; "" for none.
        shape: what JSON is expected, or how it is written.
    """

    name: str
    id: str
    label: str
    kind: str
    required: bool
    value: str
    help: str
    options: tuple[str, ...]
    step: str
    least: str
    most: str
    shape: str
    fields: tuple["Field", ...]
    flaw: str

    @property
    def chosen(self) -> Sequence[str]:
        """Of choices, those that are made."""
        return self.value.split("\n")

    @property
    def described_by(self) -> str:
        """The ids of what is said of it."""
        said = (("help", self.help), ("shape", self.shape), ("flaw", self.flaw))
        return " ".join(f"{self.id}-{name}" for name, text in said if text)


def fields_of(
    schemas: Mapping[str, Schema],
    required: Sequence[str],
    *,
    values: Mapping[str, Any] | None = None,
    flaws: Mapping[str, str] | None = None,
    prefix: str = "f",
    inside: str = "",
) -> list[Field]:
    """A field for each of `schemas`, with `values` in them and `flaws` below. `prefix` tells forms of a page apart.

    `inside`: the name of the group that they are in. Both values and flaws may be given by the names of fields.
    """
    given, wrong = values or {}, flaws or {}
    found: list[Field] = []
    for name, schema in schemas.items():
        full = f"{inside}/{name}" if inside else name
        value = given.get(name, given.get(full, schema.get("default")))
        field = _field(name, full, schema, value, prefix)
        if field.kind == "group":
            within = cast("dict[str, Any]", value) if isinstance(value, dict) else given
            needed = cast("Sequence[str]", schema.get("required", ()))
            parts = fields_of(
                properties_of(schema) or {}, needed, values=within, flaws=wrong, prefix=prefix, inside=full
            )  # fmt: skip
            field = field._replace(fields=tuple(parts))
        needs = name in required and "default" not in schema
        found.append(field._replace(required=needs, flaw=wrong.get(full, "")))
    return found


def texts_of(form: FormData) -> dict[str, str]:
    """What a form says, by name; what is said several times under one name stands on lines of its own."""
    found: dict[str, str] = {}
    for name, value in form.multi_items():
        found[name] = f"{found[name]}\n{value}" if name in found else str(value)
    return found


def sent_once(given: Mapping[str, str]) -> str:
    """What a form is known by that is sent again; "" if it says nothing of the kind."""
    said = given.get("~once", "")
    return said if _ONCE.fullmatch(said) else ""


def key_of(given: Mapping[str, str], content: Any) -> str:
    """The key of the run that a form asks for: the same form with the same content is the same run."""
    said = sent_once(given)
    return f"form {said} {digest(canonical(content))}" if said else ""


def read_form(
    schemas: Mapping[str, Schema], given: Mapping[str, str], inside: str = ""
) -> tuple[dict[str, Any], dict[str, str]]:
    """The values that `given` (texts of a form) say, and what is wrong, by name. An empty field was not filled in."""
    values: dict[str, Any] = {}
    flaws: dict[str, str] = {}
    for name, schema in schemas.items():
        full = f"{inside}/{name}" if inside else name
        kind = _kind(schema, full)
        if kind == "group":
            parts, wrong = read_form(properties_of(schema) or {}, given, full)
            flaws |= wrong
            if parts:
                values[name] = parts
            continue
        if kind == "boolean":
            if f"~shown.{full}" in given or full in given:
                values[name] = given.get(full) == "true"
            continue
        text = given.get(full, "")
        if not text.strip():
            continue
        try:
            values[name] = _read(kind, schema, name, text.replace("\r\n", "\n"))
        except InputError as error:
            flaws[full] = error.message
    return values, flaws


def properties_of(schema: Schema) -> Mapping[str, Schema] | None:
    """The fields of an object; None if it is none, or is open to anything."""
    properties = schema.get("properties")
    if schema.get("type", "object") != "object" or not isinstance(properties, dict):
        return None
    known = cast("dict[str, Any]", properties)
    named: dict[str, Schema] = {
        name: cast("Schema", one if isinstance(one, dict) else {}) for name, one in known.items()
    }
    return named or None


def _read(kind: str, schema: Schema, name: str, text: str) -> Any:
    if kind in ("choices", "lines"):
        items = cast("Schema", schema["items"])
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        return [_read("", items, name, line) for line in lines]
    options = _options(schema)
    if options is not None:
        for option in options:
            if _text_of(option) == text:
                return option
    if is_file_schema(schema):
        return text.strip()
    return value_of_text(schema, "input", name, text)


def _field(name: str, full: str, schema: Schema, value: Any, prefix: str) -> Field:
    kind = _kind(schema, full)
    items: Any = schema.get("items")
    options = _options(cast("Schema", items) if kind == "choices" else schema)
    if kind == "text-line" and isinstance(value, str) and "\n" in value:
        kind = "text"
    said = schema.get("description", "")
    shape = ""
    if kind == "json":
        shape = f"JSON: {described(schema)}"
    elif kind == "lines":
        shape = f"a list of {described(cast('Schema', items))}, one a line"
    elif is_file_schema(schema):
        shape = "path of a file in the workspace"
    least, most = _bounds(schema)
    if kind in ("lines", "choices") and isinstance(value, list):
        value = "\n".join(map(_text_of, cast("list[Any]", value)))
    return Field(
        name=full,
        id=slug(f"{prefix}-{full}"),
        label=name.replace("_", " "),
        kind=kind,
        required=False,
        value="" if value is None or kind == "group" else _text_of(value),
        help=said if isinstance(said, str) else "",
        options=tuple(map(_text_of, options or ())),
        step="1" if schema.get("type") == "integer" else "any",
        least=least,
        most=most,
        shape=shape,
        fields=(),
        flaw="",
    )


def _kind(schema: Schema, full: str) -> str:
    kind = schema.get("type")
    if is_file_schema(schema):
        return "text-line"
    if _options(schema) is not None:
        return "choice"
    if kind == "string":
        if schema.get("format") in _FORMATS:
            return _FORMATS[str(schema["format"])]
        long = schema.get("maxLength", 0)
        return "text" if isinstance(long, int) and long > _LONG_CHARS else "text-line"
    if kind in ("number", "integer"):
        return "number"
    if kind == "array":
        return _kind_of_list(schema.get("items"))
    if properties_of(schema) is not None and full.count("/") < _DEPTH_MAX:
        return "group"
    return "boolean" if kind == "boolean" else "json"


def _kind_of_list(items: Any) -> str:
    if not isinstance(items, dict):
        return "json"
    schema = cast("Schema", items)
    if _options(schema) is not None:
        return "choices"
    return "lines" if schema.get("type") in ("string", "number", "integer") else "json"


def _bounds(schema: Schema) -> tuple[str, str]:
    numbers = schema.get("type") in ("number", "integer")
    names = ("minimum", "maximum") if numbers else ("minLength", "maxLength")
    found = [schema.get(name) for name in names]
    least, most = (
        "" if isinstance(one, bool) or not isinstance(one, int | float) else f"{one:g}"
        for one in found
    )
    return least, most


def _options(schema: Schema) -> list[Any] | None:
    options = schema.get("enum")
    if isinstance(options, list) and 0 < len(cast("list[Any]", options)) <= _OPTIONS_MAX:
        return cast("list[Any]", options)
    return None


def _text_of(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
