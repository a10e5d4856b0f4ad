"""Checks: does a value fit a schema, match a pattern, meet a condition? What a gate of a plan asks, or insists on."""

from collections.abc import Iterator
from typing import Annotated, Any, TypedDict

import msgspec

from batuta.capabilities.function import capability
from batuta.errors import CallFailed, ExpressionError
from batuta.reading.schema import problems, schema_flaw
from batuta.spec.expr import Reference, compile_condition, evaluate_condition, resolve

__all__ = ["Checked", "Flaw", "check", "require"]

_ROOTS = frozenset({"value"})
# Each may take as long as a condition of a plan, 100 ms.
_CONDITIONS_MAX = 20
_PATTERN_CHARS_MAX = 1_000

# What a failed call tells of all that is wrong.
_SAID_MAX = 3

_Condition = Annotated[str, msgspec.Meta(min_length=1)]
_Value = Annotated[Any, msgspec.Meta(description="what is checked")]
_Schema = Annotated[
    dict[str, Any] | None, msgspec.Meta(description="JSON Schema that it has to fit")
]
_Pattern = Annotated[
    Annotated[str, msgspec.Meta(max_length=_PATTERN_CHARS_MAX)] | None,
    msgspec.Meta(description="regular expression that is to be found in it, if it is a text"),
]
_That = Annotated[
    _Condition | Annotated[list[_Condition], msgspec.Meta(max_length=_CONDITIONS_MAX)] | None,
    msgspec.Meta(description="conditions on `value` that have to be true, without ${}"),
]


class Flaw(TypedDict):
    """What is wrong, by which argument (`schema`, `matches` or `that`)."""

    check: str
    says: str


class Checked(TypedDict):
    """Whether nothing is wrong, and all that is."""

    passed: bool
    flaws: list[Flaw]


@capability(effect="pure", reach="local")
def check(
    value: _Value, schema: _Schema = None, matches: _Pattern = None, that: _That = None
) -> Checked:
    """Checks a value against a schema, a pattern and conditions, and gives all that is wrong with it.

    What cannot be told of the value (a field of a condition is missing) is wrong with it. If the schema, the pattern or
    a condition is wrong itself, the call fails.
    """
    flaws = list(_flaws(value, schema, matches, that))
    return {"passed": not flaws, "flaws": flaws}


@capability(effect="pure", reach="local")
def require(
    value: _Value, schema: _Schema = None, matches: _Pattern = None, that: _That = None
) -> Any:
    """Gives a value back if nothing is wrong with it by a schema, a pattern and conditions, and fails otherwise.

    It fails with the code `wrong`: what has given the value is no way to do what is wanted.
    """
    flaws = [flaw["says"] for flaw in _flaws(value, schema, matches, that)]
    if flaws:
        more = f", and {len(flaws) - _SAID_MAX} more" if len(flaws) > _SAID_MAX else ""
        raise CallFailed("; ".join(flaws[:_SAID_MAX]) + more, code="wrong")
    return value


def _flaws(value: Any, schema: _Schema, matches: _Pattern, that: _That) -> Iterator[Flaw]:
    if schema is not None:
        for one in _by_schema(schema, value, "schema"):
            yield Flaw(check="schema", says=one)
    if matches is not None:
        pattern = {"type": "string", "pattern": matches}
        if _by_schema(pattern, value, "matches"):
            said = f"has no {matches}" if isinstance(value, str) else "is no text"
            yield Flaw(check="matches", says=said)
    for condition in [that] if isinstance(that, str) else that or []:
        for one in _by_condition(condition, value):
            yield Flaw(check="that", says=one)


def _by_schema(schema: dict[str, Any], value: Any, name: str) -> list[str]:
    flaw = schema_flaw(schema)
    if flaw:
        raise CallFailed(f"{name}: {flaw}", code="invalid")
    return problems(schema, value)


def _by_condition(condition: str, value: Any) -> Iterator[str]:
    def lookup(reference: Reference) -> Any:
        return resolve(value, reference.path)

    try:
        compiled = compile_condition(condition, _ROOTS)
    except ExpressionError as error:
        raise CallFailed(f"that: {error.message}", code="invalid") from None
    try:
        if not evaluate_condition(compiled, lookup):
            yield f"not true: {condition}"
    except ExpressionError as error:
        yield f"{condition}: {error.message}"
