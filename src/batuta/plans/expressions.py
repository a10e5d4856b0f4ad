"""Every expression of a plan: where it stands, compiled, with what it refers to; or what is wrong with it."""

from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from batuta.errors import ExpressionError
from batuta.spec.expr import Expression, compile_expression
from batuta.spec.expr.scan import Braced, split
from batuta.spec.plan import Step
from batuta.spec.shape import step_roots

__all__ = ["OUTER_ROOTS", "Path", "Use", "expressions_of", "expressions_of_shape"]

Path = tuple[str | int, ...]
OUTER_ROOTS = frozenset({"inputs", "steps"})


class Use(NamedTuple):
    """One expression: `words` is the text that offsets count in, `start` where the expression begins in it."""

    path: Path
    words: str
    start: int
    compiled: Expression | ExpressionError


def expressions_of(path: Path, step: Step) -> Iterator[Use]:
    """The expressions of the step that stands at `path`, in the order in which the engine meets them."""
    roots = step_roots(step)
    if step.each is not None:
        yield _bare((*path, "each"), step.each, OUTER_ROOTS)
    if step.when is not None:
        yield _bare((*path, "when"), step.when, roots)
    if step.repeat is not None:
        yield _bare((*path, "repeat", "until"), step.repeat.until, roots)
    yield from expressions_of_shape((*path, "with"), step.with_, roots)
    for index, other in enumerate(step.fallback):
        if other.with_ is not None:
            yield from expressions_of_shape((*path, "fallback", index, "with"), other.with_, roots)
    if step.undo is not None and step.undo.with_ is not None:
        yield from expressions_of_shape((*path, "undo", "with"), step.undo.with_, roots)


def expressions_of_shape(path: Path, shape: Any, roots: frozenset[str]) -> Iterator[Use]:
    """The expressions in the texts of a JSON shape."""
    if isinstance(shape, str):
        if "${" in shape:
            yield from _expressions_of_text(path, shape, roots)
    elif isinstance(shape, dict):
        for key, value in cast("dict[str, Any]", shape).items():
            if "${" in key:
                flaw = ExpressionError(
                    f"an expression cannot be part of the key {key[:64]!r}",
                    remedy="keys are fixed; build the map inside one ${…}, or write $${ in a value",
                )
                yield Use((*path, key), key, 0, flaw)
            if isinstance(value, str | dict | list | tuple):
                yield from expressions_of_shape((*path, key), value, roots)
    elif isinstance(shape, list | tuple):
        for index, item in enumerate(cast("list[Any]", shape)):
            if isinstance(item, str | dict | list | tuple):
                yield from expressions_of_shape((*path, index), item, roots)


def _expressions_of_text(path: Path, text: str, roots: frozenset[str]) -> Iterator[Use]:
    inner = text[2:-1]
    if text[:2] == "${" and text[-1] == "}" and "{" not in inner and "}" not in inner:
        yield Use(path, text, 2, _compiled(inner, roots))
        return
    try:
        pieces = list(split(text))
    except ExpressionError as error:
        yield Use(path, text, 0, error)
        return
    for piece in pieces:
        if isinstance(piece, Braced):
            yield Use(path, text, piece.offset, _compiled(str(piece), roots))


def _bare(path: Path, text: str, roots: frozenset[str]) -> Use:
    return Use(path, text, 0, _compiled(text, roots))


def _compiled(text: str, roots: frozenset[str]) -> Expression | ExpressionError:
    try:
        return compile_expression(text, roots)
    except ExpressionError as error:
        return error
