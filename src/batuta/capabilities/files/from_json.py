"""Rows of JSON, one at a time: a list of maps, or a map on each line."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from batuta.capabilities.files.encodings import Text
from batuta.capabilities.files.trouble import Trouble
from batuta.reading.tree import INTEGER_MAX, INTEGER_MIN

__all__ = ["ROW_CHARS_MAX", "JsonRow", "rows_of_json", "rows_of_lines"]

# One row; a larger one is a document.
ROW_CHARS_MAX = 4 * 1_024 * 1_024
_CHUNK_CHARS = 256 * 1_024
_BLANK = " \t\r\n"
# The longest word, escape or sign that may be cut in two.
_WORD_CHARS_MAX = 16


class JsonRow(NamedTuple):
    """One map; `line` is where it begins, from 1."""

    line: int
    row: dict[str, Any]


class _Refused(ValueError):
    """A flaw that more text would not mend."""


def rows_of_lines(text: Text) -> Iterator[JsonRow]:
    """A map on each line; empty lines are left out. Raises `Trouble` with the line of a flaw."""
    for line in text:
        stripped = line.strip(_BLANK)
        if not stripped:
            continue
        try:
            value = _DECODER.decode(stripped)
        except RecursionError:
            raise _flaw(text.path, text.line, "it is nested too deep") from None
        except ValueError as error:
            raise _flaw(text.path, text.line, _said(error)) from None
        yield JsonRow(text.line, _map(value, text.path, text.line))


def rows_of_json(text: Text) -> Iterator[JsonRow]:
    """The maps of a list, of which no more than one is in memory. Raises `Trouble` with the line of a flaw."""
    window = _Window(text)
    opening = window.next_sign()
    if opening != "[":
        what = "a map" if opening == "{" else "something else"
        raise Trouble(
            "invalid_data",
            f"{text.path}:{window.line}: a table in JSON is a list of maps, and this is {what}",
            "write [{…}, {…}]; a file with a map on each line is called .jsonl",
        )
    window.skip(1)
    first = True
    while (sign := window.next_sign()) != "]":
        if not first:
            if sign != ",":
                raise _flaw(text.path, window.line, "expected , or ] behind a row")
            window.skip(1)
            sign = window.next_sign()
        if sign != "{":
            raise _flaw(text.path, window.line, "every row is a map: expected {")
        first = False
        line = window.line
        yield JsonRow(line, window.row())
    window.skip(1)
    if window.next_sign():
        raise _flaw(text.path, window.line, "there is something behind the list")


class _Window:
    """The part of the text that is being read."""

    def __init__(self, text: Text) -> None:
        self.line = 1
        self._text = text
        self._part = ""
        self._at = 0
        self._ended = False

    def next_sign(self) -> str:
        """The next character that is not blank; "" at the end."""
        while True:
            part, at = self._part, self._at
            while at < len(part) and part[at] in _BLANK:
                at += 1
            self.skip(at - self._at)
            if self._at < len(self._part):
                return self._part[self._at]
            if not self._more():
                return ""

    def skip(self, count: int) -> None:
        """Go on by so many characters."""
        self.line += self._part.count("\n", self._at, self._at + count)
        self._at += count

    def row(self) -> dict[str, Any]:
        """The map that begins here."""
        while True:
            try:
                value, end = _DECODER.raw_decode(self._part, self._at)
            except RecursionError:
                raise _flaw(self._text.path, self.line, "a row is nested too deep") from None
            except _Refused as error:
                raise _flaw(self._text.path, self.line, str(error)) from None
            except ValueError as error:
                if len(self._part) - self._at > ROW_CHARS_MAX:
                    raise Trouble(
                        "too_large",
                        f"{self._text.path}:{self.line}: a row has more than {ROW_CHARS_MAX:,} characters",
                    ) from None
                where = error.pos if isinstance(error, json.JSONDecodeError) else self._at
                # Twice as much each time, so that a large row is not read over and over.
                if self._may_go_on(error) and self._more(len(self._part) - self._at):
                    continue
                line = self.line + self._part.count("\n", self._at, where)
                raise _flaw(self._text.path, line, _said(error)) from None
            self.skip(end - self._at)
            return _map(value, self._text.path, self.line)

    def _may_go_on(self, error: ValueError) -> bool:
        """True if `error` may be that the text is not all there yet."""
        if not isinstance(error, json.JSONDecodeError) or error.msg.startswith("Unterminated"):
            return True
        return error.pos > len(self._part) - _WORD_CHARS_MAX

    def _more(self, wanted: int = 0) -> bool:
        if self._ended:
            return False
        chunk = self._text.read(max(_CHUNK_CHARS, wanted))
        self._ended = not chunk
        self._part = self._part[self._at :] + chunk
        self._at = 0
        return bool(chunk)


def _map(value: Any, path: str, line: int) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _flaw(path, line, "every row is a map")
    return cast("dict[str, Any]", value)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise _Refused(f"the key {name[:64]!r} stands twice in one map")
            seen.add(name)
    return found


def _whole(digits: str) -> int:
    value = int(digits) if len(digits) <= 20 else INTEGER_MAX + 1
    if not INTEGER_MIN <= value <= INTEGER_MAX:
        raise _Refused(f"{digits[:24]} has more than 64 bits")
    return value


def _fraction(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise _Refused(f"{digits[:24]} is larger than any number")
    return value


def _constant(word: str) -> Any:
    raise _Refused(f"{word} is no JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_pairs,
    parse_int=_whole,
    parse_float=_fraction,
    parse_constant=_constant,
)


def _said(error: ValueError) -> str:
    message = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
    return (
        f"this is not JSON: {message[:1].lower()}{message[1:]}"
        if not isinstance(error, _Refused)
        else message
    )


def _flaw(path: str, line: int, what: str) -> Trouble:
    return Trouble("invalid_data", f"{path}:{line}: {what}")
