"""What loops make of types: all, exists, exists_one, map and filter."""

from collections.abc import Sequence
from typing import Literal

from batuta.plans.types.access import items
from batuta.plans.types.combine import union
from batuta.plans.types.inference.operators import FALSE, TRUE, Truth, boolean
from batuta.plans.types.shape import NOTHING, STRING, Array, Object, String, Type

__all__ = ["EMPTY", "Range", "collected", "looped", "may_be_empty", "quantified"]

Range = Sequence[Array | Object]
"""The alternatives of what a loop goes over."""

_EMPTY_LIST = Type((Array((), NOTHING, 0, 0),))
EMPTY = {"all": TRUE, "exists": FALSE, "exists_one": FALSE, "collect": _EMPTY_LIST}
"""The results of loops over nothing."""


def looped(whole: Range) -> Type:
    """What the variable of the loop may be: the items of a list, the keys of a map."""
    types: list[Type] = []
    for shape in whole:
        if isinstance(shape, Array):
            types.append(items(Type((shape,))))
        elif shape.rest.shapes or shape.marks:
            types.append(STRING)
        elif shape.fields:
            types.append(Type((String(frozenset(shape.fields)),)))
    return union(*types)


def may_be_empty(whole: Range) -> bool:
    """True if there may be nothing to go over."""
    return any(not _least(shape) for shape in whole)


def quantified(
    kind: Literal["all", "exists", "exists_one", "collect"], outcomes: Truth, empty: bool
) -> Type:
    """The type of all, exists or exists_one whose condition has these `outcomes`."""
    if kind == "exists_one":
        if not outcomes:
            return FALSE if empty else NOTHING
        return boolean(frozenset({True, False})) if True in outcomes else FALSE
    decisive = kind == "exists"  # one such item is enough
    results = set(outcomes & {decisive})
    if empty or (not decisive) in outcomes:
        results.add(not decisive)
    return boolean(frozenset(results))


def collected(whole: Range, body: Type, outcomes: Truth, *, tested: bool) -> Type:
    """The type of map and filter: items of type `body` for which the condition, if `tested`, has these `outcomes`."""
    empty = may_be_empty(whole)
    if not outcomes:
        return _EMPTY_LIST if empty else NOTHING
    if True not in outcomes:
        return _EMPTY_LIST
    if not body.shapes:
        return _EMPTY_LIST if empty or (tested and False in outcomes) else NOTHING
    low = 0 if tested else min(map(_least, whole))
    highs = [_most(shape) for shape in whole]
    most = [high for high in highs if high is not None]
    return Type((Array((), body, low, max(most) if len(most) == len(highs) else None),))


def _least(shape: Array | Object) -> int:
    return shape.low if isinstance(shape, Array) else len(shape.required)


def _most(shape: Array | Object) -> int | None:
    if isinstance(shape, Array):
        return shape.high
    return None if shape.rest.shapes or shape.marks else len(shape.fields)
