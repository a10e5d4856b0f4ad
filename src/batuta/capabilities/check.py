"""Checks: does a value fit a schema, match a pattern, meet a condition? What a gate of a plan asks."""

from collections.abc import Iterator
from typing import Annotated, Any, TypedDict

import msgspec

from batuta.capabilities.function import capability
from batuta.errors import CallFailed, ExpressionError
from batuta.reading.schema import problems, schema_flaw
from batuta.spec.expr import Reference, compile_condition, evaluate_condition, resolve

__all__ = ["Checked", "Flaw", "check"]

_ROOTS = frozenset({"value"})
# Each may take as long as a condition of a plan, 100 ms.
_CONDITIONS_MAX = 20
_PATTERN_CHARS_MAX = 1_000

_Condition = Annotated[str, msgspec.Meta(min_length=1)]


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
    value: Annotated[Any, msgspec.Meta(description="what is checked")],
    schema: Annotated[
        dict[str, Any] | None, msgspec.Meta(description="JSON Schema that it has to fit")
    ] = None,
    matches: Annotated[
        Annotated[str, msgspec.Meta(max_length=_PATTERN_CHARS_MAX)] | None,
        msgspec.Meta(description="regular expression that is to be found in it, if it is a text"),
    ] = None,
    that: Annotated[
        _Condition | Annotated[list[_Condition], msgspec.Meta(max_length=_CONDITIONS_MAX)] | None,
        msgspec.Meta(description="conditions on `value` that have to be true, without ${}"),
    ] = None,
) -> Checked:
    """Checks a value against a schema, a pattern and conditions, and gives all that is wrong with it.

    What cannot be told of the value (a field of a condition is missing) is wrong with it. If the schema, the pattern or
    a condition is wrong itself, the call fails.
    """
    flaws: list[Flaw] = []
    if schema is not None:
        flaws += [Flaw(check="schema", says=one) for one in _by_schema(schema, value, "schema")]
    if matches is not None:
        pattern = {"type": "string", "pattern": matches}
        if _by_schema(pattern, value, "matches"):
            said = f"has no {matches}" if isinstance(value, str) else "is no text"
            flaws.append(Flaw(check="matches", says=said))
    for condition in [that] if isinstance(that, str) else that or []:
        flaws += [Flaw(check="that", says=one) for one in _by_condition(condition, value)]
    return {"passed": not flaws, "flaws": flaws}


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
