"""JSON text → tree, by a scanner of its own: YAML would misread surrogate pairs, long keys and U+2028."""

import re

import msgspec

from batuta.reading.report import Report
from batuta.reading.tree import Builder, Node, Unreadable

__all__ = ["tree_from_json"]

_SPACE = re.compile(r"[ \t\n\r]*+")
_TOKEN = re.compile(
    r"""(?P<mark>[{}\[\]:,])
    |(?P<text>"[^"\\\x00-\x1f]*+(?:\\.[^"\\\x00-\x1f]*+)*+")
    |(?P<number>-?(?:0|[1-9][0-9]*+)(?P<fraction>\.[0-9]++)?(?P<power>[eE][-+]?[0-9]++)?)
    |(?P<word>true|false|null)""",
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


def tree_from_json(report: Report, *, or_yaml: bool = False) -> Node | None:
    """The tree of `report.text`, or None after a flaw that makes reading on pointless.

    `or_yaml`: the text may be YAML in flow style; then wrong JSON is None without a finding.
    """
    builder = Builder(report)
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


def _document(report: Report, builder: Builder) -> None:
    """A machine with a stack: `expects` is what may come next."""
    text = report.text
    stack: list[str] = []  # the closing bracket of everything that is open
    expects = "a value"
    space, token = _SPACE.match, _TOKEN.match
    at = 0
    while True:
        gap = space(text, at)
        at = gap.end() if gap else at
        if expects == "the end" and at >= len(text):
            return
        found = token(text, at)
        if found is None:
            raise _Syntax(expects, at)
        kind, end = found.lastgroup, found.end()
        mark = text[at] if kind == "mark" else ""
        if mark and mark == (stack[-1] if stack else "") and expects in _MAY_CLOSE:
            stack.pop()
            builder.close(end)
            expects = "`,` or a closing bracket" if stack else "the end"
        elif expects in ("a value", "a value or `]`"):
            if mark in ("{", "["):
                builder.open({} if mark == "{" else [], at)
                stack.append("}" if mark == "{" else "]")
                expects = "a key or `}`" if mark == "{" else "a value or `]`"
            elif mark:
                raise _Syntax(expects, at)
            else:
                builder.scalar(_scalar(found, at), at, end)
                expects = "`,` or a closing bracket" if stack else "the end"
        elif expects in ("a key", "a key or `}`"):
            if kind != "text":
                raise _Syntax(expects + " (text in double quotes)", at)
            builder.scalar(_scalar(found, at), at, end)
            expects = "`:`"
        elif expects == "`:`" and mark == ":":
            expects = "a value"
        elif expects == "`,` or a closing bracket" and mark == ",":
            expects = "a key" if stack[-1] == "}" else "a value"
        else:
            raise _Syntax(expects, at)
        at = end


_MAY_CLOSE = frozenset({"`,` or a closing bracket", "a key or `}`", "a value or `]`"})


def _scalar(found: re.Match[str], at: int) -> object:
    token = found.group()
    if token[0] == '"':
        if "\\" not in token:
            return token[1:-1]
        try:
            return msgspec.json.decode(token, type=str)
        except msgspec.DecodeError as error:
            raise _Syntax("a text without broken escapes", at) from error
    if token in _WORDS:
        return _WORDS[token]
    if len(token) > _DIGITS_MAX:
        return float("inf")
    return float(token) if found["fraction"] or found["power"] else int(token)
