"""The type of one value."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from batuta.plans.types.combine import either, union
from batuta.plans.types.shape import (
    ANY,
    BOOLEAN,
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

# Of longer lists the items are described together, and their texts and numbers by kind.
_ITEMS_MAX = 16
_DEPTH_MAX = 64


def of_value(value: Any) -> Type:
    """The type that `value` has and, as far as types can say, nothing else. Never raises."""
    return _of(value, True, 0)


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
            others.append(of_value(value).shapes)
    if texts:
        others.append((String(frozenset(texts)),))
    if numbers:
        # 2.0 in a list of values allows 2 as well: which of them comes is not known.
        whole = all(isinstance(number, int) for number in numbers)
        others.append((Number(whole, values=frozenset(numbers)),))
    return either(others)


def _of(value: Any, exact: bool, depth: int) -> Type:
    if value is None:
        return NULL
    if isinstance(value, bool):
        return Type((Bool(frozenset({value})),)) if exact else BOOLEAN
    if isinstance(value, str):
        return Type((String(frozenset({value})),)) if exact else STRING
    if isinstance(value, int):
        return Type((Number(True, values=frozenset({value})),)) if exact else NUMBER
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            return NUMBER  # no JSON; whoever reads it says so
        # Written with a point it is a double: `2.0` has the value of `2`, and does not mix with it.
        whole = value.is_integer()
        return Type((Number(whole, values=frozenset({value}), double=True),)) if exact else NUMBER
    if depth >= _DEPTH_MAX:
        return ANY
    if isinstance(value, Mapping):
        return _of_map(cast("Mapping[Any, Any]", value), exact, depth)
    if isinstance(value, list | tuple):
        return _of_list(cast("list[Any]", value), exact, depth)
    return UNSEEN


def _of_map(value: Mapping[Any, Any], exact: bool, depth: int) -> Type:
    fields = {str(key): _of(part, exact, depth + 1) for key, part in value.items()}
    return Type((Object(fields, frozenset(fields), NOTHING),))


def _of_list(value: list[Any], exact: bool, depth: int) -> Type:
    size = len(value)
    if size <= _ITEMS_MAX:
        prefix = tuple(_of(item, exact, depth + 1) for item in value)
        return Type((Array(prefix, NOTHING, size, size),))
    item = union(*{_of(item, False, depth + 1): None for item in value})
    if item.shapes is UNSEEN_SHAPES:
        item = ANY
    return Type((Array((), item, size, size),))
