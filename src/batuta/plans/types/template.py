"""The type of a JSON shape with expressions in its texts."""

from collections.abc import Collection, Mapping
from typing import Any, cast

import msgspec

from batuta.errors import ExpressionError
from batuta.plans.types.infer import infer
from batuta.plans.types.inferred import Problem
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

# As deep as the compiler of templates goes.
_DEPTH_MAX = 64


class Located(msgspec.Struct, frozen=True):
    """A problem in the string at `path` of a shape; its offset counts in that string."""

    path: tuple[str | int, ...]
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
    return Templated(type_, tuple(reader.problems), tuple(reader.doubts))


class _Reader:
    """One reading of one shape."""

    def __init__(self, roots: Mapping[str, Type], always: Collection[str]) -> None:
        self.roots = roots
        self.always = always
        self.problems: list[Located] = []
        self.doubts: list[Located] = []

    def read(self, shape: Any, path: tuple[str | int, ...], depth: int) -> Type:
        if isinstance(shape, str):
            return self._text(shape, path) if "${" in shape else of_value(shape)
        if depth > _DEPTH_MAX:
            return ANY
        if isinstance(shape, Mapping):
            parts = cast("Mapping[Any, Any]", shape)
            fields = {
                str(key): self.read(value, (*path, key), depth + 1) for key, value in parts.items()
            }
            return Type((Object(fields, frozenset(fields), NOTHING),))
        if isinstance(shape, list | tuple):
            values = cast("list[Any]", shape)
            types = [self.read(value, (*path, i), depth + 1) for i, value in enumerate(values)]
            return Type((Array(tuple(types), NOTHING, len(types), len(types)),))
        return of_value(shape)

    def _text(self, text: str, path: tuple[str | int, ...]) -> Type:
        inner = text[2:-1]
        if text[:2] == "${" and text[-1] == "}" and "{" not in inner and "}" not in inner:
            return self._expression(inner, 2, path)
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

    def _expression(self, text: str, start: int, path: tuple[str | int, ...]) -> Type:
        inferred = infer(text, self.roots, self.always)
        for found, into in ((inferred.problems, self.problems), (inferred.doubts, self.doubts)):
            for problem in found:
                moved = msgspec.structs.replace(problem, offset=problem.offset + start)
                into.append(Located(path, moved))
        return inferred.type
