"""Types: sets of JSON values, as a choice between shapes of one kind each.

A `Type` is an upper bound: every value that a schema accepts has one of its shapes. What a shape cannot say (a
pattern, a `not`) it carries as a mark, so that "certainly accepted" is never said of it without reason, and
"certainly refused" stays true.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import msgspec

__all__ = [
    "ANY",
    "ANY_SHAPES",
    "BOOLEAN",
    "INTEGER",
    "NOTHING",
    "NULL",
    "NUMBER",
    "STRING",
    "UNSEEN",
    "UNSEEN_SHAPES",
    "UNSTATED",
    "Array",
    "Bool",
    "Marks",
    "Null",
    "Number",
    "Object",
    "Shape",
    "String",
    "Type",
    "foreign_shapes",
]

Marks: TypeAlias = frozenset[str]
"""What a schema asks beyond its shape, each as a text that is equal for equal demands."""

_EXACT: Marks = frozenset()
_BOTH = frozenset({True, False})


class Type:
    """A set of JSON values; `shapes` are the alternatives, made when they are first looked at.

    Types are values: they never change once made, and are compared by identity (schemas of equal text give the
    same type).
    """

    __slots__ = ("_make", "_shapes", "factors")

    def __init__(
        self,
        shapes: "tuple[Shape, ...] | None" = None,
        make: "Callable[[], tuple[Shape, ...]] | None" = None,
        factors: "frozenset[Type]" = frozenset(),
    ) -> None:
        assert (shapes is None) != (make is None), "a type has shapes or a way to make them"
        self._shapes = shapes
        self._make = make
        self.factors = factors  # what it is the intersection of, if it is one

    @property
    def shapes(self) -> "tuple[Shape, ...]":
        """The alternatives; none for a type without values."""
        shapes = self._shapes
        return self._made() if shapes is None else shapes

    @property
    def is_any(self) -> bool:
        """True if nothing is known of it."""
        shapes = self.shapes
        return shapes is ANY_SHAPES or shapes is UNSEEN_SHAPES

    def _made(self) -> "tuple[Shape, ...]":
        make = self._make
        if make is None:
            # It is being made, and consists of itself: what that means nobody can say.
            return UNSEEN_SHAPES
        self._make = None
        self._shapes = shapes = make()
        return shapes

    def __repr__(self) -> str:
        kinds = "lazy" if self._shapes is None else " | ".join(s.kind for s in self._shapes)
        return f"<Type {kinds or 'nothing'}>"


class Null(msgspec.Struct, frozen=True):
    """null."""

    marks: Marks = _EXACT

    @property
    def kind(self) -> str:
        return "null"


class Bool(msgspec.Struct, frozen=True):
    """true, false or either."""

    values: frozenset[bool] = _BOTH
    marks: Marks = _EXACT

    @property
    def kind(self) -> str:
        return "boolean"


class Number(msgspec.Struct, frozen=True):
    """Numbers from `low` to `high` (None: unbounded; `open`: without the end itself), or one of `values`.

    `integer`: all of them are whole. `double`: an expression made it as a double, whatever its value.
    """

    integer: bool = False
    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False
    values: frozenset[float] | None = None
    double: bool = False
    marks: Marks = _EXACT

    @property
    def kind(self) -> str:
        return "integer" if self.integer else "number"

    def has(self, value: float) -> bool:
        """Whether `value` is one of them, marks apart."""
        if self.values is not None:
            return value in self.values
        if self.integer and isinstance(value, float) and not value.is_integer():
            return False
        low, high = self.low, self.high
        if low is not None and (value < low or (self.low_open and value == low)):
            return False
        return high is None or not (value > high or (self.high_open and value == high))


class String(msgspec.Struct, frozen=True):
    """Texts of `low` to `high` characters (None: unbounded), or one of `values`, of a `format` ("": any)."""

    values: frozenset[str] | None = None
    low: int = 0
    high: int | None = None
    format: str = ""
    marks: Marks = _EXACT

    @property
    def kind(self) -> str:
        return "string"

    def has(self, value: str) -> bool:
        """Whether `value` is one of them, format and marks apart."""
        if self.values is not None:
            return value in self.values
        return self.low <= len(value) and (self.high is None or len(value) <= self.high)


class Array(msgspec.Struct, frozen=True):
    """Lists of `low` to `high` items (None: unbounded); the first have the types in `prefix`, the others `rest`."""

    prefix: tuple[Type, ...]
    rest: Type
    low: int = 0
    high: int | None = None
    marks: Marks = _EXACT

    @property
    def kind(self) -> str:
        return "list"

    def at(self, index: int) -> Type:
        """The type of the item at `index`, if there is one."""
        return self.prefix[index] if index < len(self.prefix) else self.rest


class Object(msgspec.Struct, frozen=True):
    """Maps: `fields` by name, of which `required` are there for certain; any other field has the type `rest`."""

    fields: Mapping[str, Type]
    required: frozenset[str]
    rest: Type
    marks: Marks = _EXACT

    @property
    def kind(self) -> str:
        return "map"

    def at(self, name: str) -> Type:
        """The type of the field `name`, if there is one."""
        found = self.fields.get(name)
        return self.rest if found is None else found


Shape: TypeAlias = Null | Bool | Number | String | Array | Object

NOTHING = Type(())
"""No value at all."""

ANY = Type(make=lambda: ANY_SHAPES)
"""Every JSON value."""

UNSTATED = Type(make=lambda: ANY_SHAPES)
"""ANY, for the fields of a map of which its schema says nothing, not even that they may be there."""

UNSEEN = Type(make=lambda: UNSEEN_SHAPES)
"""Like ANY, of a schema that cannot be read: what it refuses is not known either."""


def _all_kinds(marks: Marks, part: Type) -> tuple[Shape, ...]:
    return (
        Null(marks),
        Bool(marks=marks),
        Number(marks=marks),
        String(marks=marks),
        Array((), part, marks=marks),
        Object({}, frozenset(), part, marks),
    )


ANY_SHAPES = _all_kinds(_EXACT, ANY)
UNSEEN_SHAPES = _all_kinds(frozenset({"schema"}), UNSEEN)


def foreign_shapes() -> tuple[Shape, ...]:
    """Shapes of anything at all, marked as what may be no JSON."""
    return _all_kinds(frozenset({"foreign"}), ANY)


NULL = Type((Null(),))
BOOLEAN = Type((Bool(),))
INTEGER = Type((Number(integer=True),))
NUMBER = Type((Number(),))
STRING = Type((String(),))
