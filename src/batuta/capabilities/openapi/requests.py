"""The body of an operation: what becomes of the argument `body`, and its schema. Pure."""

from typing import Any

from batuta.capabilities.openapi.media import kind_of
from batuta.capabilities.openapi.references import References, Refused, as_list, as_map, as_text
from batuta.capabilities.openapi.schemas import Schemas
from batuta.capabilities.openapi.shape import Body, Field, Style

__all__ = ["FILE_SCHEMA", "body_of"]

# Bytes, as a plan gives them: a file of the workspace, base64, or just text.
FILE_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "object",
            "properties": {
                "path": {"type": "string"},
                "name": {"type": "string"},
                "type": {"type": "string"},
            },
            "required": ["path"],
        },
        {
            "type": "object",
            "properties": {
                "base64": {"type": "string"},
                "name": {"type": "string"},
                "type": {"type": "string"},
            },
            "required": ["base64"],
            "additionalProperties": False,
        },
    ]
}
_FIELD_STYLES: dict[str, Style] = {
    "form": "form",
    "spaceDelimited": "space",
    "pipeDelimited": "pipe",
    "tabDelimited": "tab",
    "deepObject": "deep",
}


def body_of(
    media: str, given: dict[str, Any], references: References, schemas: Schemas
) -> tuple[Body, dict[str, Any]]:
    """The body of the type `media`, and the schema of the argument. Raises `Refused`."""
    kind = kind_of(media)
    schema = given.get("schema", {})
    if kind == "json":
        named = "application/json" if "*" in media or not media else media
        return Body(kind, named), schemas.converted(schema, "input")
    if kind == "text":
        return Body(kind, media), {"type": "string"}
    if kind == "binary":
        return Body(kind, media), FILE_SCHEMA
    if media.partition(";")[0].strip().lower() not in (
        "multipart/form-data",
        "multipart/*",
        "application/x-www-form-urlencoded",
    ):
        raise Refused(f"its body is {media[:80]}, which has no names for its parts")
    resolved = references.resolved(schema)
    fields = _fields(kind == "multipart", resolved, as_map(given.get("encoding")), references)
    converted = schemas.converted(resolved, "input")
    for name, field in fields.items():
        if field.file and name in converted.get("properties", {}):
            one: dict[str, Any] = (
                {"type": "array", "items": FILE_SCHEMA} if field.many else FILE_SCHEMA
            )
            converted["properties"][name] = one
    named = "multipart/form-data" if kind == "multipart" else "application/x-www-form-urlencoded"
    return Body(kind, named, fields), converted


def _fields(
    multipart: bool, schema: dict[str, Any], encodings: dict[str, Any], references: References
) -> dict[str, Field]:
    """Those fields of a form of which something is to be known; the others are as forms are."""
    found: dict[str, Field] = {}
    for name, one in _properties(schema, references).items():
        encoding = as_map(encodings.get(name))
        media = as_text(encoding.get("contentType")).partition(",")[0].strip()
        style = _FIELD_STYLES.get(as_text(encoding.get("style")))
        items = _resolved(one.get("items"), references) if one.get("type") == "array" else {}
        many = bool(items)
        file = multipart and (_is_file(items if many else one) or _is_file_type(media, one))
        if file or media or encoding:
            explode = encoding.get("explode", style in (None, "form", "deep")) is True
            reserved = encoding.get("allowReserved") is True
            found[name] = Field(media, style, explode, reserved, file, many)
    return found


def _properties(schema: dict[str, Any], references: References) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for part in [schema, *as_list(schema.get("allOf"))]:
        for name, one in as_map(_resolved(part, references).get("properties")).items():
            found[name] = _resolved(one, references)
    return found


def _resolved(schema: object, references: References) -> dict[str, Any]:
    try:
        return references.resolved(schema)
    except Refused:
        return {}


def _is_file(schema: dict[str, Any]) -> bool:
    if schema.get("format") == "binary":
        return True
    return "contentMediaType" in schema and "contentEncoding" not in schema


def _is_file_type(media: str, schema: dict[str, Any]) -> bool:
    plain = schema.get("type") in (None, "string") and "contentEncoding" not in schema
    return bool(media) and plain and kind_of(media) == "binary"
