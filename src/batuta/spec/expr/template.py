"""Templates: JSON shapes whose strings may hold expressions.

    {"text": "Hi ${inputs.name}", "rows": "${steps.fetch.rows}", "limit": 10}

A string that is one `${...}` keeps the type of its value. Text around it interpolates: strings as they are, numbers
and bools as CEL's `string()`, lists and maps as compact JSON; null is an error. What has no expression is returned
as it is, without a copy: what `render` gives is to be read, not changed.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, cast

import msgspec

from batuta.errors import ExpressionError
from batuta.spec.expr.cel import as_text
from batuta.spec.expr.expression import Expression, compile_expression
from batuta.spec.expr.paths import Lookup, Reference
from batuta.spec.expr.scan import Braced, split

__all__ = ["SHAPE_DEPTH_MAX", "Template", "TemplateError", "compile_template"]

SHAPE_DEPTH_MAX = 64

_Render: TypeAlias = Callable[[Lookup], Any]


class TemplateError(ExpressionError):
    """An expression of a template is wrong. `pointer` is the JSON pointer to its string, `offset` counts in that."""

    def __init__(self, error: ExpressionError, pointer: str, offset: int | None) -> None:
        super().__init__(error.message, remedy=error.remedy, offset=offset)
        self.pointer = pointer

    def __str__(self) -> str:
        at = f"{self.pointer}: " if self.pointer else ""
        return at + super().__str__()


class Template:
    """A compiled shape; immutable and safe to share between threads.

    `places` are its references with the JSON pointer to the string each stands in; the offsets of references count
    in that string. `is_constant`: there is no expression in it.
    """

    __slots__ = ("is_constant", "places", "references", "render")

    render: _Render
    """Give the JSON value for a lookup. Raises TemplateError."""

    def __init__(
        self, render: _Render, places: tuple[tuple[str, Reference], ...], constant: bool
    ) -> None:
        self.render = render
        self.places = places
        self.references = tuple(reference for _, reference in places)
        self.is_constant = constant


def compile_template(shape: Any, roots: frozenset[str]) -> Template:
    """Compile a JSON shape in whose expressions the names `roots` may be used.

    Raises TemplateError for the first flaw, and for what is no JSON: keys that are no strings, foreign objects, NaN,
    more than 64 levels. Keys are literal: an expression in a key is refused.
    """
    compiler = _Compiler(roots)
    render = compiler.compile(shape, "", 0)
    if render is None:
        return Template(lambda _: shape, (), True)
    return Template(render, tuple(compiler.places), False)


class _Compiler:
    """Makes one function per part that is not constant; `compile` gives None for constants."""

    def __init__(self, roots: frozenset[str]) -> None:
        self.roots = roots
        self.places: list[tuple[str, Reference]] = []

    def compile(self, shape: Any, pointer: str, depth: int) -> _Render | None:
        if depth > SHAPE_DEPTH_MAX:
            raise _flaw(f"nested more than {SHAPE_DEPTH_MAX} deep", pointer)
        if isinstance(shape, str):
            return self._string(shape, pointer)
        if shape is None or isinstance(shape, bool | int):
            return None
        if isinstance(shape, float):
            if not math.isfinite(shape):
                raise _flaw(f"{shape} is not JSON", pointer)
            return None
        if isinstance(shape, Mapping):
            return self._map(cast(Mapping[Any, Any], shape), pointer, depth)
        if isinstance(shape, list | tuple):
            return self._list(cast(Sequence[Any], shape), pointer, depth)
        raise _flaw(f"{type(shape).__name__} is not JSON", pointer)

    def _map(self, shape: Mapping[Any, Any], pointer: str, depth: int) -> _Render | None:
        moving: list[tuple[str, _Render]] = []
        for key, value in shape.items():
            if not isinstance(key, str):
                raise _flaw(f"the key {key!r} is no string", pointer)
            if "${" in key:
                raise _flaw(f"an expression in the key {key!r}", pointer)
            render = self.compile(value, f"{pointer}/{_escaped(key)}", depth + 1)
            if render is not None:
                moving.append((key, render))
        if not moving:
            return None
        still = dict(cast(Mapping[str, Any], shape))

        def render_map(lookup: Lookup) -> Any:
            out = still.copy()
            for key, render in moving:
                out[key] = render(lookup)
            return out

        return render_map

    def _list(self, shape: Sequence[Any], pointer: str, depth: int) -> _Render | None:
        moving: list[tuple[int, _Render]] = []
        for index, value in enumerate(shape):
            render = self.compile(value, f"{pointer}/{index}", depth + 1)
            if render is not None:
                moving.append((index, render))
        if not moving:
            return None
        still = list(shape)

        def render_list(lookup: Lookup) -> Any:
            out = still.copy()
            for index, render in moving:
                out[index] = render(lookup)
            return out

        return render_list

    def _string(self, text: str, pointer: str) -> _Render | None:
        if "${" not in text:
            return None
        try:
            pieces = list(split(text))
        except ExpressionError as error:
            raise TemplateError(error, pointer, error.offset) from None
        parts = [
            self._expression(piece, pointer) if isinstance(piece, Braced) else piece
            for piece in pieces
        ]
        match parts:
            case [str() as literal]:
                return lambda _: literal
            case [only] if not isinstance(only, str):
                return only.bare() or only.render
            case _:
                return _interpolation(parts)

    def _expression(self, text: Braced, pointer: str) -> "_Braced":
        start = text.offset
        try:
            expression = compile_expression(str(text), self.roots)
        except ExpressionError as error:
            raise _shifted(error, pointer, start) from None
        for reference in expression.references:
            moved = msgspec.structs.replace(reference, offset=reference.offset + start)
            self.places.append((pointer, moved))
        return _Braced(expression, pointer, start)


class _Braced:
    """One `${...}` of a template: its errors say where the string stands."""

    __slots__ = ("evaluate", "expression", "pointer", "start")

    def __init__(self, expression: Expression, pointer: str, start: int) -> None:
        self.expression = expression
        self.evaluate = expression.evaluate
        self.pointer = pointer
        self.start = start

    def bare(self) -> _Render | None:
        """`render` of an expression that is nothing but a path, in one call instead of three; None of another one."""
        reference = self.expression.is_bare
        if reference is None:
            return None

        def render_bare(lookup: Lookup) -> Any:
            try:
                return lookup(reference)
            except (KeyError, ExpressionError):
                return self.render(lookup)  # which words the error

        return render_bare

    def render(self, lookup: Lookup) -> Any:
        try:
            return self.evaluate(lookup)
        except ExpressionError as error:
            raise _shifted(error, self.pointer, self.start) from None

    def render_text(self, lookup: Lookup) -> str:
        value = self.render(lookup)
        if isinstance(value, str):
            return value
        try:
            if value is None:
                what = self.expression.text.strip()
                remedy = f'say what to write instead: {what} != null ? {what} : ""'
                raise ExpressionError(f"{what} is null inside a text", remedy=remedy, offset=0)
            return as_text(value)
        except ExpressionError as error:
            raise _shifted(error, self.pointer, self.start) from None


def _interpolation(parts: Sequence[str | _Braced]) -> _Render:
    def render_text(lookup: Lookup) -> str:
        return "".join(p if isinstance(p, str) else p.render_text(lookup) for p in parts)

    return render_text


def _flaw(message: str, pointer: str) -> TemplateError:
    return TemplateError(ExpressionError(message), pointer, None)


def _shifted(error: ExpressionError, pointer: str, start: int) -> TemplateError:
    """`error` of an expression that starts at `start` of its string; without a place of its own, it stands there."""
    return TemplateError(error, pointer, start + (error.offset or 0))


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
