"""JSON Schemas in few words, and examples of what fits them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from batuta.doors.cli.terminal.text import json_text, one_line
from batuta.spec.file import FILE_SCHEMA

__all__ = ["argument_rows", "described", "example"]

# Deeper parts of a shape are not spelled out; more choices or fields than this are counted.
_DEPTH_MAX = 3
_PARTS_MAX = 8
# Of a map inside of an example, so many fields are filled in.
_FIELDS_MAX = 12
_CHARS_MAX = 400
_FILE_FIELDS = FILE_SCHEMA["properties"].keys()

Schema = Mapping[str, Any]


def described(schema: Any, root: Schema | None = None) -> str:
    """`string`, `list of integer`, `{id: string, total?: number}`, `append | union`: one line for people.

    `root`: the document that `$ref` points into; the schema itself unless given.
    """
    known: Schema = cast("Schema", schema) if isinstance(schema, Mapping) else {}
    return one_line(_words(schema, known if root is None else root, 0)[:_CHARS_MAX])


def argument_rows(schema: Schema) -> list[tuple[str, str, str, str]]:
    """Name, type, default (or `required`) and description of each argument, the required ones first."""
    properties = _map(schema.get("properties"))
    required = [name for name in _names(schema.get("required")) if name in properties]
    names = [*required, *(name for name in properties if name not in required)]
    rows: list[tuple[str, str, str, str]] = []
    for name in names:
        one = _map(properties[name])
        default = f"= {json_text(one['default'])}" if "default" in one else ""
        need = "required" if name in required else default
        said = one.get("description", "")
        rows.append(
            (
                one_line(name, 64),
                described(properties[name], schema),
                one_line(need, 40),
                one_line(said if isinstance(said, str) else "", 400),
            )
        )
    return rows


def example(schema: Any, root: Schema | None = None, depth: int = 0) -> Any:
    """Something of the right shape, to be filled in."""
    if not isinstance(schema, Mapping) or depth > _DEPTH_MAX + 1:
        return None
    known = cast("Schema", schema)
    root = known if root is None else root
    known = _resolved(known, root)
    for key in ("const", "default"):
        if key in known:
            return known[key]
    if choices := _list(known.get("enum")):
        return choices[0]
    for key in ("anyOf", "oneOf", "allOf"):
        if options := _list(known.get(key)):
            return example(options[0], root, depth + 1)
    match next((one for one in _types(known) if one != "null"), None):
        case "string":
            return "…"
        case "integer" | "number":
            return known.get("minimum", 0)
        case "boolean":
            return True
        case "array":
            return [example(known.get("items"), root, depth + 1)]
        case "object":
            fields = _map(known.get("properties"))
            names = (_names(known.get("required")) or list(fields))[
                : _FIELDS_MAX if depth else None
            ]
            return {name: example(fields.get(name), root, depth + 1) for name in names}
        case _:
            return None


def _words(schema: Any, root: Schema, depth: int) -> str:
    if schema is False:
        return "nothing"
    if not isinstance(schema, Mapping) or not schema:
        return "any"
    before = cast("Schema", schema)
    known = _resolved(before, root)
    if "const" in known:
        return json_text(known["const"])
    if choices := _list(known.get("enum")):
        return _joined(choices, " | ", lambda one: one if isinstance(one, str) else json_text(one))
    for key, between in (("anyOf", " or "), ("oneOf", " or "), ("allOf", " and ")):
        if options := _list(known.get(key)):
            return _joined(options, between, lambda one: _words(one, root, depth + 1))
    if depth > _DEPTH_MAX:
        return str(known.get("title") or "…")
    kinds = _types(known)
    if not kinds:
        kinds = ["object"] if "properties" in known else ["array"] if "items" in known else []
    return " or ".join(_of_kind(kind, known, root, depth) for kind in kinds) or "any"


def _of_kind(kind: str, known: Schema, root: Schema, depth: int) -> str:
    match kind:
        case "array" if "items" in known:
            return f"list of {_words(known['items'], root, depth + 1)}"
        case "array":
            return "list"
        case "object":
            return _of_object(known, root, depth)
        case "string" if isinstance(known.get("format"), str):
            return f"string ({known['format']})"
        case "integer" | "number" if "minimum" in known or "maximum" in known:
            return f"{kind} {known.get('minimum', '')}..{known.get('maximum', '')}"
        case _:
            return kind


def _of_object(known: Schema, root: Schema, depth: int) -> str:
    fields, required = _map(known.get("properties")), _names(known.get("required"))
    if fields.keys() == _FILE_FIELDS:
        return "file"
    if fields:

        def field(name: str) -> str:
            mark = "" if name in required else "?"
            return f"{name}{mark}: {_words(fields[name], root, depth + 1)}"

        return "{" + _joined(list(fields), ", ", field) + "}"
    rest = known.get("additionalProperties")
    return f"map of {_words(rest, root, depth + 1)}" if isinstance(rest, Mapping) else "map"


def _resolved(schema: Schema, root: Schema) -> Schema:
    """`schema`, or what its `$ref` into `root` stands for; references to references end somewhere."""
    for _ in range(16):
        ref = schema.get("$ref")
        if not isinstance(ref, str) or not ref.startswith("#"):
            return schema
        found: Any = root
        for part in ref[1:].split("/")[1:]:
            found = _map(found).get(part.replace("~1", "/").replace("~0", "~"))
        schema = _map(found)
    return {}


def _joined(parts: Sequence[Any], between: str, words: Callable[[Any], str]) -> str:
    """The first parts in words, and how many there are besides: what nobody reads is not even looked at."""
    more = len(parts) - _PARTS_MAX
    shown = [words(one) for one in parts[:_PARTS_MAX]] + ([f"… {more} more"] if more > 0 else [])
    return between.join(dict.fromkeys(shown))


def _types(schema: Schema) -> list[str]:
    kind = schema.get("type")
    return [kind] if isinstance(kind, str) else [str(one) for one in _list(kind)]


def _map(value: Any) -> Schema:
    return cast("Schema", value) if isinstance(value, Mapping) else {}


def _names(value: Any) -> list[str]:
    return [one for one in _list(value) if isinstance(one, str)]


def _list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []
