"""Inputs that are files, pinned: a run begins with what was in them then, and is told if that has changed since."""

from collections.abc import Mapping
from typing import Any, cast

from batuta.capabilities.files.content import reference_of
from batuta.capabilities.files.folder import Folder
from batuta.capabilities.files.trouble import Trouble
from batuta.errors import InputError
from batuta.spec.file import is_file_schema

__all__ = ["has_files", "pinned"]


def has_files(schemas: Mapping[str, Mapping[str, Any]]) -> bool:
    """True if one of the inputs with these schemas is a file, or a list of files."""
    return any(is_file_schema(one) or _is_list_of_files(one) for one in schemas.values())


def pinned(
    schemas: Mapping[str, Mapping[str, Any]], inputs: Mapping[str, Any], folder: Folder
) -> dict[str, Any]:
    """`inputs` with a reference in the place of each path, and with the defaults of files that were not given.

    Hashes the files: seconds for gigabytes. What is not a path or a reference is left as it is.

    Raises:
        InputError: a file is not there, not to be read, or not what a reference says any more.
    """
    found = dict(inputs)
    for name, schema in schemas.items():
        if is_file_schema(schema):
            if name not in found and "default" in schema:
                found[name] = schema["default"]
            if name in found:
                found[name] = _pinned(name, found[name], folder)
        elif _is_list_of_files(schema) and isinstance(found.get(name), list):
            items = cast("list[Any]", found[name])
            found[name] = [_pinned(name, item, folder) for item in items]
    return found


def _is_list_of_files(schema: Mapping[str, Any]) -> bool:
    items = schema.get("items")
    return isinstance(items, dict) and is_file_schema(cast("dict[str, Any]", items))


def _pinned(name: str, value: Any, folder: Folder) -> Any:
    if not isinstance(value, str) and not _is_reference(value):
        return value
    try:
        return reference_of(folder, value)
    except Trouble as error:
        raise InputError(f"input {name!r}: {error.what}", remedy=error.remedy) from None


def _is_reference(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    given = cast("dict[str, Any]", value)
    return (
        given.keys() == {"path", "bytes", "sha256"}
        and isinstance(given["path"], str)
        and isinstance(given["sha256"], str)
    )
