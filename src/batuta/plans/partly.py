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

__all__ = ["ROUND", "Known", "known_inputs"]

# The names that there are besides in a round, of which nobody knows anything before the run.
ROUND: Mapping[str, Any] = {"previous": UNKNOWN, "rounds": UNKNOWN}

_BRACES = frozenset("{}")


# Expressions of one plan that are worked out (20 µs each, as a rule); what comes after them counts as unknown.
EVALUATIONS_MAX = 20_000


class _Purse:
    """How many expressions may still be worked out."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = EVALUATIONS_MAX

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise ExpressionError("so many expressions are not worked out before a run")


class Known:
    """Values by root (`inputs`, `item`, …), with `UNKNOWN` where nobody has them yet; `steps` and `errors` never are.

    After `EVALUATIONS_MAX` expressions nothing more is known.
    """

    __slots__ = ("_look", "_purse", "_roots", "_values")

    def __init__(self, values: Mapping[str, Any], purse: _Purse | None = None) -> None:
        self._values = {"errors": UNKNOWN, "steps": UNKNOWN, **values}
        self._roots = frozenset(self._values)
        self._look = known_in(self._values)
        self._purse = purse or _Purse()

    def inside(self, **values: Any) -> "Known":
        """The same, and the names of an item or a round."""
        return Known({**self._values, **values}, self._purse)

    def input(self, name: str) -> Any:
        """The value of the input `name`, or `UNKNOWN`."""
        inputs: Any = self._values.get("inputs", UNKNOWN)
        return UNKNOWN if inputs is UNKNOWN else inputs.get(name, UNKNOWN)

    def condition(self, text: str) -> bool | None:
        """What the condition `text` is for certain; None if that depends, or goes wrong."""
        try:
            self._purse.spend()
            return evaluate_condition(compile_condition(text, self._roots), self._look)
        except ExpressionError:
            return None

    def items(self, text: str) -> list[Any] | None:
        """The list that the expression `text` gives for certain, else None."""
        try:
            self._purse.spend()
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
                self._purse.spend()
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
