"""One block of JSON as models write it: read where its meaning is beyond doubt, refused where it is not. Pure.

Forgiven are single quotes and apostrophes between them, keys without quotes, `True`, `False` and `None`, comments,
commas before a closing bracket, line ends inside of texts, and an end that is missing. Nothing is ever made up: a text,
number or word that the end cuts off is left out with its key, and so is a list or map of which nothing has come.

Refused is what could mean two things: keys given twice, unknown escapes, `...`, missing commas, NaN.
Every character is looked at a bounded number of times, and nesting is bounded, whatever comes.
"""

import re
from typing import Any

import msgspec

__all__ = ["DEPTH_MAX", "Block", "read_block"]

# Deeper than any answer that was asked for by a schema.
DEPTH_MAX = 64

_GAP = re.compile(r"\s++")
_COMMENT = re.compile(r"//[^\n]*+|#[^\n]*+|/\*(?s:.*?)(?:\*/|\Z)")
# Possessive: a text without an end is looked at once.
_STRING = {
    '"': re.compile(r'"((?:[^"\\]++|\\.)*+)"', re.DOTALL),
    # Between two letters it is an apostrophe: nothing can end or begin there without a comma or colon beside it.
    "'": re.compile(r"'((?:[^'\\]++|\\.|(?<=[^\W\d_])'(?=[^\W\d_]))*+)'", re.DOTALL),
}
_APOSTROPHE = re.compile(r"(?<=[^\W\d_])'")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_ESCAPED = {
    '"': '"', "'": "'", "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
}  # fmt: skip
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?")
# What could still become a number, or another one, if more of the text came.
_NUMBER_CUT = re.compile(r"[-+0-9.eE]++\Z")
_WORD = re.compile(r"[A-Za-z_$][\w$-]*+")
_WORDS = {"true": True, "false": False, "null": None, "True": True, "False": False, "None": None}
_FENCE = "```"

# What may come next inside of a list or map.
_FIRST, _NEXT, _COMMA = "its first part or its end", "another part or its end", "a comma or its end"


class Block(msgspec.Struct, frozen=True):
    """What was read: `value`, up to `end` (characters from 0), and what had to be forgiven.

    `flaw` is "" if it could be read; otherwise it says why not, and `end` is where reading stopped. `cut`: the end was
    missing.
    """

    value: Any = None
    end: int = 0
    forgiven: tuple[str, ...] = ()
    flaw: str = ""
    cut: bool = False


class _Refused(Exception):
    def __init__(self, flaw: str, at: int) -> None:
        self.flaw = flaw
        self.at = at


class _End(Exception):
    """The text is over, and something is still open."""


