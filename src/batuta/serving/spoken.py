"""Questions, answers and results as a conversation has them: words."""

import json
from collections.abc import Mapping
from typing import Any, cast

from batuta.errors import InputError
from batuta.plans.assignments import value_of_text

__all__ = ["answer_in", "question_text", "text_of", "tokens_of"]

_YES = frozenset({"yes", "y", "ok", "okay", "approve", "approved", "ja", "true", "go"})
_NO = frozenset({"no", "n", "reject", "rejected", "nein", "false", "stop"})
_SHOWN_CHARS_MAX = 4_000


def text_of(value: Any, *, of_model: bool = False) -> str:
    """A result in words: a text as it is, anything else as JSON; `of_model`: of what has a text, that."""
    if of_model and isinstance(value, dict):
        for name in ("text", "answer"):
            found = cast("dict[str, Any]", value).get(name)
            if isinstance(found, str):
                return found
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False, indent=2)


def question_text(question: Mapping[str, Any]) -> str:
    """A question of a run, with what is to be looked at and how it can be answered."""
    lines = [str(question["question"])]
    shown = question.get("show")
    if shown is not None:
        lines.append(text_of(shown)[:_SHOWN_CHARS_MAX])
    kind = question["kind"]
    schema: dict[str, Any] = question.get("schema") or {}
    if kind == "resolve":
        lines.append("Say done (it happened), retry (it did not) or fail (give it up).")
    elif kind == "drift":
        lines.append("`batuta resume --accept` goes on with it.")
    elif _is_approval(schema):
        lines.append("Say yes or no; a remark may follow.")
    elif options := _options(schema):
        lines.append(f"Say one of: {', '.join(options)}.")
    elif schema.get("type") == "object":
        names = ", ".join(schema.get("properties", {}))
        lines.append(f"Answer with a JSON object: {names}.")
    return "\n\n".join(lines)


def answer_in(words: str, question: Mapping[str, Any]) -> Any:
    """The answer that `words` give. Raises `InputError` if they give none."""
    text, kind = words.strip(), question["kind"]
    schema: Mapping[str, Any] = question.get("schema") or {}
    first, _, rest = text.partition(" ")
    word = first.strip(".,!:;").lower()
    if kind == "resolve":
        if word not in ("done", "retry", "fail"):
            raise InputError("this says neither done nor retry nor fail")
        return {"how": word}
    if _is_approval(schema) and not text.startswith("{"):
        if word not in _YES | _NO:
            raise InputError("this says neither yes nor no")
        note = rest.strip()
        return {"approved": word in _YES, **({"note": note} if note else {})}
    for option in _options(schema):
        if option.lower() == text.lower():
            text = option
    read = schema if schema.get("type") else {"type": "string"}
    return value_of_text(read, "answer", str(question["step"]), text)


def tokens_of(document: Mapping[str, Any]) -> tuple[int, int]:
    """What models have read and written in a run, as far as its steps say."""
    read = written = 0
    for step in document["steps"]:
        output: Any = step["output"]
        tokens: Any = (
            cast("dict[str, Any]", output).get("tokens") if isinstance(output, dict) else None
        )
        if isinstance(tokens, dict) and step["attempts"]:
            counted = cast("dict[str, Any]", tokens)
            read += int(counted.get("input") or 0)
            written += int(counted.get("output") or 0)
    return read, written


def _is_approval(schema: Mapping[str, Any]) -> bool:
    return not schema or "approved" in schema.get("properties", {})


def _options(schema: Mapping[str, Any]) -> list[str]:
    return [str(one) for one in schema.get("enum", ())]
