"""How many items an `each` has: at most, and exactly where that can be told before the run. Pure."""

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from batuta.errors import ExpressionError
from batuta.plans.partly import Known
from batuta.spec.card import Card
from batuta.spec.expr import Expression, Reference, compile_condition
from batuta.spec.plan import Plan, Step

__all__ = ["Extent", "extents"]

_ROOTS = frozenset({"inputs", "steps"})


class Extent(NamedTuple):
    """`most` items at most; `known` if it is just so many, else None. Without `each` it is 1."""

    most: int
    known: int | None


_ONE = Extent(1, 1)


def extents(plan: Plan, cards: Mapping[str, Card], known: Known) -> dict[str, Extent]:
    """The extent of every step; `known` is what is known before the run."""
    found = {name: _ONE for name, step in plan.steps.items() if step.each is None}
    lists = {name: step for name, step in plan.steps.items() if step.each is not None}
    own = {name: _own_extent(step, plan, cards, known) for name, step in lists.items()}
    before = {name: _each_before(step, plan) for name, step in lists.items()}
    for name in lists:
        # An `each` over the results of another one is as long as that.
        chain = [name]
        while (other := before[chain[-1]]) and other not in found and other not in chain:
            chain.append(other)
        for one in reversed(chain):
            other = found.get(before[one] or "")
            found[one] = own[one] if other is None else _narrowed(own[one], other, plan.steps[one])
    return found


def _own_extent(step: Step, plan: Plan, cards: Mapping[str, Card], known: Known) -> Extent:
    """What the step itself says: its bound, a constant list, an input that is known, a type with `maxItems`."""
    expression = _compiled(step.each or "")
    if expression is None:
        return Extent(step.at_most, None)
    items = known.items(step.each or "")
    if items is not None:
        # A longer list than `at_most` fails the step before anything is called.
        count = len(items)
        return Extent(count, count) if count <= step.at_most else Extent(0, 0)
    bare = expression.is_bare
    most = None if bare is None else _items_max(_schema_of(bare, plan, cards))
    return Extent(step.at_most if most is None else min(most, step.at_most), None)


def _each_before(step: Step, plan: Plan) -> str | None:
    """The step of which `each` is the whole value, if that is a list of results itself."""
    expression = None if step.each is None else _compiled(step.each)
    bare = None if expression is None else expression.is_bare
    if bare is None or bare.root != "steps" or len(bare.path) != 1:
        return None
    other = plan.steps.get(str(bare.path[0]))
    return None if other is None or other.each is None else str(bare.path[0])


def _narrowed(extent: Extent, other: Extent, step: Step) -> Extent:
    known = other.known
    if known is not None and known > step.at_most:
        return Extent(0, 0)
    return Extent(min(extent.most, other.most), known)


def _compiled(text: str) -> Expression | None:
    try:
        return compile_condition(text, _ROOTS)
    except ExpressionError:
        return None


def _schema_of(reference: Reference, plan: Plan, cards: Mapping[str, Card]) -> list[Any]:
    """The schemas that what `reference` names may have; [None] where one of them is unknown."""
    path = reference.path
    if reference.root == "inputs":
        schemas: list[Any] = [plan.inputs.get(str(path[0]))] if path else [None]
    else:
        step = plan.steps.get(str(path[0])) if path else None
        if step is None or step.each is not None:
            return [None]
        uses = (step.use, *(other.use for other in step.fallback))
        schemas = [cards[use].output if use in cards else None for use in uses]
    return [_inside(schema, path[1:]) for schema in schemas]


def _inside(schema: Any, path: tuple[str | int, ...]) -> Any:
    for part in path:
        if not isinstance(schema, dict):
            return None
        known = cast("dict[str, Any]", schema)
        inner: Any = known.get("properties" if isinstance(part, str) else "items")
        if isinstance(part, str):
            inner = cast("dict[str, Any]", inner).get(part) if isinstance(inner, dict) else None
        schema = inner
    return schema


def _items_max(schemas: list[Any]) -> int | None:
    longest: list[int] = []
    for schema in schemas:
        most = cast("dict[str, Any]", schema).get("maxItems") if isinstance(schema, dict) else None
        if not isinstance(most, int) or isinstance(most, bool) or most < 0:
            return None
        longest.append(most)
    return max(longest, default=None)
