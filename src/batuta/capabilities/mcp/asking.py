"""A question of a server as a question to people, and their answer as the server's. Nothing here imports the SDK."""

from collections.abc import Mapping
from typing import Any, cast

from batuta.capabilities.answers import ANSWER_SCHEMA, schema_flaw
from batuta.imports.difference import seen
from batuta.spec.call import Question

__all__ = ["answered", "answers_of", "question_of", "rest_of", "wording"]

_TEXT_CHARS_MAX = 2_000
_NOBODY = {"type": "null"}


def question_of(name: str, asked: Mapping[str, Any]) -> Question | str:
    """The question of what the server asks (the SDK's parameters by the server's key), or why there can be none.

    One is answered by itself, several as a map by key. null declines; to a link it is approved or not.
    """
    schemas = {key: _schema(one) for key, one in asked.items()}
    if len(schemas) == 1:
        schema = next(iter(schemas.values()))
    else:
        schema = {"type": "object", "properties": schemas, "required": list(schemas)}
    if flaw := schema_flaw(schema):
        return f"what it asks for has no proper schema: {flaw}"
    shown = {key: _shown(one) for key, one in asked.items()}
    return Question(
        text=f"{name} asks: {'; '.join(wording(one) for one in asked.values())}"[:_TEXT_CHARS_MAX],
        schema=schema,
        show=next(iter(shown.values())) if len(shown) == 1 else shown,
        has_default=True,
        default=_declined(asked),
    )


def wording(asked: Any) -> str:
    """What the server says, on one line, in quotes: it is a stranger's text."""
    text = seen(str(asked.message))
    return f"“{text[:_TEXT_CHARS_MAX]}”"


def rest_of(asked: Any) -> dict[str, Any]:
    """What has to be known of a question when its answer comes: how it was asked, and what holds if it is left out."""
    if asked.mode == "url":
        return {"mode": "url"}
    fields = cast("dict[str, Any]", dict(asked.requested_schema).get("properties", {}))
    defaults = {
        name: cast("dict[str, Any]", field)["default"]
        for name, field in fields.items()
        if isinstance(field, dict) and "default" in field
    }
    return {"mode": "form", "defaults": defaults}


def answers_of(rests: Mapping[str, Any], answer: Any) -> dict[str, dict[str, Any]]:
    """What the server is answered, by its key; `rests` says of each question what `rest_of` did."""
    if len(rests) == 1:
        return {key: answered(rest, answer) for key, rest in rests.items()}
    given = cast("dict[str, Any]", answer) if isinstance(answer, dict) else {}
    return {key: answered(rest, given.get(key)) for key, rest in rests.items()}


def answered(rest: Mapping[str, Any], answer: Any) -> dict[str, Any]:
    """One answer, as the fields of the SDK's `ElicitResult`."""
    if not isinstance(answer, dict):
        return {"action": "cancel" if answer is None else "decline"}
    given = cast("dict[str, Any]", answer)
    if rest["mode"] == "url":
        return {"action": "accept" if given.get("approved") is True else "decline"}
    return {"action": "accept", "content": {**rest["defaults"], **given}}


def _schema(asked: Any) -> dict[str, Any]:
    if asked.mode == "url":
        return ANSWER_SCHEMA
    return {"anyOf": [dict(asked.requested_schema), _NOBODY]}


def _shown(asked: Any) -> dict[str, Any]:
    return {"open": asked.url} if asked.mode == "url" else {"asked": wording(asked)}


def _declined(asked: Mapping[str, Any]) -> Any:
    """What is answered when nobody answers."""
    each = {key: {"approved": False} if one.mode == "url" else None for key, one in asked.items()}
    return next(iter(each.values())) if len(each) == 1 else each
