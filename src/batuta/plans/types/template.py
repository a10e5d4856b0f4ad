"""The type of a JSON shape with expressions in its texts."""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any, TypeAlias, cast

import msgspec

from batuta.errors import ExpressionError
from batuta.plans.types.infer import inferred
from batuta.plans.types.inferred import Inferred, Problem
from batuta.plans.types.shape import (
    ANY,
    NOTHING,
    STRING,
    UNSEEN,
    Array,
    Null,
    Object,
    Type,
)
from batuta.plans.types.values import of_value
from batuta.spec.expr.scan import Braced, split

__all__ = ["Located", "Templated", "of_template"]

Path: TypeAlias = tuple[str | int, ...]

_CONSTANTS_MAX = 1_024
_TEXTS_MAX = 4_096  # as many as there are compiled expressions
# As deep as the compiler of templates goes.
_DEPTH_MAX = 64


class Located(msgspec.Struct, frozen=True):
    """A problem in the string at `path` of a shape; its offset counts in that string."""

    path: Path
    problem: Problem


class Templated(msgspec.Struct, frozen=True):
    """The `type` that a shape has when it is filled in; problems and doubts as of `Inferred`."""

    type: Type
    problems: tuple[Located, ...] = ()
    doubts: tuple[Located, ...] = ()


def of_template(shape: Any, roots: Mapping[str, Type], always: Collection[str] = ()) -> Templated:
    """The type of `shape`, in whose `${…}` the names of `roots` may stand. Never raises.

    A text that is one `${…}` has the type of the expression; with text around it, it is a string.
    """
    reader = _Reader(roots, always)
    type_ = reader.read(shape, (), 0)
    if not reader.problems and not reader.doubts:
        return Templated(type_)
    return Templated(type_, tuple(reader.problems), tuple(reader.doubts))


class _Reader:
    """One reading of one shape."""

    __slots__ = ("always", "doubts", "names", "problems", "roots")

    def __init__(self, roots: Mapping[str, Type], always: Collection[str]) -> None:
        self.roots = roots
        self.names = frozenset(roots)
        self.always = always
        self.problems: list[Located] = []
        self.doubts: list[Located] = []

    def read(self, shape: Any, path: Path, depth: int) -> Type:
        if isinstance(shape, str):
            return self._text(shape, path)
        if depth > _DEPTH_MAX:
            return ANY
        if isinstance(shape, Mapping):
            return self.map(cast("Mapping[Any, Any]", shape), path, depth)
        if isinstance(shape, list | tuple):
            values = cast("list[Any]", shape)
            types = [self.read(value, (*path, i), depth + 1) for i, value in enumerate(values)]
            return Type((Array(tuple(types), NOTHING, len(types), len(types)),))
        return of_value(shape)

    def map(self, shape: Mapping[Any, Any], path: Path, depth: int) -> Type:
        """The type of a map: 2 µs for one reference and one constant."""
        fields: dict[str, Type] = {}
        for key, value in shape.items():
            if type(value) is not str:
                fields[str(key)] = self.read(value, (*path, key), depth + 1)
            elif "${" not in value:
                fields[key] = _constant(value)
            elif (alone := _alone(value)) is None:
                fields[key] = self._pieces(value, (*path, key))
            else:
                found = inferred(alone, self.roots, self.names, self.always)
                if found.problems or found.doubts:
                    self._tell(found, 2, (*path, key))
                fields[key] = found.type
        return Type((Object(fields, frozenset(fields), NOTHING),))

    def _text(self, text: str, path: Path) -> Type:
        if "${" not in text:
            return _constant(text)
        alone = _alone(text)
        return self._pieces(text, path) if alone is None else self._expression(alone, 2, path)

    def _pieces(self, text: str, path: Path) -> Type:
        try:
            pieces = list(split(text))
        except ExpressionError as error:
            problem = Problem(error.offset or 0, "invalid", error.message, error.remedy)
            self.problems.append(Located(path, problem))
            return UNSEEN
        if len(pieces) == 1:
            piece = pieces[0]
            if isinstance(piece, Braced):
                return self._expression(str(piece), piece.offset, path)
            return of_value(piece)
        for piece in pieces:
            if isinstance(piece, Braced):
                type_ = self._expression(str(piece), piece.offset, path)
                if type_.shapes and all(isinstance(shape, Null) for shape in type_.shapes):
                    message = f"{str(piece).strip()} is null inside a text"
                    remedy = "say what to write instead of null"
                    problem = Problem(piece.offset, "type", message, remedy)
                    self.problems.append(Located(path, problem))
        return STRING

    def _expression(self, text: str, start: int, path: Path) -> Type:
        found = inferred(text, self.roots, self.names, self.always)
        self._tell(found, start, path)
        return found.type

    def _tell(self, found: Inferred, start: int, path: Path) -> None:
        for source, into in ((found.problems, self.problems), (found.doubts, self.doubts)):
            for problem in source:
                moved = msgspec.structs.replace(problem, offset=problem.offset + start)
                into.append(Located(path, moved))


@lru_cache(maxsize=_CONSTANTS_MAX)
def _constant(text: str) -> Type:
    # Short texts that many steps share are compared with what they are given to only once.
    return of_value(text)


@lru_cache(maxsize=_TEXTS_MAX)
def _alone(text: str) -> str | None:
    """The expression, if `text` is plainly one `${…}` and nothing else."""
    inner = text[2:-1]
    plain = text[:2] == "${" and text[-1] == "}" and "{" not in inner and "}" not in inner
    return inner if plain else None
