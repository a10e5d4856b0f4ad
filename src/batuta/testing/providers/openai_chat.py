"""OpenAI's Chat Completions, as `openai.types.chat` has them (openai 3.54)."""

import json
from collections.abc import Iterator
from typing import Any, cast

from batuta.testing.providers.script import Answer, Failure, ToolCall

__all__ = ["error", "events", "failed_event", "text_of", "whole"]

# https://platform.openai.com/docs/guides/error-codes
_ERRORS = {
    "rate_limited": (429, "requests", "rate_limit_exceeded", "Rate limit reached for requests"),
    "quota": (
        429, "insufficient_quota", "insufficient_quota",
        "You exceeded your current quota, please check your plan and billing details.",
    ),
    "overloaded": (
        503, "server_error", "server_overloaded",
        "The engine is currently overloaded, please try again later",
    ),
    "too_long": (
        400, "invalid_request_error", "context_length_exceeded",
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.",
    ),
    "bad_key": (401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided: sk-…"),
    "no_model": (404, "invalid_request_error", "model_not_found", "The model does not exist"),
    "broken": (500, "server_error", None, "The server had an error while processing your request"),
}  # fmt: skip
_ENDS = {"stop": "stop", "length": "length", "filter": "content_filter"}


def text_of(body: dict[str, Any]) -> str:
    """What was said in a request."""
    return "\n".join(_said(message) for message in body.get("messages", []))


def whole(answer: Answer, model: str, input_tokens: int) -> dict[str, Any]:
    """An answer in one piece."""
    message: dict[str, Any] = {
        "role": "assistant",
        "content": answer.text or None,
        "refusal": answer.refusal or None,
    }
    if answer.tools:
        message["tool_calls"] = [_tool(one, at) for at, one in enumerate(answer.tools)]
    choice = {"index": 0, "message": message, "finish_reason": _end(answer), "logprobs": None}
    head = _head("chat.completion", model)
    return head | {"choices": [choice], "usage": _usage(answer, input_tokens)}


def events(answer: Answer, model: str, input_tokens: int) -> Iterator[bytes]:
    """The same as a stream of server-sent events."""
    yield _event(_chunk(model, {"role": "assistant", "content": ""}))
    for piece in answer.pieces:
        yield _event(_chunk(model, {"content": piece}))
    if answer.refusal:
        yield _event(_chunk(model, {"refusal": answer.refusal}))
    for at, one in enumerate(answer.tools):
        called = _tool(one, at)
        arguments = called["function"]["arguments"]
        called["function"] = {"name": one.name, "arguments": ""}
        yield _event(_chunk(model, {"tool_calls": [{"index": at, **called}]}))
        for part in (arguments[: len(arguments) // 2], arguments[len(arguments) // 2 :]):
            more = {"index": at, "function": {"arguments": part}}
            yield _event(_chunk(model, {"tool_calls": [more]}))
    yield _event(_chunk(model, {}, _end(answer)))
    head = _head("chat.completion.chunk", model)
    yield _event(head | {"choices": [], "usage": _usage(answer, input_tokens)})
    yield b"data: [DONE]\n\n"


def error(failure: Failure) -> tuple[int, dict[str, Any]]:
    """Status and body of a refusal."""
    status, kind, code, message = _ERRORS[failure.kind]
    return status, {"error": {"message": message, "type": kind, "param": None, "code": code}}


def failed_event(failure: Failure) -> bytes:
    """The same inside of a stream."""
    return _event(error(failure)[1])


def _said(message: dict[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text", "") for part in cast("list[dict[str, Any]]", content or []))


def _tool(one: ToolCall, at: int) -> dict[str, Any]:
    arguments = one.arguments if isinstance(one.arguments, str) else json.dumps(one.arguments)
    function = {"name": one.name, "arguments": arguments}
    return {"id": one.id or f"call_{at}", "type": "function", "function": function}


def _end(answer: Answer) -> str:
    return "tool_calls" if answer.tools and answer.end == "stop" else _ENDS[answer.end]


def _usage(answer: Answer, input_tokens: int) -> dict[str, int]:
    output_tokens = answer.output_count
    return {
        "prompt_tokens": input_tokens,
        "completion_tokens": output_tokens,
        "total_tokens": input_tokens + output_tokens,
    }


def _head(kind: str, model: str) -> dict[str, Any]:
    return {"id": "chatcmpl-scripted", "object": kind, "created": 1_790_000_000, "model": model}


def _chunk(model: str, delta: dict[str, Any], end: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": end, "logprobs": None}
    return _head("chat.completion.chunk", model) | {"choices": [choice]}


def _event(data: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(data).encode() + b"\n\n"
