"""Is an answer what was asked for? JSON Schema, without fetching anything and without expensive patterns."""

from collections.abc import Callable, Mapping
from typing import Any, cast

__all__ = ["ANSWER_SCHEMA", "schema_flaw", "validate_answer"]

# What {} stands for in a question: yes or no, with a remark.
ANSWER_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"approved": {"type": "boolean"}, "note": {"type": "string"}},
    "required": ["approved"],
}

_FLAWS_SHOWN_MAX = 5
_TEXT_CHARS_MAX = 200


def validate_answer(schema: Mapping[str, Any], answer: Any) -> str | None:
    """Why `answer` (any JSON) does not fit `schema` ({} stands for `ANSWER_SCHEMA`); None if it does.

    A schema that is itself wrong fits nothing, and the text says so. References to other documents are refused.
    """
    check = _checker(schema or ANSWER_SCHEMA)
    if isinstance(check, str):
        return check
    flaws: list[str] = []
    for error in check(answer):
        if len(flaws) == _FLAWS_SHOWN_MAX:
            flaws.append("and more")
            break
        path = ".".join(str(part) for part in error.instance_path)
        text = error.message
        text = text if len(text) <= _TEXT_CHARS_MAX else text[:_TEXT_CHARS_MAX] + "…"
        flaws.append(f"{path}: {text}" if path else text)
    return "; ".join(flaws) or None


def schema_flaw(schema: Mapping[str, Any]) -> str | None:
    """Why `schema` is not a JSON Schema that can be used here; None if it is."""
    check = _checker(schema or ANSWER_SCHEMA)
    return check if isinstance(check, str) else None


def _checker(schema: Mapping[str, Any]) -> Callable[[Any], Any] | str:
    import jsonschema_rs  # 40 ms, at the first answer and not at start-up

    try:
        # Linear-time patterns and no retrieval: the schema may come from whoever wrote the question.
        validator = jsonschema_rs.validator_for(
            dict(schema),
            validate_formats=True,
            retriever=_refuse,
            pattern_options=jsonschema_rs.RegexOptions(),
        )
    except (ValueError, TypeError, RecursionError) as error:
        return f"the schema itself is wrong: {str(error).splitlines()[0][:_TEXT_CHARS_MAX]}"
    return cast("Callable[[Any], Any]", validator.iter_errors)


def _refuse(uri: str) -> Any:
    raise ValueError(
        f"{uri[:_TEXT_CHARS_MAX]} is another document, and only references within it are followed"
    )
