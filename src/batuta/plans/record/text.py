"""Expressions as text: how strongly each binds, and constants as the expression language writes them."""

import enum
import math
import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, cast
from uuid import UUID

import msgspec

__all__ = [
    "ADD",
    "AND",
    "ATOM",
    "CHOICE",
    "EQUAL",
    "MEMBER",
    "MULTIPLY",
    "OR",
    "UNARY",
    "Words",
    "arithmetic",
    "binary",
    "divided",
    "field",
    "is_constant",
    "is_path",
    "quoted",
    "scalar",
]

# How strongly an expression binds; what binds less goes in parentheses.
CHOICE, OR, AND, EQUAL, ADD, MULTIPLY, UNARY, MEMBER, ATOM = range(9)

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PATH = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[\d+\]|\[\"[^\"\\\n\r]*\"\])*", re.ASCII)
# No field can be called so behind a dot.
_KEYWORDS = frozenset({"true", "false", "null", "in"})
_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_UNPRINTABLE = re.compile(r"[\\'\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Words(NamedTuple):
    """An expression and how strongly it binds. `double`: it is known to be a number with a fraction."""

    text: str
    level: int = ATOM
    double: bool = False

    def within(self, level: int) -> str:
        """The text as an operand of something that binds as `level` does."""
        return self.text if self.level >= level else f"({self.text})"


def binary(left: Words, operator: str, right: Words, level: int) -> Words:
    """`left operator right`; operators of one level stand from left to right, comparisons never in a row."""
    chains = level in (AND, OR)
    text = (
        f"{left.within(level + (level == EQUAL))} {operator} {right.within(level + (not chains))}"
    )
    return Words(text, level)


def arithmetic(left: Words, operator: str, right: Words, level: int) -> Words:
    """As Python calculates: whole numbers become fractions where fractions are."""
    words = binary(left, operator, right, level)
    return words._replace(double=left.double or right.double)


def divided(left: Words, right: Words) -> Words:
    """As Python divides: with a fraction, also two whole numbers."""
    return arithmetic(left, "/", right if left.double else _as_double(right), MULTIPLY)


def _as_double(number: Words) -> Words:
    """`number` as one with a fraction."""
    if number.double:
        return number
    if number.text.lstrip("-").isdigit():
        return Words(f"{number.text}.0", number.level, double=True)
    return Words(f"double({number.text})", MEMBER, double=True)


def field(of: Words, key: str | int | Words) -> Words:
    """A field or an item of `of`."""
    base = of.within(MEMBER)
    if isinstance(key, Words):
        return Words(f"{base}[{key.text}]", MEMBER)
    if isinstance(key, int):
        return Words(f"{base}[{key}]", MEMBER)
    if _NAME.fullmatch(key) and key not in _KEYWORDS:
        return Words(f"{base}.{key}", MEMBER)
    plain = not any(character in key for character in '"\\\n\r')
    return Words(f'{base}["{key}"]' if plain else f"{base}[{quoted(key)}]", MEMBER)


def is_constant(words: Words) -> bool:
    """True for what is written out and not null: a number, a text, true or false, a list or a map."""
    if words.level == UNARY:
        return words.text[1:].replace(".", "", 1).isdigit()
    return words.level == ATOM and (
        words.text[0] in "'[{0123456789" or words.text in ("true", "false")
    )


def is_path(text: str) -> bool:
    """True for a name with fields and items, and nothing else."""
    return _PATH.fullmatch(text) is not None


def quoted(text: str) -> str:
    """A text constant."""
    return f"'{_UNPRINTABLE.sub(_escape, text)}'"


def _escape(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[0]) or f"\\u{ord(found[0]):04x}"


def scalar(value: object) -> Any:
    """`value` as plain JSON if it is one single value, as `msgspec` writes it; raises `TypeError` if it is none.

    Raises:
        ValueError: a number that JSON has not.
    """
    if isinstance(value, enum.Enum):
        return scalar(cast("object", value.value))
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} is no number of JSON")
        return float(value)
    if isinstance(value, Decimal | datetime | date | time | timedelta | UUID):
        return msgspec.to_builtins(value)
    raise TypeError(type(value).__name__)
