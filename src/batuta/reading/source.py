"""One document: bytes or text → tree and places, bounded."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from batuta.errors import InputError, NotFound
from batuta.reading.from_json import tree_from_json
from batuta.reading.from_yaml import tree_from_yaml
from batuta.reading.report import Report
from batuta.reading.tree import OURS, Bounds, Builder, Node, Unreadable

__all__ = ["TEXT_CHARS_MAX", "read_bytes", "tree_from_data", "tree_from_text"]

TEXT_CHARS_MAX = OURS.text


def read_bytes(path: Path, what: str, size_max: int = 4 * TEXT_CHARS_MAX) -> bytes:
    """The content of a file.

    Raises:
        NotFound: there is no such file.
        InputError: it cannot be read, is no file, or has more than `size_max` bytes.
    """
    try:
        with path.open("rb") as file:
            content = file.read(size_max + 1)
    except FileNotFoundError:
        raise NotFound(f"there is no {what} {str(path)!r}", remedy="check the path") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"the {what} {str(path)!r} cannot be read: {reason}", remedy="name a readable file"
        ) from None
    if len(content) > size_max:
        raise InputError(
            f"the {what} {str(path)!r} has more than {size_max:,} bytes", remedy="make it smaller"
        )
    return content


def tree_from_text(
    text: str | bytes, file: str = "", bounds: Bounds = OURS
) -> tuple[Node | None, Report]:
    """The tree of YAML or JSON (told by the first character or a name ending in .json), and what was found.

    No tree always comes with a finding.
    """
    decoded = _decoded(text, file)
    if isinstance(decoded, Report):
        return None, decoded
    report = Report(decoded, file)
    if len(decoded) > bounds.text:
        report.flaw(
            "B002",
            f"this has more than {bounds.text:,} characters",
            at=0,
            remedy="make it smaller: data belongs into inputs, not into the file",
        )
        return None, report
    only_json = file.endswith(".json")
    root: Node | None = None
    if only_json or decoded.lstrip(" \t\r\n")[:1] in ("{", "["):
        root = tree_from_json(report, bounds, or_yaml=not only_json)
    if root is None and not report.findings:
        root = tree_from_yaml(report, bounds)
    if root is None and not report.findings:
        report.flaw("B004", "there is nothing in it", at=0, remedy="write a map of keys and values")
    return root, report


def tree_from_data(data: object) -> tuple[Node | None, Report]:
    """The tree of Python data (maps, lists, tuples, scalars), under the same bounds as a text."""
    report = Report()
    builder = Builder(report)
    try:
        _add(data, builder, report)
    except Unreadable:
        return None, report
    return builder.root, report


def _add(data: object, builder: Builder, report: Report) -> None:
    # The recursion is bounded, because the builder refuses what is too deep.
    if isinstance(data, Mapping):
        builder.open({}, -1)
        for key, value in cast("Mapping[object, object]", data).items():
            builder.scalar(_text(key, report) if isinstance(key, str) else key, -1, -1)
            report.path.append(key if isinstance(key, str) else "?")
            _add(value, builder, report)
            report.path.pop()
        builder.close(-1)
    elif isinstance(data, list | tuple):
        builder.open([], -1)
        for index, item in enumerate(cast("list[object]", data)):
            report.path.append(index)
            _add(item, builder, report)
            report.path.pop()
        builder.close(-1)
    elif isinstance(data, str):
        builder.scalar(_text(data, report), -1, -1)
    elif data is None or isinstance(data, bool | int | float):
        builder.scalar(data, -1, -1)
    else:
        report.flaw(
            "B013",
            f"a {type(data).__name__} is not plain data",
            at=-1,
            remedy="use only None, bool, int, float, str, lists and maps",
        )
        builder.scalar(None, -1, -1)


def _text(text: str, report: Report) -> str:
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        report.flaw("B001", "a text holds half a surrogate pair", at=-1, remedy="remove it")
        return ""
    return text


def _decoded(text: str | bytes, file: str) -> str | Report:
    try:
        if isinstance(text, bytes):
            decoded = text.decode("utf-8")
        else:
            text.encode("utf-8")
            decoded = text
    except UnicodeError as error:
        if isinstance(error, UnicodeDecodeError):
            before = error.object[: error.start].decode("utf-8")
        else:
            before = str(text)[: cast(Any, error).start]
        report = Report(before, file)
        report.flaw(
            "B001", "this is not UTF-8 text", at=len(before), remedy="save the file as UTF-8"
        )
        return report
    return decoded.removeprefix("\ufeff")
