"""Another name for a step, wherever expressions mention it; or a step in the place of an input."""

import re
from collections.abc import Container, Mapping
from typing import Any, cast

import msgspec

from batuta.spec.expr import Reference, compile_expression, compile_template
from batuta.spec.plan import Alternative, Step, Undo
from batuta.spec.shape import OUTER_ROOTS, condition_roots, step_roots

__all__ = ["Unclear", "fresh", "renamed_in_result", "renamed_in_step"]

# Uses of one name in one text: an expression has 200 operations at most, a text some expressions.
_USES_MAX = 1_000
_DOTTED = re.compile(r"(\.?(?:steps|errors|inputs)\s*\.\s*)(\w+)")
_BRACKETED = re.compile(r"""(\.?(?:steps|errors|inputs)\s*\[\s*["'])(\w+)(?=["'])""")


class Unclear(Exception):
    """A step is mentioned in a way that this file cannot write anew."""


def fresh(name: str, taken: Container[str]) -> str:
    """`name`, or with a number behind it, as nothing of `taken` is called."""
    other, number = name, 1
    while other in taken:
        number += 1
        other = f"{name[:60]}_{number}"
    return other


def renamed_in_step(step: Step, names: Mapping[str, str]) -> Step:
    """`step` with other steps in the place of those it names, by `names`. Raises `Unclear`.

    `inputs.NAME` in `names` is an input, and what stands for it in its place: `steps.ask.NAME`.
    """
    roots = step_roots(step)
    changed: dict[str, Any] = {"with_": _in_shape(step.with_, names, roots)}
    if not names.keys().isdisjoint(step.after):
        after = (names.get(other, other) for other in step.after)
        changed["after"] = tuple(dict.fromkeys(after))
    if step.when is not None:
        changed["when"] = _in_text(step.when, names, condition_roots(step))
    if step.each is not None:
        changed["each"] = _in_text(step.each, names, OUTER_ROOTS)
    if step.repeat is not None:
        until = _in_text(step.repeat.until, names, roots)
        changed["repeat"] = msgspec.structs.replace(step.repeat, until=until)
    if step.undo is not None:
        changed["undo"] = Undo(step.undo.use, _in_shape(step.undo.with_, names, roots))
    changed["fallback"] = tuple(
        Alternative(other.use, _in_shape(other.with_, names, roots)) for other in step.fallback
    )
    return msgspec.structs.replace(step, **changed)


def renamed_in_result(result: Any, names: Mapping[str, str]) -> Any:
    """The result of a plan with other steps in the place of those it names. Raises `Unclear`."""
    return _in_shape(result, names, OUTER_ROOTS)


def _in_shape(shape: Any, names: Mapping[str, str], roots: frozenset[str]) -> Any:
    if isinstance(shape, str):
        return _in_text(shape, names, roots) if "${" in shape else shape
    if isinstance(shape, dict):
        fields = cast("dict[str, Any]", shape)
        return {key: _in_shape(value, names, roots) for key, value in fields.items()}
    if isinstance(shape, list | tuple):
        return [_in_shape(item, names, roots) for item in cast("list[Any]", shape)]
    return shape


def _in_text(text: str, names: Mapping[str, str], roots: frozenset[str]) -> str:
    """An expression, bare or in braces among other text."""
    for _ in range(_USES_MAX):
        compiled = (
            compile_template(text, roots) if "${" in text else compile_expression(text, roots)
        )
        uses = [use for use in compiled.references if use.path and _key(use) in names]
        if not uses:
            return text
        for use in sorted(uses, key=lambda use: use.offset, reverse=True):
            found = _DOTTED.match(text, use.offset) or _BRACKETED.match(text, use.offset)
            if found is None or found[2] != use.path[0]:
                raise Unclear(f"{use} in {text!r}")
            key = _key(use)
            if use.root == "inputs" and found.re is _BRACKETED:
                raise Unclear(f"{use} in {text!r}")
            other = names[key] if use.root == "inputs" else found[1] + names[key]
            text = text[: use.offset] + other + text[found.end() :]
    raise Unclear(text)


def _key(use: Reference) -> str:
    """What `names` calls what is used."""
    return f"inputs.{use.path[0]}" if use.root == "inputs" else str(use.path[0])
