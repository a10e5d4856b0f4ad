"""Types from types: unions, intersections, lists and maps."""

from collections.abc import Iterable, Iterator, Mapping
from math import ceil, floor
from typing import TypeVar

import msgspec

from batuta.plans.types.formats import formats_apart
from batuta.plans.types.shape import (
    ANY,
    ANY_SHAPES,
    NOTHING,
    UNSEEN_SHAPES,
    UNSTATED,
    Array,
    Bool,
    Marks,
    Null,
    Number,
    Object,
    Shape,
    String,
    Type,
)

__all__ = [
    "both",
    "bounded",
    "either",
    "intersection",
    "list_of",
    "map_of",
    "marked",
    "nullable",
    "union",
]

_S = TypeVar("_S", Null, Bool, Number, String, Array, Object)

# A union of more alternatives is widened: each is compared with each, and nobody reads so many.
_SHAPES_MAX = 32
# Of two choices so many pairs are met; beyond that the second is only a mark.
_MEETINGS_MAX = 256
# Intersections kept, by what they are made of; also what makes recursive ones end.
_INTERSECTIONS_MAX = 4_096
_intersections: dict[frozenset[Type], Type] = {}

_NULL_SHAPE = Null()


def list_of(item: Type, low: int = 0, high: int | None = None) -> Type:
    """Lists of `low` to `high` items (None: any number) that are `item`."""
    return Type((Array((), item, low, high),))


def map_of(fields: Mapping[str, Type], optional: Iterable[str] = (), rest: Type = NOTHING) -> Type:
    """Maps with these `fields`, `optional` ones perhaps; others have the type `rest` (NOTHING: there are none)."""
    return Type((Object(fields, frozenset(fields).difference(optional), rest),))


def nullable(type_: Type) -> Type:
    """`type_` or null."""
    if any(isinstance(shape, Null) and not shape.marks for shape in type_.shapes):
        return type_
    return Type((*type_.shapes, _NULL_SHAPE))


def union(*types: Type) -> Type:
    """The values of all `types`."""
    distinct = [type_ for type_ in dict.fromkeys(types) if type_.shapes]
    if len(distinct) == 1:
        return ANY if distinct[0] is UNSTATED else distinct[0]
    return Type(either(type_.shapes for type_ in distinct)) if distinct else NOTHING


def intersection(first: Type, second: Type) -> Type:
    """The values that are in both."""
    if first is second or second is ANY or second is UNSTATED:
        return first
    if first is ANY or first is UNSTATED:
        return second
    factors = (first.factors or frozenset({first})) | (second.factors or frozenset({second}))
    known = _intersections.get(factors)
    if known is None:
        if len(_intersections) >= _INTERSECTIONS_MAX:
            _intersections.clear()
        known = Type(make=lambda: both(first.shapes, second.shapes), factors=factors)
        _intersections[factors] = known
    return known


# --- choices of shapes ----------------------------------------------------------------------------


def either(choices: Iterable[tuple[Shape, ...]]) -> tuple[Shape, ...]:
    """The shapes of all `choices`, simple ones put together."""
    out: list[Shape] = []
    listed = _Listed()
    kinds: set[type[Shape]] = set()
    for choice in choices:
        if choice is ANY_SHAPES:
            return ANY_SHAPES
        for shape in choice:
            if kinds:
                kinds.add(type(shape))
            elif not listed.take(shape) and _put(out, shape) and len(out) > _SHAPES_MAX:
                kinds = {type(one) for one in (*out, *listed.shapes())}
    for shape in () if kinds else listed.shapes():
        _put(out, shape)
    if kinds:
        return tuple(shape for shape in UNSEEN_SHAPES if type(shape) in kinds)
    return tuple(out)


class _Listed:
    """Shapes that list their values, put together at the end: ten thousand of them are one."""

    def __init__(self) -> None:
        self.texts: dict[tuple[str, Marks], set[str]] = {}
        self.numbers: dict[tuple[bool, bool, Marks], set[float]] = {}

    def take(self, shape: Shape) -> bool:
        """True if it is one of them."""
        if isinstance(shape, String) and shape.values is not None:
            self.texts.setdefault((shape.format, shape.marks), set()).update(shape.values)
        elif isinstance(shape, Number) and shape.values is not None:
            key = (shape.integer, shape.double, shape.marks)
            self.numbers.setdefault(key, set()).update(shape.values)
        else:
            return False
        return True

    def shapes(self) -> Iterator[Shape]:
        for (form, marks), texts in self.texts.items():
            yield String(frozenset(texts), format=form, marks=marks)
        for (integer, double, marks), numbers in self.numbers.items():
            yield Number(integer, values=frozenset(numbers), double=double, marks=marks)


def _put(out: list[Shape], shape: Shape) -> bool:
    """Add `shape`, if its values are not there yet; true if `out` has grown by it."""
    for index, other in enumerate(out):
        if type(other) is type(shape):
            joined = _joined(other, shape)
            if joined is not None:
                out[index] = joined
                return False
    out.append(shape)
    return True


