"""JSON text → tree, by a scanner of its own: YAML would misread surrogate pairs, long keys and U+2028."""

import re

import msgspec

from batuta.reading.report import Report
from batuta.reading.tree import OURS, Bounds, Builder, Node, Unreadable

__all__ = ["tree_from_json"]

_TOKEN = re.compile(
    r"""[ \t\n\r]*+(?:
    (?P<mark>[{}\[\]:,])
    |(?P<text>"[^"\\\x00-\x1f]*+(?:\\.[^"\\\x00-\x1f]*+)*+")
    |(?P<number>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][-+]?[0-9]++)?)
    |(?P<word>true|false|null)
    |(?P<end>\Z))""",
    re.VERBOSE,
)
_WORDS = {"true": True, "false": False, "null": None}
# Longer digits are never a number of 64 bits, and int() is quadratic.
_DIGITS_MAX = 400


class _Syntax(Exception):
    """What was expected, and where."""

    def __init__(self, expected: str, at: int) -> None:
        super().__init__(expected)
        self.expected = expected
        self.at = at


def tree_from_json(report: Report, bounds: Bounds = OURS, *, or_yaml: bool = False) -> Node | None:
    """The tree of `report.text`, or None after a flaw that makes reading on pointless.

    `or_yaml`: the text may be YAML in flow style; then wrong JSON is None without a finding.
    """
    builder = Builder(report, bounds)
    try:
        _document(report, builder)
    except _Syntax as error:
        if or_yaml:
            report.findings.clear()
        else:
            report.flaw(
                "B003",
                f"this is not JSON: expected {error.expected}",
                at=error.at,
                remedy="check brackets, commas and double quotes up to here",
            )
        return None
    except Unreadable:
        return None
    return builder.root


# What may come next; the words are those of the messages.
_VALUE = "a value"
_VALUE_OR_END = "a value or `]`"
_KEY = "a key in double quotes"
_KEY_OR_END = "a key in double quotes or `}`"
_COLON = "`:`"
_COMMA = "`,` or a closing bracket"
_END = "the end"


def _document(report: Report, builder: Builder) -> None:
    """A machine with a stack: `expects` is what may come next."""
    text, token = report.text, _TOKEN.match
    stack: list[str] = []  # the closing bracket of everything that is open
    expects = _VALUE
    at = 0
    while True:
        found = token(text, at)
        if found is None:
            raise _Syntax(expects, _after_space(text, at))
        group = found.lastgroup
        assert group is not None, "every alternative is a group"
        start, end = found.span(group)
        mark = text[start] if group == "mark" else ""
        if mark and stack and mark == stack[-1] and expects in (_COMMA, _KEY_OR_END, _VALUE_OR_END):
            stack.pop()
            builder.close(end)
            expects = _COMMA if stack else _END
        elif expects in (_VALUE, _VALUE_OR_END) and mark in ("{", "["):
            builder.open({} if mark == "{" else [], start)
            stack.append("}" if mark == "{" else "]")
            expects = _KEY_OR_END if mark == "{" else _VALUE_OR_END
        elif expects in (_VALUE, _VALUE_OR_END) and group not in ("mark", "end"):
            builder.scalar(_scalar(found[group], group, start), start, end)
            expects = _COMMA if stack else _END
        elif expects in (_KEY, _KEY_OR_END) and group == "text":
            builder.scalar(_scalar(found[group], group, start), start, end)
            expects = _COLON
        elif expects == _COLON and mark == ":":
            expects = _VALUE
        elif expects == _COMMA and mark == ",":
            expects = _KEY if stack[-1] == "}" else _VALUE
        elif expects == _END and group == "end":
            return
        else:
            raise _Syntax(expects, start)
        at = end


def _after_space(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\n\r":
        at += 1
    return at


def _scalar(token: str, group: str, at: int) -> object:
    if group == "text":
        if "\\" not in token:
            return token[1:-1]
        try:
            return msgspec.json.decode(token, type=str)
        except msgspec.DecodeError as error:
            raise _Syntax("a text without broken escapes", at) from error
    if group == "word":
        return _WORDS[token]
    if len(token) > _DIGITS_MAX:
        return float("inf")
    return int(token) if token.lstrip("-").isdigit() else float(token)
