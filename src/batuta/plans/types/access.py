"""Parts of types: the field of a map, an item of a list."""

from typing import Literal

import msgspec

from batuta.plans.types.combine import union
from batuta.plans.types.shape import ANY, NOTHING, UNSEEN, UNSTATED, Array, Object, Type

__all__ = ["Part", "items", "list_length", "part"]


class Part(msgspec.Struct, frozen=True):
    """What is at a key: its type (of the values that have it), and whether a value has it at all.

    `names` are the fields that are known. `declared` is False if other fields are known and this one is not: it may be
    there all the same (`maybe`), yet more likely is a typing error.
    """

    type: Type
    verdict: Literal["yes", "maybe", "no"]
    names: tuple[str, ...] = ()
    declared: bool = True


def part(type_: Type, key: str | int) -> Part:
    """The field or item of `type_` at `key`; of null and scalars nothing is a part."""
    shapes = type_.shapes
    if (
        len(shapes) == 1
        and type(shape := shapes[0]) is Object
        and isinstance(key, str)
        and (field := shape.fields.get(key, NOTHING)) is not NOTHING
    ):
        return Part(field, "yes" if key in shape.required else "maybe")
    if type_.is_any:
        return Part(ANY, "maybe") if type_ is not UNSEEN else Part(UNSEEN, "maybe")
    found = [
        _field(shape, key) if isinstance(key, str) else _item(shape, key)
        for shape in shapes
        if isinstance(shape, Object | Array)
    ]
    there = [type_ for type_, verdict in found if verdict != "no"]
    names = tuple(
        dict.fromkeys(
            name for shape in shapes if isinstance(shape, Object) for name in shape.fields
        )
    )
    if not there:
        return Part(NOTHING, "no", names)
    sure = len(found) == len(shapes) and all(verdict == "yes" for _, verdict in found)
    declared = not isinstance(key, str) or _is_declared(type_, key)
    return Part(union(*there), "yes" if sure else "maybe", names, declared)


def items(type_: Type) -> Type:
    """The type of the items of a list; NOTHING for what is none, or always empty."""
    return union(
        *(
            of
            for shape in type_.shapes
            if isinstance(shape, Array)
            for of in (*shape.prefix, shape.rest)
        )
    )


def list_length(type_: Type) -> tuple[int, int | None]:
    """At least and at most so many items (None: no bound) of what is a list; (0, None) of what may be none."""
    shapes = type_.shapes
    lists = [shape for shape in shapes if isinstance(shape, Array)]
    highs = [shape.high for shape in lists if shape.high is not None]
    high = max(highs) if lists and len(highs) == len(lists) else None
    return (min(shape.low for shape in lists) if lists and len(lists) == len(shapes) else 0), high


def _field(shape: Object | Array, key: str | int) -> tuple[Type, Literal["yes", "maybe", "no"]]:
    if not isinstance(shape, Object) or not isinstance(key, str):
        return NOTHING, "no"
    type_ = shape.at(key)
    if not type_.shapes:
        return NOTHING, "no"
    return type_, "yes" if key in shape.required else "maybe"


def _item(shape: Object | Array, key: int) -> tuple[Type, Literal["yes", "maybe", "no"]]:
    if not isinstance(shape, Array) or key < 0 or (shape.high is not None and key >= shape.high):
        return NOTHING, "no"
    type_ = shape.at(key)
    if not type_.shapes:
        return NOTHING, "no"
    return type_, "yes" if key < shape.low else "maybe"


def _is_declared(type_: Type, key: str) -> bool:
    """True if a map among the alternatives knows `key`, or says that there are other fields than those it lists."""
    return any(
        isinstance(shape, Object)
        and (
            key in shape.fields
            or key in shape.required
            or bool(shape.rest is not UNSTATED and shape.rest.shapes)
            or not shape.fields
        )
        for shape in type_.shapes
    )
