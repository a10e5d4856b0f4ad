"""What an operator of the syntax tree makes of the types of its operands, and why, if that is always the same."""

from collections.abc import Mapping

from batuta.plans.types.inference import operators as op
from batuta.plans.types.inference.comparisons import Order, compared, contained, equal, indexed
from batuta.plans.types.inference.refusals import why_always
from batuta.plans.types.shape import Type

__all__ = ["operated"]

_ARITHMETIC = {"_-_": "-", "_*_": "*", "_/_": "/", "_%_": "%"}
_ORDERS: Mapping[str, Order] = {"_<_": "<", "_<=_": "<=", "_>_": ">", "_>=_": ">="}


def operated(name: str, types: tuple[Type, ...]) -> tuple[Type, str] | None:
    """The result of the operator `name` and the reason, "" if it has several; None if it is a function."""
    match name, types:
        case "_+_", (a, b):
            return op.add(a, b), ""
        case (("_-_" | "_*_" | "_/_" | "_%_"), (a, b)):
            return op.arithmetic(_ARITHMETIC[name], a, b), ""
        case "_==_", (a, b):
            return _told(name, equal(a, b), types)
        case "_!=_", (a, b):
            return _told(name, frozenset(not outcome for outcome in equal(a, b)), types)
        case (("_<_" | "_<=_" | "_>_" | "_>=_"), (a, b)):
            return _told(name, compared(_ORDERS[name], a, b), types)
        case "@in", (a, b):
            return _told(name, contained(a, b), types)
        case "!_", (a,):
            if op.is_foreign(a):
                return op.boolean(frozenset({True, False})), ""
            return op.boolean(frozenset(not value for value in op.truth(a))), ""
        case "-_", (a,):
            return op.negative(a), ""
        case "_[_]", (a, b):
            return indexed(a, b), ""
        case _:
            return None


def _told(name: str, outcomes: op.Truth, types: tuple[Type, ...]) -> tuple[Type, str]:
    reason = why_always(name, True in outcomes, types) if len(outcomes) == 1 else ""
    return op.boolean(outcomes), reason
