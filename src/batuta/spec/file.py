"""A file of the workspace as a value: where it is and what was in it, never its content."""

from collections.abc import Mapping
from typing import Annotated, Any, TypedDict, cast

import msgspec

__all__ = ["FILE_FORMAT", "FILE_SCHEMA", "FileReference", "is_file_schema"]

# What marks the schema of a reference among schemas of maps.
FILE_FORMAT = "file"

# What `file` as the type of an input stands for.
FILE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "format": FILE_FORMAT,
    "properties": {
        "path": {"type": "string", "minLength": 1},
        "bytes": {"type": "integer", "minimum": 0},
        "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    },
    "required": ["path", "bytes", "sha256"],
    "additionalProperties": False,
}


class FileReference(TypedDict):
    """`path` relative to the folder of the workspace, with `/`; the size; the SHA-256 of the content, as hex."""

    path: str
    bytes: Annotated[int, msgspec.Meta(ge=0)]
    sha256: str


def is_file_schema(schema: Mapping[str, Any]) -> bool:
    """True for the schema of an input that is a file, or a file or nothing."""
    if schema.get("format") == FILE_FORMAT and schema.get("type") == "object":
        return True
    either = schema.get("anyOf")
    if not isinstance(either, list):
        return False
    kinds = [one for one in cast("list[Any]", either) if one != {"type": "null"}]
    return len(kinds) == 1 and isinstance(kinds[0], dict) and is_file_schema(cast("Any", kinds[0]))
