"""Conditions as plans and workspaces write them: a bare expression, or `${…}` around it."""

from typing import Any

from batuta.errors import ExpressionError
from batuta.reading.report import Report
from batuta.reading.shapes import FLAWED, formed, text, wrong
from batuta.reading.tree import Node
from batuta.spec.expr.scan import Braced, split

__all__ = ["read_condition", "unwrapped"]

# The compiler has a bound of its own, and says so; this one only keeps messages short.
_CHARS_MAX = 65_536
_read_text = text(1, _CHARS_MAX)


def read_condition(node: Node, report: Report) -> Any:
    """The bare expression; `true` and `false` may stand without quotes. It is compiled later."""
    if isinstance(node.value, bool):
        return "true" if node.value else "false"
    value = _read_text(node, report)
    if value is FLAWED:
        return FLAWED
    return unwrapped(value) or wrong(
        node, report, "an expression", "write for example: steps.check.ok == true"
    )


formed(read_condition, "json", {"type": ["string", "boolean"], "minLength": 1})


def unwrapped(expression: str) -> str:
    """The expression without the `${…}` around the whole of it, and without space around it."""
    stripped = expression.strip()
    if stripped.startswith("${"):
        try:
            pieces = list(split(stripped))
        except ExpressionError:
            # It is told, with a place, when the expression is compiled.
            return stripped
        if len(pieces) == 1 and isinstance(pieces[0], Braced):
            inner = str(pieces[0]).strip()
            # Braces in braces are wrong; left as they are, they are the same text at every reading.
            return stripped if inner.startswith("${") else inner
    return stripped