class _Open:
    """A list or map that is being read; `key` is the one whose value comes next."""

    __slots__ = ("is_list", "key", "state", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        self.is_list = isinstance(value, list)
        self.key: str | None = None
        self.state = _FIRST


def read_block(text: str, start: int) -> Block:
    """The list or map that begins at `start`, where `text` has a `[` or `{`."""
    assert text[start] in "[{", "a block begins with a bracket"
    reader = _Reader(text, start)
    try:
        value = reader.read()
    except _Refused as refused:
        return Block(end=refused.at, flaw=refused.flaw)
    except _End:
        value = reader.closed()
        if value is None:
            return Block(end=len(text), flaw="nothing of it has come", cut=True)
        reader.forgiven["missing end"] = None
        return Block(value, len(text), tuple(reader.forgiven), cut=True)
    return Block(value, reader.at, tuple(reader.forgiven))


class _Reader:
    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.at = start
        self.forgiven: dict[str, None] = {}
        self._open: list[_Open] = []

    def read(self) -> Any:
        """The whole block. Raises `_Refused`, `_End`."""
        self._begin()
        while True:
            frame = self._open[-1]
            self._gap()
            mark = self.text[self.at]
            if mark in "]}":
                if self._close(frame, mark):
                    return frame.value
            elif mark == ",":
                if frame.state is not _COMMA:
                    raise _Refused("a comma stands where a value belongs", self.at)
                self.at += 1
                frame.state = _NEXT
            elif frame.state is _COMMA:
                raise _Refused(f"{mark!r} stands where a comma belongs", self.at)
            else:
                self._part(frame, mark)

    def closed(self) -> Any:
        """What is open, closed; None if it is empty."""
        while True:
            frame = self._open.pop()
            if not self._open:
                return frame.value or None
            if not frame.value:
                self._take_back(self._open[-1])

    def _take_back(self, frame: _Open) -> None:
        """The list or map that was begun last in `frame` has nothing in it."""
        if frame.is_list:
            frame.value.pop()
        else:
            assert frame.key is not None
            del frame.value[frame.key]

    def _begin(self) -> None:
        if len(self._open) >= DEPTH_MAX:
            raise _Refused(f"it is nested deeper than {DEPTH_MAX} levels", self.at)
        made: Any = [] if self.text[self.at] == "[" else {}
        self.at += 1
        if self._open:
            self._put(self._open[-1], made)
        self._open.append(_Open(made))

    def _close(self, frame: _Open, mark: str) -> bool:
        """Close `frame`; True if it was the outermost."""
        if mark != ("]" if frame.is_list else "}"):
            raise _Refused(f"{mark!r} closes what was not opened", self.at)
        if frame.state is _NEXT:
            self.forgiven["trailing comma"] = None
        self.at += 1
        self._open.pop()
        return not self._open

    def _part(self, frame: _Open, mark: str) -> None:
        """An item, or a key with its value."""
        if not frame.is_list:
            key = self._key(mark)
            if key in frame.value:
                raise _Refused(f"the key {key[:40]!r} is given twice", self.at)
            self._gap()
            if self.text[self.at] != ":":
                raise _Refused("a colon is missing behind a key", self.at)
            self.at += 1
            self._gap()
            frame.key = key
            mark = self.text[self.at]
        if mark in "[{":
            self._begin()
        else:
            self._put(frame, self._scalar(mark))
        frame.state = _COMMA

    def _put(self, frame: _Open, value: Any) -> None:
        if frame.is_list:
            frame.value.append(value)
        else:
            frame.value[frame.key] = value

    def _gap(self) -> None:
        """Go on to the next character that counts. Raises `_End` if there is none."""
        text = self.text
        while self.at < len(text):
            mark = text[self.at]
            if mark.isspace():
                found = _GAP.match(text, self.at)
            elif mark in "/#":
                found = _COMMENT.match(text, self.at)
                if found is not None:
                    self.forgiven["comment"] = None
            elif mark == "`" and text.startswith(_FENCE, self.at):
                raise _End
            else:
                return
            if found is None:
                return
            self.at = found.end()
        raise _End

    def _key(self, mark: str) -> str:
        if mark in _STRING:
            return self._string(mark)
        found = _WORD.match(self.text, self.at)
        if found is None:
            raise _Refused(f"{mark!r} stands where a key belongs", self.at)
        self.at = found.end()
        self.forgiven["key without quotes"] = None
        return found[0]

    def _scalar(self, mark: str) -> Any:
        if mark in _STRING:
            return self._string(mark)
        if mark in "-0123456789":
            return self._number()
        found = _WORD.match(self.text, self.at)
        word = found[0] if found else mark
        if found is not None and word in _WORDS:
            self.at = found.end()
            if word[0] in "TFN":
                self.forgiven["words of Python"] = None
            return _WORDS[word]
        if found is not None and found.end() == len(self.text):
            if any(known.startswith(word) for known in _WORDS):
                raise _End
        raise _Refused(f"{word[:40]!r} stands where a value belongs", self.at)

    def _number(self) -> Any:
        cut = _NUMBER_CUT.match(self.text, self.at)
        if cut is not None:
            raise _End
        found = _NUMBER.match(self.text, self.at)
        if found is None:
            raise _Refused("a number is not written as one", self.at)
        end = found.end()
        if end < len(self.text) and (self.text[end].isalnum() or self.text[end] in "._+-"):
            raise _Refused("a number is not written as one", self.at)
        try:
            number = msgspec.json.decode(found[0])
        except msgspec.DecodeError:
            raise _Refused("a number is larger than can be carried", self.at) from None
        self.at = end
        return number

    def _string(self, quote: str) -> str:
        found = _STRING[quote].match(self.text, self.at)
        if found is None:
            raise _End
        try:
            made = _ESCAPE.sub(_unescaped, found[1]) if "\\" in found[1] else found[1]
            made = made.encode("utf-16", "surrogatepass").decode("utf-16")
        except ValueError:
            raise _Refused("a text has an escape that JSON does not know", self.at) from None
        self.at = found.end()
        if quote == "'":
            self.forgiven["single quotes"] = None
            if _APOSTROPHE.search(found[1]):
                self.forgiven["apostrophe"] = None
        if any(mark < " " for mark in found[1]):
            self.forgiven["line ends in a text"] = None
        return made


def _unescaped(found: re.Match[str]) -> str:
    if found[1]:
        return chr(int(found[1], 16))
    known = _ESCAPED.get(found[2])
    if known is None:
        raise ValueError
    return known
