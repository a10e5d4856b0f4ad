"""The plainest conditions without CEL: comparisons of a path with a literal, joined by `&&`, `||` and `!`.

    args.amount > 100 && args.currency != 'EUR'

And a choice that such a condition makes between plain values: `steps.a == null ? [] : steps.a.found`.

A policy asks them at every call, and a call into CEL takes 17 µs where this takes 2. It says nothing (None) wherever
CEL might see it otherwise: other types, texts beyond ASCII, whatever is missing. Then CEL decides, and words the error.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Any

from batuta.errors import ExpressionError
from batuta.spec.expr.cost import INT_MAX, INT_MIN
from batuta.spec.expr.kernel import Frame, Path, Quick, Slot, fetch
from batuta.spec.expr.tree import Call, Const, Ident, ListOf, Node

__all__ = ["quick"]

_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "_==_": operator.eq,
    "_!=_": operator.ne,
    "_<_": operator.lt,
    "_<=_": operator.le,
    "_>_": operator.gt,
    "_>=_": operator.ge,
}
_MIRRORED = {"_<_": "_>_", "_<=_": "_>=_", "_>_": "_<_", "_>=_": "_<=_"}
_NEVER_EQUAL: Mapping[type, frozenset[type]] = {
    bool: frozenset({dict, float, int, list, str, type(None)}),
    int: frozenset({bool, dict, list, str, type(None)}),
    str: frozenset({bool, dict, float, int, list, type(None)}),
}
# Longer texts are weighed, which is the kernel's business.
_CHARS_MAX = 1_000


def quick(node: Node, slots: Mapping[str, Slot]) -> Quick | None:
    """`node`, whose variables are `slots`, as a function; None if it is more than such a condition or choice."""
    if isinstance(node, Call) and node.function == "_?_:_":
        asked, first, second = node.args
        return _chosen(_condition(asked, slots), _plain(first, slots), _plain(second, slots))
    return _condition(node, slots)


def _chosen(
    condition: Quick | None, first: Callable[[Frame], Any], second: Callable[[Frame], Any]
) -> Quick | None:
    if condition is None:
        return None

    def chosen(frame: Frame) -> Any:
        answer = condition(frame)
        if answer is None:
            return None
        return first(frame) if answer else second(frame)

    return chosen


def _plain(node: Node, slots: Mapping[str, Slot]) -> Callable[[Frame], Any]:
    """The value of `node` as a function that says None wherever it is more than a text, number or empty list."""
    if isinstance(node, ListOf) and not node.elements:
        return lambda _: []
    if isinstance(node, Const):
        value = _if_plain(node.value)
        return lambda _: value
    slot = slots.get(node.name) if isinstance(node, Ident) else None
    if not isinstance(slot, Path):
        return lambda _: None

    def fetched(frame: Frame) -> Any:
        try:
            return _if_plain(fetch(slot, frame))
        except ExpressionError:
            return None

    return fetched


def _if_plain(value: object) -> Any:
    return value if any(_is_plain(value, kind) for kind in (str, bool, int)) else None


def _condition(node: Node, slots: Mapping[str, Slot]) -> Quick | None:
    match node:
        case Call(function="_&&_" | "_||_" as name, args=(first, second)):
            sides = _condition(first, slots), _condition(second, slots)
            return _joined(*sides, name == "_||_")
        case Call(function="!_", args=(inner,)):
            return _negated(_condition(inner, slots))
        case Call(function=name, args=(Ident(name=variable), Const(value=literal))):
            return _compared(name, slots.get(variable), literal)
        case Call(function=name, args=(Const(value=literal), Ident(name=variable))):
            return _compared(_MIRRORED.get(name, name), slots.get(variable), literal)
        case Ident(name=variable):
            return _truth(slots.get(variable))
        case _:
            return None


def _joined(first: Quick | None, second: Quick | None, decisive: bool) -> Quick | None:
    """`||` if `decisive` is true, else `&&`: what one side decides, the other cannot change, not even by an error."""
    if first is None or second is None:
        return None

    def joined(frame: Frame) -> bool | None:
        left = first(frame)
        return left if left is decisive or left is None else second(frame)

    return joined


def _negated(inner: Quick | None) -> Quick | None:
    if inner is None:
        return None

    def negated(frame: Frame) -> bool | None:
        value = inner(frame)
        return None if value is None else not value

    return negated


def _compared(name: str, slot: Slot | None, literal: object) -> Quick | None:
    compare = _OPERATORS.get(name)
    if compare is None or not isinstance(slot, Path):
        return None
    if literal is None:
        # null has no order: CEL says so.
        return _is_null(slot, wanted=name == "_==_") if name in ("_==_", "_!=_") else None
    kind = type(literal)
    if kind not in (str, int, bool) or (kind is bool and name not in ("_==_", "_!=_")):
        return None

    # What cannot be equal, whatever is in it; numbers are compared across their types.
    others = _NEVER_EQUAL[kind] if name in ("_==_", "_!=_") else ()
    # Asked at once, what is missing is not worded twice: `fetch` looks for the nearest name, and CEL asks again.
    direct = slot.use == "value" and not slot.local
    reference = slot.reference

    def compared(frame: Frame) -> bool | None:
        try:
            value: Any = frame.lookup(reference) if direct else fetch(slot, frame)
        except (ExpressionError, KeyError):
            return None
        if type(value) in others:
            return compare is operator.ne
        return compare(value, literal) if _is_plain(value, kind) else None

    return compared


def _is_plain(value: object, kind: type) -> bool:
    """`value` is of `kind`, and nothing that CEL would refuse, cut or weigh."""
    if type(value) is not kind:
        return False
    if isinstance(value, str):
        return len(value) <= _CHARS_MAX and value.isascii() and "\0" not in value
    return isinstance(value, int) and INT_MIN <= value <= INT_MAX


def _is_null(slot: Path, *, wanted: bool) -> Quick:
    def is_null(frame: Frame) -> bool | None:
        try:
            value: Any = fetch(slot, frame)
        except ExpressionError:
            return None
        return (value is None) is wanted

    return is_null


def _truth(slot: Slot | None) -> Quick | None:
    if not isinstance(slot, Path):
        return None

    def truth(frame: Frame) -> bool | None:
        try:
            value: Any = fetch(slot, frame)
        except ExpressionError:
            return None
        return value if isinstance(value, bool) else None

    return truth
