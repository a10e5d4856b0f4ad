"""Values as people write them on a command line: `name=value`, or `name=@file`."""

import csv
import io
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

import msgspec

from batuta.errors import InputError, NotFound
from batuta.reading.repeated import repeated_key
from batuta.reading.source import read_bytes
from batuta.reading.tree import INTEGER_MAX, INTEGER_MIN
from batuta.spec.file import is_file_schema
from batuta.spec.plan import Plan
from batuta.spec.value import VALUE_BYTES_MAX

__all__ = ["parse_assignments", "parse_inputs", "value_of_text"]

_WORDS = {"true": True, "false": False}


def parse_inputs(plan: Plan, assignments: Iterable[str], root: str = "") -> dict[str, Any]:
    """Inputs from the command line, read by the types the plan declares. Raises as `parse_assignments` does.

    `root`: the folder of the workspace; the path of a file, which people give as they see it from where they are,
    becomes one relative to it.
    """
    return parse_assignments(plan.inputs, assignments, root=root)


def parse_assignments(
    schemas: Mapping[str, Any], assignments: Iterable[str], what: str = "input", root: str = ""
) -> dict[str, Any]:
    """Values by name: `name=value`, or `name=@file` (.json, .csv as a list of maps, other files as text).

    A value is read by the type in its schema: a string stays as it is, lists and maps are JSON, numbers and
    booleans are written plainly. Where any type may stand, it is JSON if it can be read so, else a string. A file is
    its path, which becomes one relative to `root`. `what`: what messages call such a value.

    Raises:
        InputError: something cannot be read; the message lists all of it.
    """
    inputs: dict[str, Any] = {}
    flaws: list[str] = []
    remedy = ""
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        name = name.strip()
        try:
            if not equals or not name:
                raise InputError(
                    f"the {what} {assignment[:64]!r} is no assignment", remedy="write NAME=VALUE"
                )
            if name in inputs:
                raise InputError(f"the {what} {name!r} is given twice", remedy="give it once")
            schema = schemas.get(name, {})
            if is_file_schema(schema) and not value.startswith("{"):
                inputs[name] = _path_below(root, _Named(what, name), value.removeprefix("@"))
            else:
                inputs[name] = _parsed(schema, _Named(what, name), value)
        except InputError as error:
            flaws.append(error.message)
            remedy = remedy or error.remedy
    if flaws:
        raise InputError("; ".join(flaws), remedy=remedy)
    return inputs


def value_of_text(schema: Mapping[str, Any], what: str, name: str, text: str) -> Any:
    """The value that `text` says, read by its schema; no file is looked at, whatever it begins with.

    `what` and `name` stand in the message: `input 'batch'`. Raises `InputError`.
    """
    return _read(schema, _Named(what, name), text)


class _Named(NamedTuple):
    """What messages call a value: `input 'batch'`."""

    what: str
    name: str

    def __str__(self) -> str:
        return f"{self.what} {self.name!r}"


def _path_below(root: str, name: _Named, path: str) -> str:
    """`path`, seen from the current folder, as seen from `root`. Whether there is anything is not asked."""
    try:
        here, there = os.path.abspath(path), os.path.abspath(root)
        if not Path(here).is_relative_to(there):
            here, there = os.path.realpath(path), os.path.realpath(root)
        if path and Path(here).is_relative_to(there):
            return Path(here).relative_to(there).as_posix()
    except (OSError, ValueError) as error:
        raise InputError(f"{name}: {path[:120]!r} is no path: {error}") from None
    raise InputError(
        f"{name}: {path[:120]!r} is outside the workspace {there!r}"
        if path
        else f"{name}: the path is empty",
        remedy="copy the file into its folder; a run reads nothing from elsewhere",
    )


def _parsed(schema: Mapping[str, Any], name: _Named, text: str) -> Any:
    if text.startswith("@") and len(text) > 1:
        return _from_file(schema, name, Path(text[1:]))
    return _read(schema, name, text)


