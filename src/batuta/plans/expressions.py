"""The expressions of a step, compiled, whatever is wrong with the others."""

from typing import Any, cast

from batuta.errors import ExpressionError
from batuta.spec.expr import Expression, compile_expression
from batuta.spec.expr.scan import Braced, split
from batuta.spec.plan import Step
from batuta.spec.shape import OUTER_ROOTS, condition_roots, step_roots

__all__ = ["expressions_of"]


def expressions_of(step: Step) -> list[Expression]:
    """Those that are looked at before, and while, the step runs; those of its compensation come too late to count."""
    roots = step_roots(step)
    found: list[Expression] = []
    if step.each is not None:
        _compile(step.each, OUTER_ROOTS, found)
    if step.when is not None:
        _compile(step.when, condition_roots(step), found)
    if step.repeat is not None:
        _compile(step.repeat.until, roots, found)
    _collect(step.with_, roots, found)
    for other in step.fallback:
        _collect(other.with_, roots, found)
    return found


def _collect(shape: Any, roots: frozenset[str], found: list[Expression]) -> None:
    if isinstance(shape, str):
        if "${" in shape:
            _collect_text(shape, roots, found)
    elif isinstance(shape, dict | list | tuple):
        parts = cast("dict[str, Any] | list[Any]", shape)
        for value in parts.values() if isinstance(parts, dict) else parts:
            if isinstance(value, str):
                if "${" in value:
                    _collect_text(value, roots, found)
            elif isinstance(value, dict | list | tuple):
                _collect(value, roots, found)


def _collect_text(text: str, roots: frozenset[str], found: list[Expression]) -> None:
    inner = text[2:-1]
    if text[:2] == "${" and text[-1] == "}" and "{" not in inner and "}" not in inner:
        # The plainest form, which needs no search for its end.
        _compile(inner, roots, found)
        return
    try:
        pieces = list(split(text))
    except ExpressionError:
        return
    for piece in pieces:
        if isinstance(piece, Braced):
            _compile(str(piece), roots, found)


def _compile(text: str, roots: frozenset[str], found: list[Expression]) -> None:
    try:
        found.append(compile_expression(text, roots))
    except ExpressionError:
        return
