"""Why an operator or a function takes none of the values that come, in words."""

from typing import Literal

from batuta.plans.types.describe import described
from batuta.plans.types.inference.functions import takes
from batuta.plans.types.inference.operators import Truth
from batuta.plans.types.shape import Number, Shape, String, Type
from batuta.spec.expr.tree import Const, Node

__all__ = ["cut", "refused", "why_always", "why_there"]

_SHOWN = {"_+_": "+", "@in": "in", "!_": "!", "-_": "-"}
_ZERO: tuple[Shape, ...] = (Number(True, values=frozenset({0})),)


def refused(name: str, types: tuple[Type, ...]) -> tuple[str, str]:
    """What is wrong with `name` of these types, and the remedy."""
    if name == "_[_]":
        return f"{described(types[0])} has nothing at {described(types[1])}", ""
    if name in ("_/_", "_%_") and types[1].shapes == _ZERO:
        return "division by zero", ""
    taken = ", ".join(map(described, types))
    if name[0] not in "_@!-":
        remedy = f"it takes {takes(name)}" if takes(name) else ""
        if name.startswith("get"):
            remedy = "make it a time first: timestamp(...) or duration(...)"
        return f"{name}() does not take {taken}", remedy
    shown = _SHOWN.get(name) or name.strip("_")
    kinds = {type(shape) for type_ in types for shape in type_.shapes}
    remedy = ""
    if name == "@in":
        remedy = "`in` asks lists and maps; of texts ask: text.contains(part)"
    elif name == "_%_" and kinds == {Number}:
        remedy = "it takes whole numbers: int(x)"
    elif kinds == {Number} and name in ("_+_", "_-_", "_*_"):
        # Two values that are known, and a result beyond 64 bits.
        remedy = "carry larger numbers as strings"
    elif name == "_+_" and String in kinds:
        remedy = "make it a string first: string(x)"
    elif name == "!_":
        remedy = "only true and false: compare, for example x != null"
    return f"{shown} does not take ({taken})", remedy


def cut(divisor: Node) -> tuple[str, str]:
    """What is to be known of a quotient that has a fraction or none, as its numbers come, and the remedy."""
    value = divisor.value if isinstance(divisor, Const) else None
    remedy = f"write {value}.0 for {value}" if isinstance(value, int) else "divide by double(…)"
    return "the quotient is cut where both numbers come whole: 7 / 2 is 3, 7.0 / 2 is 3.5", remedy


def why_always(name: str, outcome: bool, types: tuple[Type, ...]) -> str:
    """The reason for a comparison that has only one result."""
    left, right = map(described, types)
    word = "always" if outcome else "never"
    match name:
        case "_==_":
            return f"{left} {word} equals {right}"
        case "_!=_":
            return f"{left} {'never' if outcome else 'always'} equals {right}"
        case "@in":
            return f"{left} is {word} in {right}"
        case _:
            return f"{left} is {word} {name.strip('_')} {right}"


def why_there(outcomes: Truth, path: str, verdict: str, what: Literal["there", "null"]) -> str:
    """The reason for a question about `path` (is it there, or null) that has only one answer; "" for others."""
    if len(outcomes) != 1:
        return ""
    if verdict == "no":
        return f"{path} is never there"
    if what == "null":
        return f"{path} is {'always' if True in outcomes else 'never'} null"
    return f"{path} is {'always there' if True in outcomes else 'always null'}"
