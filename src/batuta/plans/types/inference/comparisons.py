"""What comparisons, `in` and `[ ]` make of types."""

from typing import Literal, TypeAlias

from batuta.plans.types.access import items, part
from batuta.plans.types.combine import union
from batuta.plans.types.fit import apart
from batuta.plans.types.inference.operators import FOREIGN, Truth, is_foreign
from batuta.plans.types.shape import (
    NOTHING,
    Array,
    Bool,
    Null,
    Number,
    Object,
    Shape,
    String,
    Type,
)

__all__ = ["Order", "compared", "contained", "equal", "indexed"]

# Values of two types are compared one by one up to so many pairs.
_PAIRS_MAX = 400


def equal(a: Type, b: Type) -> Truth:
    """`a == b`: of different kinds it is false, never an error."""
    if not a.shapes or not b.shapes:
        return frozenset()
    if is_foreign(a) or is_foreign(b):
        return frozenset({True, False})
    if _differ(a, b) or apart(a, b):
        return frozenset({False})
    one, other = _only(a), _only(b)
    return frozenset({True}) if one and one == other else frozenset({True, False})


def _differ(a: Type, b: Type) -> bool:
    """True for two types of one shape each, of different kinds: what most comparisons can be told by."""
    return len(a.shapes) == 1 == len(b.shapes) and type(a.shapes[0]) is not type(b.shapes[0])


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
