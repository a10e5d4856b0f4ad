"""What operators make of types: NOTHING where no pair of values has a result.

Integers by a schema are taken for CEL's int, numbers for int or double, whichever comes.
"""

from collections.abc import Callable
from typing import Literal, TypeAlias

from batuta.plans.types.access import items, part
from batuta.plans.types.combine import union
from batuta.plans.types.fit import apart
from batuta.plans.types.shape import (
    BOOLEAN,
    INTEGER,
    NOTHING,
    STRING,
    Array,
    Bool,
    Null,
    Number,
    Object,
    Shape,
    String,
    Type,
    foreign_shapes,
)
from batuta.spec.expr.cost import INT_MAX, INT_MIN

__all__ = [
    "DOUBLE",
    "FALSE",
    "FOREIGN",
    "TRUE",
    "Truth",
    "add",
    "arithmetic",
    "boolean",
    "compared",
    "contained",
    "equal",
    "indexed",
    "is_foreign",
    "negative",
    "truth",
]

FOREIGN = Type(foreign_shapes())
"""What JSON does not have (timestamps, durations, bytes, uints, types), or what is not followed."""

TRUE = Type((Bool(frozenset({True})),))
FALSE = Type((Bool(frozenset({False})),))
DOUBLE = Type((Number(double=True),))

Truth: TypeAlias = frozenset[bool]
"""The results that a condition may have; empty if it has none."""

# Values of two types are compared one by one up to so many pairs; texts put together up to so many characters.
_PAIRS_MAX = 400
_CHARS_MAX = 200


def is_foreign(type_: Type) -> bool:
    """True if it may be something that JSON does not have."""
    return type_ is FOREIGN or any("foreign" in shape.marks for shape in type_.shapes)


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
    """`a + b`: numbers of one form, texts, lists."""
    if is_foreign(a) or is_foreign(b):
        return FOREIGN
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
        return FOREIGN
    forms = _forms(a) & _forms(b)
    results: list[Type] = []
    if "int" in forms:
        results.append(_ints(operator, a, b))
    if "double" in forms and operator != "%":
        results.append(DOUBLE)
    return union(*results)


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
    return union(*([INTEGER] if "int" in forms else []), *([DOUBLE] if "double" in forms else []))


# --- comparisons ----------------------------------------------------------------------------------


def equal(a: Type, b: Type) -> Truth:
    """`a == b`: of different kinds it is false, never an error."""
    if not a.shapes or not b.shapes:
        return frozenset()
    if is_foreign(a) or is_foreign(b):
        return frozenset({True, False})
    if apart(a, b):
        return frozenset({False})
    one, other = _only(a), _only(b)
    return frozenset({True}) if one and one == other else frozenset({True, False})


def _only(type_: Type) -> tuple[str, object] | None:
    """The kind and the value of a type with one value."""
    match type_.shapes:
        case (Null(),):
            return "null", None
        case (Bool(values=values),) if len(values) == 1:
            return "boolean", next(iter(values))
        case (Number(values=frozenset() as values),) if len(values) == 1:
            return "number", next(iter(values))
        case (String(values=frozenset() as values),) if len(values) == 1:
            return "string", next(iter(values))
        case _:
            return None


Order: TypeAlias = Literal["<", "<=", ">", ">="]


def compared(operator: Order, a: Type, b: Type) -> Truth:
    """`a < b` and the like: numbers with numbers, texts with texts, bools with bools."""
    if not a.shapes or not b.shapes:
        return frozenset()
    if is_foreign(a) or is_foreign(b):
        return frozenset({True, False})
    if operator in (">", ">="):
        return compared("<" if operator == ">" else "<=", b, a)
    outcomes: set[bool] = set()
    for x in a.shapes:
        for y in b.shapes:
            outcomes |= _ordered(operator, x, y)
    return frozenset(outcomes)


def _ordered(operator: Order, a: Shape, b: Shape) -> set[bool]:
    """What `a < b` may be, or `a <= b`."""
    match a, b:
        case Number(), Number():
            return _below(operator, _range(a), _range(b))
        case String(), String():
            if a.values is None or b.values is None or len(a.values) * len(b.values) > _PAIRS_MAX:
                return {True, False}
            pairs = [(x, y) for x in a.values for y in b.values]
            return {x < y if operator == "<" else x <= y for x, y in pairs}
        case Bool(), Bool():
            pairs_ = [(x, y) for x in a.values for y in b.values]
            return {x < y if operator == "<" else x <= y for x, y in pairs_}
        case _:
            return set()


