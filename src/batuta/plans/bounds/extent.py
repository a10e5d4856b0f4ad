"""How many items an `each` has: at most, and exactly where that can be told before the run."""

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from batuta.errors import ExpressionError
from batuta.plans.graph import in_order
from batuta.plans.partly import Known
from batuta.plans.types import (
    ANY,
    Type,
    infer,
    list_length,
    list_of,
    map_of,
    nullable,
    of_schema,
    of_value,
    union,
)
from batuta.spec.card import Card
from batuta.spec.expr import Expression, compile_condition
from batuta.spec.foreseen import UNKNOWN, touches_unknown
from batuta.spec.plan import Plan, Step
from batuta.spec.shape import OUTER_ROOTS

__all__ = ["Extent", "extents"]


class Extent(NamedTuple):
    """`most` items at most; `known` if it is just so many, else None. Without `each` it is 1."""

    most: int
    known: int | None


_ONE = Extent(1, 1)


def extents(plan: Plan, cards: Mapping[str, Card], known: Known) -> dict[str, Extent]:
    """The extent of every step; `known` is what is known before the run."""
    found = {name: _ONE for name, step in plan.steps.items() if step.each is None}
    if len(found) < len(plan.steps):
        _Lists(plan, cards, known, found).measure()
    return found


class _Lists:
    """The steps with an `each`, those first whose results others go over; what is on a circle knows of no other."""

    def __init__(
        self, plan: Plan, cards: Mapping[str, Card], known: Known, found: dict[str, Extent]
    ) -> None:
        self._plan = plan
        self._cards = cards
        self._known = known
        self._found = found
        self._inputs: dict[str, Type] = {}
        # Many steps go over one list, and to find out its length takes 10 to 50 µs.
        self._lengths: dict[str, tuple[int, int | None]] = {}

    def measure(self) -> None:
        """Add them to what was found."""
        steps = {name: step for name, step in self._plan.steps.items() if step.each is not None}
        expressions = {name: _compiled(step.each or "") for name, step in steps.items()}
        over = {
            name: [] if one is None else [other for other in _steps_in(one) if other in steps]
            for name, one in expressions.items()
        }
        for name in dict.fromkeys((*in_order(over), *steps)):
            self._found[name] = self._extent(steps[name], expressions[name])

    def _extent(self, step: Step, expression: Expression | None) -> Extent:
        if expression is None:
            return Extent(step.at_most, None)
        length = self._lengths.get(expression.text)
        if length is None:
            length = self._lengths[expression.text] = self._length(step, expression)
        low, high = length
        if low > step.at_most:
            return Extent(0, 0)  # a longer list fails the step before anything is called
        most = step.at_most if high is None else min(high, step.at_most)
        return Extent(most, high if low == high else None)

    def _length(self, step: Step, expression: Expression) -> tuple[int, int | None]:
        """At least and at most so many items: of the list itself if it is known, else of its type."""
        items = self._known.items(step.each or "")
        if items is not None:
            return len(items), len(items)
        names: dict[str, dict[str, Type]] = {"errors": {}, "inputs": {}, "steps": {}}
        for reference in expression.references:
            if reference.path:
                name = str(reference.path[0])
                names[reference.root][name] = self._type_of(reference.root, name)
        roots = {root: map_of(types, rest=ANY) for root, types in names.items()}
        return list_length(infer(expression.text, roots).type)

    def _type_of(self, root: str, name: str) -> Type:
        if root == "errors":
            return ANY
        return self._of_input(name) if root == "inputs" else self._of_step(name)

    def _of_input(self, name: str) -> Type:
        type_ = self._inputs.get(name)
        if type_ is None:
            value = self._known.input(name)
            schema = self._plan.inputs.get(name)
            if isinstance(value, list) and touches_unknown(value, ()):
                # Whoever carries the plan out may leave nulls out of it.
                type_ = list_of(ANY, 0, len(cast("list[Any]", value)))
            else:
                type_ = of_schema(schema) if value is UNKNOWN else of_value(value)
            self._inputs[name] = type_
        return type_

    def _of_step(self, name: str) -> Type:
        step = self._plan.steps.get(name)
        if step is None:
            return ANY
        outputs = (self._cards[use].output if use in self._cards else None for use in step.uses)
        one = union(*map(of_schema, outputs))
        if step.each is None:
            return one
        extent = self._found.get(name, Extent(step.at_most, None))
        if step.may_fail or step.when is not None:
            one = nullable(one)  # of items that have failed, or were skipped
        return list_of(one, extent.known or 0, extent.most)


def _compiled(text: str) -> Expression | None:
    try:
        return compile_condition(text, OUTER_ROOTS)
    except ExpressionError:
        return None


def _steps_in(expression: Expression) -> list[str]:
    return [str(one.path[0]) for one in expression.references if one.root == "steps" and one.path]
