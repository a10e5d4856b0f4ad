"""What operators make of types: NOTHING where no pair of values has a result.

Integers by a schema are taken for CEL's int, numbers for int or double, whichever comes. An int with a double is a
double (`spec.expr.mixing`).
"""

from collections.abc import Callable
from typing import TypeAlias

from batuta.plans.types.combine import union
from batuta.plans.types.shape import (
    BOOLEAN,
    INTEGER,
    NOTHING,
    NUMBER,
    STRING,
    Array,
    Bool,
    Number,
    String,
    Type,
    foreign_shapes,
)
from batuta.spec.expr.cost import INT_MAX, INT_MIN

__all__ = [
    "DOUBLE",
    "DURATION",
    "FALSE",
    "FOREIGN",
    "TIMESTAMP",
    "TRUE",
    "Truth",
    "add",
    "arithmetic",
    "boolean",
    "cut_or_not",
    "is_foreign",
    "negative",
    "truth",
]

FOREIGN = Type(foreign_shapes())
"""What JSON does not have (uints, bytes, types), or what is not followed."""

TIMESTAMP, DURATION = Type(foreign_shapes()), Type(foreign_shapes())
"""Moments, and the time between two: of JSON neither."""

_SUMS = {
    ("+", TIMESTAMP, DURATION): TIMESTAMP,
    ("+", DURATION, TIMESTAMP): TIMESTAMP,
    ("+", DURATION, DURATION): DURATION,
    ("-", TIMESTAMP, DURATION): TIMESTAMP,
    ("-", TIMESTAMP, TIMESTAMP): DURATION,
    ("-", DURATION, DURATION): DURATION,
}

TRUE = Type((Bool(frozenset({True})),))
FALSE = Type((Bool(frozenset({False})),))
DOUBLE = Type((Number(double=True),))

Truth: TypeAlias = frozenset[bool]
"""The results that a condition may have; empty if it has none."""

# Texts are put together up to so many characters.
_CHARS_MAX = 200


def is_foreign(type_: Type) -> bool:
    """True if it may be something that JSON does not have."""
    return any(shape.marks and "foreign" in shape.marks for shape in type_.shapes)


def truth(type_: Type) -> Truth:
    """What `type_` may be as a condition."""
    return frozenset(
        value for shape in type_.shapes if isinstance(shape, Bool) for value in shape.values
    )


def boolean(outcomes: Truth) -> Type:
    """The type of a condition with these outcomes."""
    return (
        BOOLEAN
        if len(outcomes) == 2
        else TRUE
        if True in outcomes
        else FALSE
        if outcomes
        else NOTHING
    )


# --- arithmetic -----------------------------------------------------------------------------------


def _forms(type_: Type) -> frozenset[str]:
    """How the numbers of `type_` may come: as int, as double."""
    forms: set[str] = set()
    for shape in type_.shapes:
        if isinstance(shape, Number):
            if shape.double:
                forms.add("double")
            elif shape.integer:
                forms.add("int")
            elif shape.values is not None and not any(float(v).is_integer() for v in shape.values):
                forms.add("double")
            else:
                forms |= {"int", "double"}
    return frozenset(forms)


def add(a: Type, b: Type) -> Type:
    """`a + b`: numbers, texts, lists."""
    if is_foreign(a) or is_foreign(b):
        return arithmetic("+", a, b)
    results = [arithmetic("+", a, b)]
    for x in a.shapes:
        for y in b.shapes:
            if isinstance(x, String) and isinstance(y, String):
                results.append(_texts(x, y))
            elif isinstance(x, Array) and isinstance(y, Array):
                results.append(_lists(x, y))
    return union(*results)


def _texts(a: String, b: String) -> Type:
    if a.values is not None and b.values is not None and len(a.values) == len(b.values) == 1:
        (x,), (y,) = a.values, b.values
        if len(x) + len(y) <= _CHARS_MAX:
            return Type((String(frozenset({x + y})),))
    return STRING


def _lists(a: Array, b: Array) -> Type:
    high = None if a.high is None or b.high is None else a.high + b.high
    if a.low == a.high == len(a.prefix):
        prefix = a.prefix + b.prefix
        return Type((Array(prefix, b.rest, a.low + b.low, high),))
    item = union(*(t for shape in (a, b) for t in (*shape.prefix, shape.rest)))
    return Type((Array((), item, a.low + b.low, high),))


_INT: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
}


def arithmetic(operator: str, a: Type, b: Type) -> Type:
    """`a operator b` of numbers: `+ - * / %`."""
    if is_foreign(a) or is_foreign(b):
        return _SUMS.get((operator, a, b), FOREIGN)
    left, right = _forms(a), _forms(b)
    results: list[Type] = []
    if "int" in left and "int" in right:
        results.append(_ints(operator, a, b))
    if left and right and "double" in left | right and operator != "%":
        if results and (_either(a) or _either(b)):
            return NUMBER
        results.append(DOUBLE)
    return union(*results)


def cut_or_not(a: Type, b: Type) -> bool:
    """True if `a / b` has a fraction or none, as two numbers come that a schema calls so: `7 / 2`, `7.0 / 2`."""
    both = "int" in _forms(a) and "int" in _forms(b)
    return both and (_either(a) or _either(b))


def _either(type_: Type) -> bool:
    """True if a schema says `number`, so that whole ones come as int and others as double."""
    return not type_.is_any and any(
        isinstance(shape, Number) and not shape.integer and not shape.double
        for shape in type_.shapes
    )


def _ints(operator: str, a: Type, b: Type) -> Type:
    x, y = _only_int(a), _only_int(b)
    if operator in "/%" and y == 0 and "double" not in _forms(b):
        return NOTHING
    if x is None or y is None or operator not in _INT:
        return INTEGER
    value = _INT[operator](x, y)
    return (
        Type((Number(True, values=frozenset({value})),)) if INT_MIN <= value <= INT_MAX else NOTHING
    )


def _only_int(type_: Type) -> int | None:
    match type_.shapes:
        case (Number(values=frozenset() as values, double=False),) if len(values) == 1:
            (value,) = values
            return value if isinstance(value, int) else None
        case _:
            return None


def negative(type_: Type) -> Type:
    """`-a`."""
    if is_foreign(type_):
        return FOREIGN
    forms = _forms(type_)
    value = _only_int(type_)
    if value is not None and value > INT_MIN:
        return Type((Number(True, values=frozenset({-value})),))
    if _either(type_) and len(forms) == 2:
        return NUMBER
    return union(*([INTEGER] if "int" in forms else []), *([DOUBLE] if "double" in forms else []))
