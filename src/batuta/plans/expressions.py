"""Every expression of a plan: where it stands, compiled, with what it refers to; or what is wrong with it."""

from typing import Any, NamedTuple, cast

from batuta.errors import ExpressionError
from batuta.spec.expr import Expression, compile_expression
from batuta.spec.expr.scan import Braced, split
from batuta.spec.plan import Step
from batuta.spec.shape import condition_roots, step_roots

__all__ = ["OUTER_ROOTS", "Path", "Use", "expressions_of", "expressions_of_shape"]

Path = tuple[str | int, ...]
OUTER_ROOTS = frozenset({"inputs", "steps"})


class Use(NamedTuple):
    """One expression: `words` is the text that offsets count in, `start` where it begins in them."""

    path: Path
    words: str
    start: int
    compiled: Expression | ExpressionError
    in_key: bool = False


def expressions_of(path: Path, step: Step) -> list[Use]:
    """The expressions of the step that stands at `path`, in the order in which the engine meets them."""
    roots = step_roots(step)
    uses: list[Use] = []
    if step.each is not None:
        uses.append(_bare((*path, "each"), step.each, OUTER_ROOTS))
    if step.when is not None:
        uses.append(_bare((*path, "when"), step.when, condition_roots(step)))
    if step.repeat is not None:
        uses.append(_bare((*path, "repeat", "until"), step.repeat.until, roots))
    _collect((*path, "with"), step.with_, roots, uses)
    for index, other in enumerate(step.fallback):
        if other.with_ is not None:
            _collect((*path, "fallback", index, "with"), other.with_, roots, uses)
    if step.undo is not None and step.undo.with_ is not None:
        _collect((*path, "undo", "with"), step.undo.with_, roots, uses)
    return uses


def expressions_of_shape(path: Path, shape: Any, roots: frozenset[str]) -> list[Use]:
    """The expressions in the texts of a JSON shape."""
    uses: list[Use] = []
    _collect(path, shape, roots, uses)
    return uses


def _collect(path: Path, shape: Any, roots: frozenset[str], uses: list[Use]) -> None:
    if isinstance(shape, str):
        if "${" in shape:
            _collect_text(path, shape, roots, uses)
    elif isinstance(shape, dict):
        for key, value in cast("dict[str, Any]", shape).items():
            if "${" in key:
                flaw = ExpressionError(
                    f"an expression cannot be part of the key {key[:64]!r}",
                    remedy="keys are fixed: build the whole map inside one ${…}",
                )
                uses.append(Use((*path, key), key, 0, flaw, in_key=True))
            if isinstance(value, str):
                if "${" in value:
                    _collect_text((*path, key), value, roots, uses)
            elif isinstance(value, dict | list | tuple):
                _collect((*path, key), value, roots, uses)
    elif isinstance(shape, list | tuple):
        for index, item in enumerate(cast("list[Any]", shape)):
            if isinstance(item, str | dict | list | tuple):
                _collect((*path, index), item, roots, uses)


def _collect_text(path: Path, text: str, roots: frozenset[str], uses: list[Use]) -> None:
    inner = text[2:-1]
    if text[:2] == "${" and text[-1] == "}" and "{" not in inner and "}" not in inner:
        uses.append(Use(path, text, 2, _compiled(inner, roots)))
        return
    try:
        pieces = list(split(text))
    except ExpressionError as error:
        uses.append(Use(path, text, 0, error))
        return
    for piece in pieces:
        if isinstance(piece, Braced):
            uses.append(Use(path, text, piece.offset, _compiled(str(piece), roots)))


def _bare(path: Path, text: str, roots: frozenset[str]) -> Use:
    return Use(path, text, 0, _compiled(text, roots))


def _compiled(text: str, roots: frozenset[str]) -> Expression | ExpressionError:
    try:
        return compile_expression(text, roots)
    except ExpressionError as error:
        return error