def _joined(a: Shape, b: Shape) -> Shape | None:
    """One shape for exactly the values of both; None if there is none."""
    if a == b:
        return a
    match a, b:
        case Null(), Null():
            return a if not a.marks else b if not b.marks else None
        case Bool(), Bool() if a.marks == b.marks:
            return Bool(a.values | b.values, a.marks)
        case Number(), Number() if a.marks == b.marks and a.double == b.double:
            if a.values is not None and b.values is not None:
                whole = a.integer and b.integer
                return Number(whole, values=a.values | b.values, double=a.double, marks=a.marks)
            return _wider(a, b)
        case String(), String() if a.marks == b.marks and a.format == b.format:
            if a.values is not None and b.values is not None:
                return String(a.values | b.values, format=a.format, marks=a.marks)
            if a.values is None and b.values is not None and all(map(a.has, b.values)):
                return a
            if b.values is None and a.values is not None and all(map(b.has, a.values)):
                return b
            return None
        case _:
            return None


def _wider(a: Number, b: Number) -> Number | None:
    for one, other in ((a, b), (b, a)):
        if one.values is None:
            if other.values is not None and all(map(one.has, other.values)):
                return one
            if one.low is None and one.high is None and (other.integer or not one.integer):
                return one
    return None


def both(a: tuple[Shape, ...], b: tuple[Shape, ...]) -> tuple[Shape, ...]:
    """The shapes of the values that have one of `a` and one of `b`."""
    if a is ANY_SHAPES or a is b:
        return b
    if b is ANY_SHAPES:
        return a
    if len(a) * len(b) > _MEETINGS_MAX:
        return marked(a, frozenset({"allOf"}))
    met = (_met(one, other) for one in a for other in b if type(one) is type(other))
    return either((shape,) for shape in met if shape is not None)


def marked(shapes: Iterable[Shape], marks: Marks) -> tuple[Shape, ...]:
    """`shapes` of which `marks` are asked besides."""
    if not marks:
        return tuple(shapes)
    return tuple(msgspec.structs.replace(s, marks=s.marks | marks) for s in shapes)


def _met(a: Shape, b: Shape) -> Shape | None:
    match a, b:
        case Null(), Null():
            return Null(a.marks | b.marks)
        case Bool(), Bool():
            values = a.values & b.values
            return Bool(values, a.marks | b.marks) if values else None
        case Number(), Number():
            return _met_numbers(a, b)
        case String(), String():
            return _met_strings(a, b)
        case Array(), Array():
            return _met_arrays(a, b)
        case Object(), Object():
            return _met_objects(a, b)
        case _:
            return None


def _met_numbers(a: Number, b: Number) -> Number | None:
    marks = a.marks | b.marks
    integer, double = a.integer or b.integer, a.double or b.double
    if a.values is not None or b.values is not None:
        chosen = a.values if a.values is not None else b.values
        assert chosen is not None, "one of the two lists its values"
        values = frozenset(value for value in chosen if a.has(value) and b.has(value))
        if not values:
            return None
        return Number(integer, values=values, double=double, marks=marks)
    low, low_open = _tighter(a.low, a.low_open, b.low, b.low_open, 1)
    high, high_open = _tighter(a.high, a.high_open, b.high, b.high_open, -1)
    met = Number(integer, low, high, low_open, high_open, None, double, marks)
    return bounded(met)


def _tighter(
    a: float | None, a_open: bool, b: float | None, b_open: bool, sign: int
) -> tuple[float | None, bool]:
    if a is None or b is None:
        return (b, b_open) if a is None else (a, a_open)
    if a == b:
        return a, a_open or b_open
    return (a, a_open) if (a > b) == (sign > 0) else (b, b_open)


def bounded(number: Number) -> Number | None:
    """`number` with whole bounds if it is whole; None if nothing lies between them."""
    low, high = number.low, number.high
    if number.integer and (low is not None or high is not None):
        if low is not None:
            low = floor(low) + 1 if number.low_open else ceil(low)
        if high is not None:
            high = ceil(high) - 1 if number.high_open else floor(high)
        replaced = Number(True, low, high, False, False, None, number.double, number.marks)
        return None if low is not None and high is not None and low > high else replaced
    if low is None or high is None or low < high:
        return number
    return number if low == high and not (number.low_open or number.high_open) else None


def _met_strings(a: String, b: String) -> String | None:
    marks = a.marks | b.marks
    if a.format and b.format and a.format != b.format:
        if formats_apart(a.format, b.format):
            return None
        marks |= {f"format {b.format}"}
    form = a.format or b.format
    if a.values is not None or b.values is not None:
        chosen = a.values if a.values is not None else b.values
        assert chosen is not None, "one of the two lists its values"
        values = frozenset(value for value in chosen if a.has(value) and b.has(value))
        return String(values, format=form, marks=marks) if values else None
    high = b.high if a.high is None else a.high if b.high is None else min(a.high, b.high)
    low = max(a.low, b.low)
    return None if high is not None and low > high else String(None, low, high, form, marks)


def _met_arrays(a: Array, b: Array) -> Array | None:
    high = b.high if a.high is None else a.high if b.high is None else min(a.high, b.high)
    low = max(a.low, b.low)
    if high is not None and low > high:
        return None
    size = max(len(a.prefix), len(b.prefix))
    prefix = tuple(intersection(a.at(index), b.at(index)) for index in range(size))
    return Array(prefix, intersection(a.rest, b.rest), low, high, a.marks | b.marks)


def _met_objects(a: Object, b: Object) -> Object | None:
    names = dict.fromkeys((*a.fields, *b.fields))
    fields = {name: intersection(a.at(name), b.at(name)) for name in names}
    rest = intersection(a.rest, b.rest)
    return Object(fields, a.required | b.required, rest, a.marks | b.marks)
