"""The type of one value."""

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any, cast

from batuta.plans.types.combine import either, union
from batuta.plans.types.shape import (
    ANY,
    BOOLEAN,
    INTEGER,
    NOTHING,
    NULL,
    NUMBER,
    STRING,
    UNSEEN,
    UNSEEN_SHAPES,
    Array,
    Bool,
    Number,
    Object,
    Shape,
    String,
    Type,
)

__all__ = ["of_value", "shapes_of_values"]

# Of longer lists the items are described together, and their texts and numbers by kind; of very long ones, not at all.
_ITEMS_MAX = 16
_ITEMS_READ_MAX = 1_000
_DEPTH_MAX = 64


def of_value(value: Any) -> Type:
    """The type that `value` has and, as far as types can say, nothing else. Never raises."""
    return _Reader(exact=True, here=True).read(value, 0)


def shapes_of_values(values: Iterable[Any]) -> tuple[Shape, ...]:
    """The shapes of exactly these values (an `enum`)."""
    texts: set[str] = set()
    numbers: set[float] = set()
    others: list[tuple[Shape, ...]] = []
    for value in values:
        if isinstance(value, str):
            texts.add(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            numbers.add(value)
        else:
            others.append(_LISTED.read(value, 0).shapes)
    if texts:
        others.append((String(frozenset(texts)),))
    if numbers:
        whole = all(isinstance(number, int) for number in numbers)
        others.append((Number(whole, values=frozenset(numbers)),))
    return either(others)


class _Reader:
    """How values are read: `exact` (as themselves, not only by kind), and `here` or only written in a schema."""

    __slots__ = ("exact", "here")

    def __init__(self, *, exact: bool, here: bool) -> None:
        self.exact = exact
        self.here = here

    def read(self, value: Any, depth: int) -> Type:
        """The type of `value`."""
        exact = self.exact
        if value is None:
            return NULL
        if isinstance(value, bool):
            return Type((Bool(frozenset({value})),)) if exact else BOOLEAN
        if isinstance(value, str):
            return Type((String(frozenset({value})),)) if exact else STRING
        if isinstance(value, int):
            return Type((Number(True, values=frozenset({value})),)) if exact else INTEGER
        if isinstance(value, float):
            return self._float(value) if exact else NUMBER
        if depth >= _DEPTH_MAX:
            return ANY
        if isinstance(value, Mapping):
            parts = cast("Mapping[Any, Any]", value)
            fields = {str(key): self.read(part, depth + 1) for key, part in parts.items()}
            return Type((Object(fields, frozenset(fields), NOTHING),))
        if isinstance(value, list | tuple):
            return self._list(cast("list[Any]", value), depth)
        return UNSEEN

    def _float(self, value: float) -> Type:
        if not isfinite(value):
            return NUMBER  # no JSON; whoever reads it says so
        # Written with a point it is a double: `2.0` has the value of `2`, and `5 / 2.0` is not `5 / 2`. In a schema
        # it stands for both.
        whole = self.here and value.is_integer()
        return Type((Number(whole, values=frozenset({value}), double=self.here),))

    def _list(self, value: list[Any], depth: int) -> Type:
        size = len(value)
        if size <= _ITEMS_MAX:
            prefix = tuple(self.read(item, depth + 1) for item in value)
            return Type((Array(prefix, NOTHING, size, size),))
        if size > _ITEMS_READ_MAX:
            return Type((Array((), ANY, size, size),))
        by_kind = _Reader(exact=False, here=self.here)
        item = union(*{by_kind.read(item, depth + 1): None for item in value})
        if item.shapes is UNSEEN_SHAPES:
            item = ANY
        return Type((Array((), item, size, size),))


_LISTED = _Reader(exact=True, here=False)
