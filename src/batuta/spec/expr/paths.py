"""Paths: what an expression refers to, and how a path finds its value.

steps.fetch.rows[0]["unit price"]   root "steps", path ("fetch", "rows", 0, "unit price")
"""

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, cast

import msgspec

from batuta.errors import ExpressionError

__all__ = ["Lookup", "Reference", "kind_of", "missing", "read_bare", "resolve"]

_PART_TEXT = r"""\.([A-Za-z_]\w*)|\[(\d{1,9})\]|\["([^"\\\n\r]*)"\]|\['([^'\\\n\r]*)'\]"""
_PART = re.compile(_PART_TEXT, re.ASCII)
_BARE = re.compile(rf"\s*([A-Za-z_]\w*)((?:{_PART_TEXT})*)\s*", re.ASCII)
# CEL has no such fields: what contains them goes the long way and is refused there.
_RESERVED = frozenset({"in", "true", "false", "null"})

# Of JSON. (An `Any` to the type checker, which knows nothing of the members of a bare `dict`.)
_MAP: Any = dict

# A message lists so many of the names that are there.
_NAMES_SHOWN_MAX = 8

_KINDS: Mapping[type, str] = {
    bool: "a bool",
    dict: "a map",
    float: "a double",
    int: "an int",
    list: "a list",
    str: "a string",
    type(None): "null",
}


class Reference(msgspec.Struct, frozen=True):
    """One use of a name: `root`, the static `path` below it, and where it stands.

    `optional`: the expression asks whether it is there (`has(...)`, `== null`, `!= null`) before it uses it,
    so a value that is missing, or of a skipped step, is not an error. `offset` counts characters from 0.
    """

    root: str
    path: tuple[str | int, ...] = ()
    optional: bool = False
    offset: int = 0

    def __str__(self) -> str:
        return self.root + "".join(map(_shown, self.path))


Lookup: TypeAlias = Callable[[Reference], Any]
"""Gives the JSON value of a reference; None for null (a skipped step is null); KeyError if the path is missing."""


def resolve(value: Any, path: Sequence[str | int]) -> Any:
    """Follow `path` into a JSON value. Raises KeyError where it ends: of null or a scalar nothing is a part."""
    for part in path:
        # Nearly always a key of a map: asked first and without more, it takes a third of the time.
        value = value[part] if type(value) is _MAP and type(part) is str else _part(value, part)
    return value


def _part(value: Any, part: str | int) -> Any:
    if isinstance(part, str):
        if not isinstance(value, Mapping):
            raise KeyError(part)
        return cast("Mapping[str, Any]", value)[part]
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
        raise KeyError(part)
    items = cast("Sequence[Any]", value)
    if not 0 <= part < len(items):
        raise KeyError(part)
    return items[part]


def missing(reference: Reference, lookup: Lookup) -> ExpressionError:
    """The error for a reference that `lookup` did not find: what is there instead, and what was meant."""
    for length in range(len(reference.path) - 1, -1, -1):
        known = Reference(reference.root, reference.path[:length], True, reference.offset)
        try:
            value = lookup(known)
        except KeyError:
            continue
        message, remedy = _absence(known, value, reference.path[length])
        return ExpressionError(
            f"{reference} is missing: {message}", remedy=remedy, offset=reference.offset
        )
    return ExpressionError(f"{reference} is missing", offset=reference.offset)


def kind_of(value: object) -> str:
    """What a JSON value is, for messages."""
    return _KINDS.get(type(value), "no JSON value")


def read_bare(text: str, roots: frozenset[str]) -> Reference | None:
    """The reference, if `text` is nothing but a path below one of `roots`; None if it is more, or odd."""
    match = _BARE.fullmatch(text)
    if match is None or match[1] not in roots:
        return None
    path: list[str | int] = []
    for name, index, double, single in _PART.findall(match[2]):
        if name in _RESERVED:
            return None
        path.append(int(index) if index else name or double or single)
    return Reference(match[1], tuple(path), offset=match.start(1))


def _absence(known: Reference, value: Any, part: str | int) -> tuple[str, str]:
    if value is None:
        return f"{known} is null", f"ask first: {known} != null ? ... : ..."
    if isinstance(value, Mapping) and isinstance(part, str):
        names = [str(key) for key in cast(Mapping[str, Any], value)]
        close = difflib.get_close_matches(part, names, n=1)
        remedy = f"did you mean {known}{_shown(close[0])}?" if close else ""
        if not remedy:
            remedy = f"ask first: has({known}{_shown(part)}) ? ... : ..."
        return f"{known} has {_listed(names)}", remedy
    if isinstance(value, list) and isinstance(part, int):
        return f"{known} has {len(cast(list[Any], value))} items, counted from 0", ""
    return f"{known} is {kind_of(cast(object, value))}", ""


def _listed(names: list[str]) -> str:
    if not names:
        return "no fields"
    rest = len(names) - _NAMES_SHOWN_MAX
    shown = ", ".join(names[:_NAMES_SHOWN_MAX])
    return f"{shown} and {rest} more" if rest > 0 else shown


def _shown(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if re.fullmatch(r"[A-Za-z_]\w*", part, re.ASCII) else f'["{part}"]'
