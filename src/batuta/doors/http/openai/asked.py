"""What chat clients send, read as turns of a conversation. What we do not know of it is left out."""

from typing import Any, cast

import msgspec

from batuta.doors.http.problems import Problem
from batuta.serving.course import Turn

__all__ = ["ChatAsked", "ResponsesAsked", "given_of_chat", "given_of_responses", "turns_of"]

_ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
_TEXTS = frozenset({"text", "input_text", "output_text"})


class ChatAsked(msgspec.Struct):
    """A request for a chat completion."""

    model: str
    messages: list[dict[str, Any]]
    stream: bool = False
    n: int | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    stream_options: dict[str, Any] | None = None
    response_format: dict[str, Any] | None = None


class ResponsesAsked(msgspec.Struct):
    """A request for a response."""

    model: str
    input: str | list[dict[str, Any]]
    instructions: str | None = None
    stream: bool | None = False
    previous_response_id: str | None = None
    temperature: float | None = None
    max_output_tokens: int | None = None
    text: dict[str, Any] | None = None


def turns_of(messages: list[dict[str, Any]]) -> list[Turn]:
    """The messages as turns. Raises `Problem`."""
    turns: list[Turn] = []
    for message in messages:
        role = message.get("role")
        if message.get("type", "message") != "message" or role == "tool":
            continue  # what a client's own tools gave is no word of anybody
        if role not in _ROLES:
            raise Problem(400, "input", f"there is no role {str(role)[:40]!r}")
        turns.append(Turn(_ROLES[role], _text(message.get("content"))))
    return turns


def given_of_chat(asked: ChatAsked) -> dict[str, Any]:
    """What a model is told beside the words."""
    form = asked.response_format or {}
    schema = None
    if form.get("type") == "json_schema":
        schema = cast("dict[str, Any]", form.get("json_schema") or {}).get("schema")
    most = asked.max_completion_tokens or asked.max_tokens
    return _given(asked.temperature, most, schema)


def given_of_responses(asked: ResponsesAsked) -> dict[str, Any]:
    """The same for a response."""
    form = cast("dict[str, Any]", (asked.text or {}).get("format") or {})
    schema = form.get("schema") if form.get("type") == "json_schema" else None
    return _given(asked.temperature, asked.max_output_tokens, schema)


def _given(temperature: float | None, most: int | None, schema: Any) -> dict[str, Any]:
    said = {"temperature": temperature, "max_tokens": most, "schema": schema}
    return {name: value for name, value in said.items() if value is not None}


def _text(content: Any) -> str:
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise Problem(400, "input", "the content of a message is a text or a list of parts")
    texts: list[str] = []
    for part in cast("list[Any]", content):
        said = cast("dict[str, Any]", part) if isinstance(part, dict) else {}
        kind = said.get("type")
        if kind not in _TEXTS:
            raise Problem(
                400,
                "input",
                f"parts of the kind {str(kind)[:40]!r} are not taken here",
                remedy="send text; files go into the workspace, and are named",
            )
        texts.append(str(said.get("text", "")))
    return "\n".join(texts)
