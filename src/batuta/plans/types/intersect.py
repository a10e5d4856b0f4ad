"""Types from types: what is in both of two."""

from math import ceil, floor

from batuta.plans.types.combine import either, marked
from batuta.plans.types.formats import formats_apart
from batuta.plans.types.shape import (
    ANY,
    ANY_SHAPES,
    UNSTATED,
    Array,
    Bool,
    Null,
    Number,
    Object,
    Shape,
    String,
    Type,
)

__all__ = ["both", "bounded", "intersection"]

# Of two choices so many pairs are met; beyond that the second is only a mark.
_MEETINGS_MAX = 256
# Intersections kept, by what they are made of; also what makes recursive ones end.
_INTERSECTIONS_MAX = 4_096
_intersections: dict[frozenset[Type], Type] = {}


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
