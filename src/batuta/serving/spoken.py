"""Questions, answers and results as a conversation has them: words."""

import json
from collections.abc import Mapping
from typing import Any, cast

from batuta.errors import InputError
from batuta.plans.assignments import value_of_text
from batuta.reading.schema import problems
from batuta.spec.file import is_file_schema

__all__ = ["answer_in", "input_in", "leaves", "question_text", "says_yes", "text_of", "tokens_of"]

_YES = frozenset({"yes", "y", "ok", "okay", "approve", "approved", "ja", "true", "go", "sure"})
_NO = frozenset({"no", "n", "reject", "rejected", "nein", "false", "stop"})
# What is said as a whole, and means the same.
_RUN_IT = frozenset({"do it", "run it"})
# What is no value of any input, as a rule, and "no" may be one.
_LEAVE_IT = frozenset({"never mind", "nevermind", "leave it", "cancel"})
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


def says_yes(words: str) -> bool:
    """Nothing but a yes was said."""
    return _plain(words) in _YES | _RUN_IT


def leaves(words: str) -> bool:
    """What was asked for is not given: "never mind"."""
    return _plain(words) in _LEAVE_IT


def input_in(words: str, name: str, schema: Mapping[str, Any]) -> Any:
    """What `words` give for the input `name`; of a file, its path. Raises `InputError`, whose message is for people."""
    text = words.strip()
    if is_file_schema(schema):
        return text
    if schema.get("type") == "boolean" and (plain := _plain(text)) in _YES | _NO:
        return plain in _YES
    value = value_of_text(schema, "input", name, text)
    if flaws := problems(dict(schema), value):
        raise InputError(f"the input {name!r}: {flaws[0]}")
    return value


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


def _plain(words: str) -> str:
    return words.strip().strip(".!").lower()


def _is_approval(schema: Mapping[str, Any]) -> bool:
    return not schema or "approved" in schema.get("properties", {})


def _options(schema: Mapping[str, Any]) -> list[str]:
    return [str(one) for one in schema.get("enum", ())]
