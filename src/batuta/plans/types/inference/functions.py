"""What CEL's standard functions make of types: NOTHING where no value has a result."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import msgspec

from batuta.plans.types.combine import union
from batuta.plans.types.inference.operators import DOUBLE, DURATION, FOREIGN, TIMESTAMP, is_foreign
from batuta.plans.types.shape import (
    BOOLEAN,
    INTEGER,
    NOTHING,
    Array,
    Bool,
    Number,
    Object,
    Shape,
    String,
    Type,
)

__all__ = ["applied", "takes"]

_TAKES: Mapping[str, tuple[str, ...]] = {
    "bool": ("boolean", "string"),
    "bytes": ("string",),
    "contains": ("string",),
    "double": ("number", "string"),
    "duration": ("string",),
    "endsWith": ("string",),
    "int": ("number", "string", "boolean"),
    "matches": ("string",),
    "size": ("string", "list", "map"),
    "startsWith": ("string",),
    "string": ("string", "number", "boolean"),
    "timestamp": ("string", "number"),
    "uint": ("number", "string"),
}
# The shortest text of a number or bool is one character long.
_WRITTEN = Type((String(low=1),))


def takes(name: str) -> str:
    """What the function takes, in words; "" if that is not known."""
    words = _TAKES.get(name, ())
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else "".join(words)


def applied(name: str, args: tuple[Type, ...]) -> Type:
    """The type of `name(args)`; a method's target is the first of them."""
    if any(not arg.shapes for arg in args):
        return NOTHING
    make = _MAKES.get(name)
    if make is not None and len(args) == 1:
        return make(args[0])
    if name in ("contains", "endsWith", "startsWith", "matches"):
        return BOOLEAN if all(map(_may_be_text, args)) else NOTHING
    if name.startswith("get") and args:
        # Only timestamps and durations have them, and no value of JSON is one.
        return INTEGER if is_foreign(args[0]) else NOTHING
    return FOREIGN


def _may_be_text(type_: Type) -> bool:
    return is_foreign(type_) or any(isinstance(shape, String) for shape in type_.shapes)


def _size(type_: Type) -> Type:
    if is_foreign(type_):
        return Type((Number(True, 0),))
    sizes: list[Type] = []
    for shape in type_.shapes:
        match shape:
            case String(values=None, low=low, high=high) | Array(low=low, high=high):
                sizes.append(Type((Number(True, low, high),)))
            case String(values=frozenset() as values):
                sizes.append(Type((Number(True, values=frozenset(map(len, values))),)))
            case Object():
                high = None if shape.rest.shapes or shape.marks else len(shape.fields)
                sizes.append(Type((Number(True, len(shape.required), high),)))
            case _:
                pass
    return union(*sizes)


def _string(type_: Type) -> Type:
    if is_foreign(type_):
        return Type((String(),))
    written: list[Type] = []
    for shape in type_.shapes:
        if isinstance(shape, String):
            written.append(Type((shape,)))
        elif isinstance(shape, Number | Bool):
            written.append(_WRITTEN)
    return union(*written)


def _int(type_: Type) -> Type:
    if is_foreign(type_):
        return INTEGER
    made: list[Type] = []
    for shape in type_.shapes:
        if isinstance(shape, Number) and shape.integer and not shape.double:
            made.append(Type((shape,)))
        elif isinstance(shape, Number | String | Bool):
            made.append(INTEGER)
    return union(*made)


def _double(type_: Type) -> Type:
    if is_foreign(type_):
        return DOUBLE
    made: list[Type] = []
    for shape in type_.shapes:
        if isinstance(shape, Number):
            made.append(Type((msgspec.structs.replace(shape, integer=False, double=True),)))
        elif isinstance(shape, String):
            made.append(DOUBLE)
    return union(*made)


def _bool(type_: Type) -> Type:
    if is_foreign(type_):
        return BOOLEAN
    made: list[Type] = []
    for shape in type_.shapes:
        if isinstance(shape, Bool):
            made.append(Type((shape,)))
        elif isinstance(shape, String):
            made.append(BOOLEAN)
    return union(*made)


def _foreign(*kinds: type[Shape], to: Type = FOREIGN) -> Callable[[Type], Type]:
    def make(type_: Type) -> Type:
        accepted = is_foreign(type_) or any(isinstance(shape, kinds) for shape in type_.shapes)
        return to if accepted else NOTHING

    return make


_Make: TypeAlias = Callable[[Type], Type]
_MAKES: Mapping[str, _Make] = {
    "bool": _bool,
    "bytes": _foreign(String),
    "double": _double,
    "duration": _foreign(String, to=DURATION),
    "dyn": lambda type_: type_,
    "int": _int,
    "size": _size,
    "string": _string,
    "timestamp": _foreign(String, Number, to=TIMESTAMP),
    "type": lambda _: FOREIGN,
    "uint": _foreign(String, Number, Bool),
}
