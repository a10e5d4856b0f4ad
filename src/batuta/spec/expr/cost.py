"""What computing costs, counted in units of about 10 ns, not timed: a replay has to agree with the first run."""

from typing import Any, cast

from batuta.errors import ExpressionError

__all__ = [
    "COST_ITEM",
    "COST_MAX",
    "COST_NODE",
    "COST_REGEX_STATE",
    "COST_RUN",
    "INT_MAX",
    "INT_MIN",
    "too_costly",
    "weigh",
]

INT_MIN, INT_MAX = -(2**63), 2**63 - 1

# What one evaluation may cost: under 100 ms. A loop with a small body gets through 10,000 items.
COST_MAX = 9_000_000
COST_RUN = 650  # one call into CEL
COST_NODE = 8  # of its tree
COST_ITEM = 80  # one round of a loop
COST_REGEX_STATE = 200  # compiled once per call
_COST_CONTAINER = 300  # a list or map copied into CEL and back
_COST_PART = 45  # one item or field of it; a character costs 1

# The library recurses when it copies, and dies with a signal at some ten thousand levels.
_DEPTH_MAX = 200


def weigh(value: Any, most: int) -> int:
    """The units that copying a JSON value costs; it looks no further than `most` (and then gives more).

    Raises ExpressionError for an integer beyond 64 bits (inside containers the library keeps some as unsigned, which
    `execute` refuses in results), for keys that are no strings, and for more than 200 levels.
    """
    if value is None or isinstance(value, float):
        return 0
    if isinstance(value, str):
        if "\0" in value:
            raise _cut()
        return len(value)
    if isinstance(value, int):
        if not INT_MIN <= value <= INT_MAX:
            raise ExpressionError("an integer beyond 64 bits", remedy="carry it as a string")
        return 0
    if type(value) is not list and type(value) is not dict:
        raise ExpressionError(f"a value is not JSON, but of type {type(value).__name__}")
    total, depth = 0, 0
    level: list[Any] = [value]
    while level and total <= most:
        depth += 1
        if depth > _DEPTH_MAX:
            raise ExpressionError(f"a value is nested more than {_DEPTH_MAX} deep")
        below: list[Any] = []
        for container in level:
            total += _COST_CONTAINER + _COST_PART * len(container)
            if total > most:
                break
            total += _scan(container, below)
        level = below
    return total


def too_costly() -> ExpressionError:
    """The error for an evaluation that has spent its units."""
    return ExpressionError(
        "needs too much computing (100 ms)", remedy="use less data, or let a step do the work"
    )


def _scan(container: Any, below: list[Any]) -> int:
    """Characters of the strings in `container`; the containers in it are appended to `below`."""
    strings: list[str] = []
    parts: list[Any] = container
    if type(container) is dict:
        fields = cast(dict[str, Any], container)
        strings.extend(fields)
        parts = list(fields.values())
    kinds = set(map(type, parts))
    if dict in kinds or list in kinds:
        below.extend([part for part in parts if type(part) is list or type(part) is dict])
    if str in kinds:
        strings.extend([part for part in parts if type(part) is str])
    try:
        chars = sum(map(len, strings))
        if chars <= COST_MAX and "\0" in "".join(strings):
            raise _cut()
    except TypeError:
        raise ExpressionError("a value is not JSON: a key is no string") from None
    return chars


def _cut() -> ExpressionError:
    """The library cuts texts and keys at U+0000 without a word: a condition could be fooled."""
    return ExpressionError("a text holds the character U+0000, which expressions cannot carry")
