"""Types from types: unions, lists and maps."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

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
    "either",
    "list_of",
    "map_of",
    "marked",
    "nullable",
    "union",
]

# A union of more alternatives is widened: each is compared with each, and nobody reads so many.
_SHAPES_MAX = 32

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


def marked(shapes: Iterable[Shape], marks: Marks) -> tuple[Shape, ...]:
    """`shapes` of which `marks` are asked besides."""
    if not marks:
        return tuple(shapes)
    return tuple(msgspec.structs.replace(s, marks=s.marks | marks) for s in shapes)