def _read(schema: Mapping[str, Any], name: _Named, text: str) -> Any:
    kind = schema.get("type")
    if kind == "string":
        return text
    if kind == "boolean":
        if text in _WORDS:
            return _WORDS[text]
        raise _unreadable(name, text, "true or false")
    if kind in ("integer", "number"):
        return _number(name, text, whole=kind == "integer")
    try:
        return _from_json(text.encode(), name)
    except (ValueError, UnicodeError):
        if kind in ("array", "object", "null"):
            expected = {"array": "a JSON list", "object": "a JSON map"}.get(kind, "null")
            raise _unreadable(name, text, expected) from None
        return text


def _number(name: _Named, text: str, *, whole: bool) -> int | float:
    expected = "a whole number of 64 bits" if whole else "a number"
    try:
        value = _from_json(text.strip().encode(), name)
    except (ValueError, UnicodeError):
        raise _unreadable(name, text, expected) from None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _unreadable(name, text, expected)
    if whole and not isinstance(value, int):
        raise _unreadable(name, text, expected)
    return value


def _from_json(text: bytes, name: _Named) -> Any:
    """Raises ValueError for what is no JSON, or has integers that nobody could carry; InputError for a key twice."""
    try:
        value = msgspec.json.decode(text)
        twice = repeated_key(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    pending: list[Any] = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, int) and not INTEGER_MIN <= item <= INTEGER_MAX:
            raise ValueError("an integer of more than 64 bits")
        if isinstance(item, dict):
            pending.extend(cast("dict[str, Any]", item).values())
        elif isinstance(item, list):
            pending.extend(cast("list[Any]", item))
    if twice is not None:
        raise InputError(
            f"the {name} has the key {twice[:64]!r} twice in one map",
            remedy="which of the two is meant? write it once",
        )
    return value


def _from_file(schema: Mapping[str, Any], name: _Named, path: Path) -> Any:
    try:
        content = read_bytes(path, f"file of {name}", VALUE_BYTES_MAX)
    except NotFound as error:
        remedy = f"check the path; a text that begins with @ is given as JSON: {name.name}='\"@…\"'"
        raise InputError(error.message, remedy=remedy) from None
    suffix = path.suffix.lower()
    if suffix == ".json":
        try:
            return _from_json(content, name)
        except (ValueError, UnicodeError) as error:
            raise InputError(
                f"{str(path)!r} of {name} is not JSON: {error}", remedy="correct the file"
            ) from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{str(path)!r} of {name} is not UTF-8 text (byte {error.start})",
            remedy="save it as UTF-8",
        ) from None
    if suffix == ".csv":
        return _rows(name, path, text)
    return text if schema.get("type") in (None, "string") else _parsed(schema, name, text.strip())


def _rows(name: _Named, path: Path, text: str) -> list[dict[str, str]]:
    """The lines of a CSV file as maps from its header to strings."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[dict[str, str]] = []
    header: list[str] = []
    try:
        for cells in reader:
            if not cells:
                continue
            if not header:
                header = _header(name, path, cells)
                continue
            if len(cells) != len(header):
                raise InputError(
                    f"{str(path)!r} of {name}, line {reader.line_num}: "
                    f"{len(cells)} cells under a header of {len(header)}",
                    remedy="put cells that hold commas in double quotes",
                )
            rows.append(dict(zip(header, cells, strict=True)))
    except csv.Error as error:
        raise InputError(
            f"{str(path)!r} of {name}, line {reader.line_num}: {error}",
            remedy="correct the file",
        ) from None
    return rows


def _header(name: _Named, path: Path, cells: list[str]) -> list[str]:
    header = [cell.strip() for cell in cells]
    if len(set(header)) != len(header) or "" in header:
        raise InputError(
            f"{str(path)!r} of {name}: every column needs a name of its own",
            remedy="correct the first line of the file",
        )
    return header


def _unreadable(name: _Named, text: str, expected: str) -> InputError:
    shown = text if len(text) <= 60 else text[:60] + "…"
    return InputError(
        f"the {name} is {expected}, and {shown!r} is not",
        remedy=f"write {name.name}=VALUE with {expected}",
    )