_Range: TypeAlias = tuple[float | None, bool, float | None, bool]


def _range(shape: Number) -> _Range:
    if shape.values is not None:
        return min(shape.values), False, max(shape.values), False
    return shape.low, shape.low_open, shape.high, shape.high_open


def _below(operator: Order, a: _Range, b: _Range) -> set[bool]:
    a_low, a_low_open, a_high, a_high_open = a
    b_low, b_low_open, b_high, b_high_open = b
    outcomes: set[bool] = {True, False}
    if a_high is not None and b_low is not None:
        # The greatest of a against the least of b: if that holds, it always holds.
        touching = operator == "<=" or a_high_open or b_low_open
        if a_high < b_low or (a_high == b_low and touching):
            outcomes.discard(False)
    if a_low is not None and b_high is not None:
        touching = operator == "<=" and not (a_low_open or b_high_open)
        if a_low > b_high or (a_low == b_high and not touching):
            outcomes.discard(True)
    return outcomes


# --- lists and maps -------------------------------------------------------------------------------


def contained(item: Type, whole: Type) -> Truth:
    """`item in whole`: in a list, or among the keys of a map."""
    if not item.shapes:
        return frozenset()
    if is_foreign(item) or is_foreign(whole):
        return frozenset({True, False})
    outcomes: set[bool] = set()
    for shape in whole.shapes:
        if isinstance(shape, Array):
            outcomes |= _in_list(item, shape)
        elif isinstance(shape, Object):
            outcomes |= _in_map(item, shape)
    return frozenset(outcomes)


def _in_list(item: Type, shape: Array) -> set[bool]:
    members = items(Type((shape,)))
    if shape.high == 0 or not members.shapes or apart(item, members):
        return {False}
    if shape.low == shape.high == len(shape.prefix):
        listed = {_only(type_) for type_ in shape.prefix}
        values = _values(item)
        if values and values <= listed:
            return {True}
    return {True, False}


def _values(type_: Type) -> set[tuple[str, object] | None]:
    """All values of a type with few of them; none if there are others."""
    found: set[tuple[str, object] | None] = set()
    for shape in type_.shapes:
        match shape:
            case Null():
                found.add(("null", None))
            case Bool(values=values):
                found |= {("boolean", value) for value in values}
            case Number(values=frozenset() as values):
                found |= {("number", value) for value in values}
            case String(values=frozenset() as values):
                found |= {("string", value) for value in values}
            case _:
                return set()
    return found


def _in_map(item: Type, shape: Object) -> set[bool]:
    if "keys" in shape.marks:
        return {True, False}
    outcomes: set[bool] = set()
    for key in item.shapes:
        if not isinstance(key, String):
            outcomes.add(False)
        elif key.values is None or len(key.values) > _PAIRS_MAX:
            outcomes |= {True, False} if shape.fields or shape.rest.shapes else {False}
        else:
            for name in key.values:
                if not shape.at(name).shapes:
                    outcomes.add(False)
                else:
                    outcomes |= {True} if name in shape.required else {True, False}
    return outcomes


def indexed(whole: Type, index: Type) -> Type:
    """`whole[index]` with an index that is computed."""
    if not index.shapes:
        return NOTHING
    if is_foreign(whole):
        return FOREIGN
    number = is_foreign(index) or any(isinstance(shape, Number) for shape in index.shapes)
    text = is_foreign(index) or any(isinstance(shape, String) for shape in index.shapes)
    only = _only(index)
    found: list[Type] = []
    for shape in whole.shapes:
        if isinstance(shape, Array) and number:
            position = only[1] if only is not None else None
            if isinstance(position, int) and not isinstance(position, bool):
                found.append(part(Type((shape,)), position).type)
            else:
                found += [*shape.prefix, shape.rest]
        elif isinstance(shape, Object) and (text or "keys" in shape.marks):
            key = only[1] if only is not None else None
            if isinstance(key, str) and "keys" not in shape.marks:
                found.append(part(Type((shape,)), key).type)
            else:
                found += [*shape.fields.values(), shape.rest]
    return union(*found)
