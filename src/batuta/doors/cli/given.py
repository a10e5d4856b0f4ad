"""JSON that was given on the command line, or in a file that it names."""

from pathlib import Path
from typing import Any

from batuta.errors import InputError
from batuta.reading.from_json import tree_from_json
from batuta.reading.report import Report
from batuta.reading.source import read_bytes

__all__ = ["given_json"]


def given_json(text: str, name: str = "the value", option: str = "--value ") -> Any:
    """The JSON in `text`, or in the file that `@FILE` names; as strict and as bounded as a plan.

    `name` and `option` are for messages: what is read, and how it was given. Raises `InputError`, `NotFound`.
    """
    file = ""
    if text.startswith("@") and len(text) > 1:
        name = file = text[1:]
        text = _text_of(Path(file))
    report = Report(text, file)
    root = tree_from_json(report)
    if report.findings or root is None:
        flaw = report.in_order()[0]
        quotes = f"a text needs its quotes: {option}'\"yes\"'; a map: {option}'{{\"a\": 1}}'"
        raise InputError(
            f"{name} cannot be used: {flaw.message}",
            remedy=quotes if "not JSON" in flaw.message else flaw.remedy,
            place=flaw.place if file else None,
        )
    return root.data()


def _text_of(path: Path) -> str:
    try:
        return read_bytes(path, "file of the value").decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{str(path)!r} is not UTF-8 text (byte {error.start})", remedy="save it as UTF-8"
        ) from None
