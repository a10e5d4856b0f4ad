"""What of a plan can be computed before it runs: values that depend on nothing but constants and known inputs. Pure."""

from collections.abc import Mapping
from typing import Any, cast

from batuta.errors import ExpressionError
from batuta.spec.expr import (
    compile_condition,
    compile_expression,
    compile_template,
    evaluate_condition,
)
from batuta.spec.foreseen import UNKNOWN, known_in
from batuta.spec.plan import Plan

__all__ = ["Known", "known_inputs"]

_BRACES = frozenset("{}")


class Known:
    """Values by root (`inputs`, `item`, …), with `UNKNOWN` where nobody has them yet; `steps` is never known."""

    __slots__ = ("_look", "_roots", "_values")

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = {"steps": UNKNOWN, **values}
        self._roots = frozenset(self._values)
        self._look = known_in(self._values)

    def inside(self, **values: Any) -> "Known":
        """The same, and the names of an item or a round."""
        return Known({**self._values, **values})

    def condition(self, text: str) -> bool | None:
        """What the condition `text` is for certain; None if that depends, or goes wrong."""
        try:
            return evaluate_condition(compile_condition(text, self._roots), self._look)
        except ExpressionError:
            return None

    def items(self, text: str) -> list[Any] | None:
        """The list that the expression `text` gives for certain, else None."""
        try:
            items = compile_condition(text, self._roots).evaluate(self._look)
        except ExpressionError:
            return None
        return cast("list[Any]", items) if isinstance(items, list) else None

    def arguments(self, shape: Any, wanted: frozenset[str] | None) -> Any:
        """The arguments `shape` with expressions worked out, as `shape`; all there, but only those of `wanted` are
        looked at (None: all)."""
        if wanted is None or not isinstance(shape, dict):
            return self.shape(shape)
        named = cast("dict[str, Any]", shape)
        return {name: self.shape(one) if name in wanted else UNKNOWN for name, one in named.items()}

    def shape(self, shape: Any) -> Any:
        """A JSON shape with its expressions worked out, `UNKNOWN` where one depends or goes wrong."""
        if isinstance(shape, str):
            if "${" not in shape:
                return shape
            inner = shape[2:-1]
            try:
                if shape.startswith("${") and shape[-1] == "}" and not _BRACES & {*inner}:
                    # The plainest form, without a template around it: 2 µs instead of 20.
                    return compile_expression(inner, self._roots).evaluate(self._look)
                return compile_template(shape, self._roots).render(self._look)
            except ExpressionError:
                return UNKNOWN
        if isinstance(shape, dict):
            return {key: self.shape(one) for key, one in cast("dict[str, Any]", shape).items()}
        if isinstance(shape, list | tuple):
            return [self.shape(one) for one in cast("list[Any]", shape)]
        return shape


def known_inputs(plan: Plan, inputs: Mapping[str, Any] | None) -> Known:
    """What is known outside of items and rounds: with `inputs` those that are given, and the defaults of the rest.

    Without `inputs` none is: a run may bring others than the defaults.
    """
    if inputs is None:
        return Known({"inputs": UNKNOWN})
    return Known(
        {
            "inputs": {
                name: inputs[name] if name in inputs else schema.get("default", UNKNOWN)
                for name, schema in plan.inputs.items()
            }
        }
    )
