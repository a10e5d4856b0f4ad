"""Is an answer what was asked for? JSON Schema, without fetching anything and without expensive patterns."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from batuta.errors import InputError
from batuta.reading.schema import validator_of
from batuta.spec.value import canonical

__all__ = ["ANSWER_SCHEMA", "checker_of", "schema_flaw", "validate_answer"]

# What {} stands for in a question: yes or no, with a remark.
ANSWER_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"approved": {"type": "boolean"}, "note": {"type": "string"}},
    "required": ["approved"],
}

_FLAWS_SHOWN_MAX = 5
# Compiled schemas kept, of some kilobytes each.
_CHECKERS_MAX = 256
_TEXT_CHARS_MAX = 200


def validate_answer(schema: Mapping[str, Any], answer: Any) -> str | None:
    """Why `answer` (any JSON) does not fit `schema` ({} stands for `ANSWER_SCHEMA`); None if it does.

    A schema that is itself wrong fits nothing, and the text says so. References to other documents are refused.
    """
    try:
        return checker_of(schema or ANSWER_SCHEMA)(answer)
    except InputError as error:
        return error.message


def schema_flaw(schema: Mapping[str, Any]) -> str | None:
    """Why `schema` is not a JSON Schema that can be used here; None if it is."""
    if not schema:
        return None  # nothing was said: every start would pay for loading the checker
    try:
        checker_of(schema)
    except InputError as error:
        return error.message
    return None


def checker_of(schema: Mapping[str, Any]) -> Callable[[Any], str | None]:
    """A function that says why a value does not fit `schema`, None if it does.

    Raises:
        InputError: `schema` is not a JSON Schema, or refers to another document.
    """
    return _checker(canonical(schema))


@lru_cache(maxsize=_CHECKERS_MAX)
def _checker(schema: bytes) -> Callable[[Any], str | None]:
    """The same for the JSON of a schema; those of questions are asked for at every call and every answer."""
    try:
        validator = validator_of(schema, formats=True)
    except (ValueError, TypeError, RecursionError) as error:
        text = str(error).splitlines()[0][:_TEXT_CHARS_MAX]
        raise InputError(f"the schema itself is wrong: {text}") from None

    def check(value: Any) -> str | None:
        flaws: list[str] = []
        try:
            for error in validator.iter_errors(value):
                if len(flaws) == _FLAWS_SHOWN_MAX:
                    flaws.append("and more")
                    break
                path = ".".join(str(part) for part in error.instance_path)
                flaws.append(f"{path}: {_cut(error.message)}" if path else _cut(error.message))
        except (ValueError, TypeError, RecursionError) as error:
            flaws.append(f"it cannot be checked: {_cut(str(error))}")
        return "; ".join(flaws) or None

    return check


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT_CHARS_MAX else text[:_TEXT_CHARS_MAX] + "…"
