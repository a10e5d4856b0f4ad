"""Whole numbers and doubles in one expression, as people expect it: `250 * 1.5` is 375.

CEL compares them and does not calculate with them. Here the whole number becomes a double first, and the result is a
double; whole numbers among themselves stay exact. The library has these operators with two of a kind; a pair of
different kinds is a further overload, which costs the others nothing.
"""

import math
import operator
from collections.abc import Callable, Mapping

from cel_expr_python import cel  # pyright: ignore[reportMissingTypeStubs]

__all__ = ["mixed_to_check", "mixed_to_run"]

_INT, _DOUBLE, _BOOL = cel.Type.INT, cel.Type.DOUBLE, cel.Type.BOOL


def mixed_to_check() -> cel.CelExtensionBase:
    """What the checker accepts besides the standard.

    Comparisons, `in` and `? :` work on any two values when they run; only what is written out was refused.
    """
    arithmetic = [_declared(name, _DOUBLE, name, ()) for name in _CALCULATED]
    compared = [_declared(name, _BOOL, name, ()) for name in ("_==_", "_!=_")]
    chosen = _declared("_?_:_", cel.Type.DYN, "conditional", (_BOOL,))
    among = [
        cel.Overload(f"in_{kind.name()}_{other.name()}", _BOOL, [kind, cel.Type.List(other)])
        for kind, other in ((_INT, _DOUBLE), (_DOUBLE, _INT))
    ]
    functions = [*arithmetic, *compared, chosen, cel.FunctionDecl("@in", among)]
    return cel.CelExtension("batuta_mixed_to_check", functions)


def mixed_to_run() -> cel.CelExtensionBase:
    """What is computed here: `+ - * /` of a whole number and a double."""
    functions = [
        _declared(name, _DOUBLE, name, (), _of_doubles(calculate))
        for name, calculate in _CALCULATED.items()
    ]
    return cel.CelExtension("batuta_mixed_to_run", functions)


def _declared(
    name: str,
    result: cel.Type,
    id_: str,
    before: tuple[cel.Type, ...],
    calculate: Callable[[float, float], float] | None = None,
) -> cel.FunctionDecl:
    """The operator `name` for an int and a double in both orders, after the operands `before`."""
    overloads: list[cel.Overload] = []
    for kinds in ((_INT, _DOUBLE), (_DOUBLE, _INT)):
        full = f"{id_}_{kinds[0].name()}_{kinds[1].name()}"
        if calculate is None:
            overloads.append(cel.Overload(full, result, [*before, *kinds]))
        else:
            overloads.append(cel.Overload(full, result, [*before, *kinds], impl=calculate))
    return cel.FunctionDecl(name, overloads)


def _of_doubles(calculate: Callable[[float, float], float]) -> Callable[[float, float], float]:
    return lambda a, b: calculate(float(a), float(b))


def _divided(a: float, b: float) -> float:
    """As CEL divides doubles: by zero it is infinite, or no number."""
    if b:
        return a / b
    return math.nan if not a or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1, b)


_CALCULATED: Mapping[str, Callable[[float, float], float]] = {
    "_+_": operator.add,
    "_-_": operator.sub,
    "_*_": operator.mul,
    "_/_": _divided,
}
