"""Another name for a step, wherever expressions mention it."""

import re
from typing import Any, cast

import msgspec

from batuta.spec.expr import compile_expression, compile_template
from batuta.spec.plan import Alternative, Step, Undo
from batuta.spec.shape import condition_roots, step_roots

__all__ = ["Unclear", "renamed_in_result", "renamed_in_step"]

_OUTER = frozenset({"inputs", "steps"})
# Uses of one name in one text: an expression has 200 operations at most, a text some expressions.
_USES_MAX = 1_000


class Unclear(Exception):
    """A step is mentioned in a way that this file cannot write anew."""


def renamed_in_step(step: Step, old: str, new: str) -> Step:
    """`step` with `new` wherever it named the step `old`. Raises `Unclear`."""
    roots = step_roots(step)
    changed: dict[str, Any] = {"with_": _in_shape(step.with_, old, new, roots)}
    if old in step.after:
        after = (new if other == old else other for other in step.after)
        changed["after"] = tuple(dict.fromkeys(after))
    if step.when is not None:
        changed["when"] = _in_text(step.when, old, new, condition_roots(step))
    if step.each is not None:
        changed["each"] = _in_text(step.each, old, new, _OUTER)
    if step.repeat is not None:
        until = _in_text(step.repeat.until, old, new, roots)
        changed["repeat"] = msgspec.structs.replace(step.repeat, until=until)
    if step.undo is not None:
        changed["undo"] = Undo(step.undo.use, _in_shape(step.undo.with_, old, new, roots))
    changed["fallback"] = tuple(
        Alternative(other.use, _in_shape(other.with_, old, new, roots)) for other in step.fallback
    )
    return msgspec.structs.replace(step, **changed)


def renamed_in_result(result: Any, old: str, new: str) -> Any:
    """The result of a plan with `new` wherever it named the step `old`. Raises `Unclear`."""
    return _in_shape(result, old, new, _OUTER)


def _in_shape(shape: Any, old: str, new: str, roots: frozenset[str]) -> Any:
    if isinstance(shape, str):
        return _in_text(shape, old, new, roots) if "${" in shape else shape
    if isinstance(shape, dict):
        fields = cast("dict[str, Any]", shape)
        return {key: _in_shape(value, old, new, roots) for key, value in fields.items()}
    if isinstance(shape, list | tuple):
        return [_in_shape(item, old, new, roots) for item in cast("list[Any]", shape)]
    return shape


def _in_text(text: str, old: str, new: str, roots: frozenset[str]) -> str:
    """An expression, bare or in braces among other text."""
    if old not in text:
        return text
    dotted = re.compile(rf"(\.?steps\s*\.\s*){old}(?![A-Za-z0-9_])")
    bracketed = re.compile(rf"""(\.?steps\s*\[\s*["']){old}(?=["'])""")
    for _ in range(_USES_MAX):
        compiled = (
            compile_template(text, roots) if "${" in text else compile_expression(text, roots)
        )
        uses = [
            ref for ref in compiled.references if ref.root == "steps" and ref.path[:1] == (old,)
        ]
        if not uses:
            return text
        for use in sorted(uses, key=lambda ref: ref.offset, reverse=True):
            found = dotted.match(text, use.offset) or bracketed.match(text, use.offset)
            if found is None:
                raise Unclear(f"{old} in {text!r}")
            text = text[: use.offset] + found[1] + new + text[found.end() :]
    raise Unclear(f"{old} in {text!r}")
