"""Anthropic's Messages, as `anthropic.types` has them (anthropic 2.12)."""

import json
from collections.abc import Iterator
from typing import Any, cast

from batuta.testing.providers.script import SIGNATURE, Answer, Failure, ToolCall

__all__ = ["error", "events", "failed_event", "text_of", "whole"]

# https://docs.claude.com/en/api/errors
_ERRORS = {
    "rate_limited": (429, "rate_limit_error", "This request would exceed your rate limit."),
    "quota": (402, "billing_error", "Your credit balance is too low to access the Anthropic API."),
    "overloaded": (529, "overloaded_error", "Overloaded"),
    "too_long": (
        400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum",
    ),
    "bad_key": (401, "authentication_error", "invalid x-api-key"),
    "no_model": (404, "not_found_error", "model: no-such-model"),
    "broken": (500, "api_error", "Internal server error"),
}  # fmt: skip
_ENDS = {"stop": "end_turn", "length": "max_tokens", "filter": "refusal"}


def text_of(body: dict[str, Any]) -> str:
    """What was said in a request."""
    messages = cast("list[dict[str, Any]]", body.get("messages", []))
    said = [_said(body.get("system")), *(_said(message.get("content")) for message in messages)]
    return "\n".join(one for one in said if one)


def whole(answer: Answer, model: str, input_tokens: int) -> dict[str, Any]:
    """An answer in one piece."""
    return _message(model, input_tokens) | {
        "content": _blocks(answer),
        "stop_reason": _end(answer),
        "usage": _usage(input_tokens, answer.output_count),
    }


def events(answer: Answer, model: str, input_tokens: int) -> Iterator[bytes]:
    """The same as a stream of server-sent events."""
    yield _event("message_start", message=_message(model, input_tokens))
    given = iter(answer.tools)
    for at, block in enumerate(_blocks(answer)):
        begun, deltas = _streamed(block, answer, given)
        yield _event("content_block_start", index=at, content_block=begun)
        for delta in deltas:
            yield _event("content_block_delta", index=at, delta=delta)
        yield _event("content_block_stop", index=at)
    delta = {"stop_reason": _end(answer), "stop_sequence": None}
    yield _event("message_delta", delta=delta, usage={"output_tokens": answer.output_count})
    yield _event("message_stop")


def error(failure: Failure) -> tuple[int, dict[str, Any]]:
    """Status and body of a refusal."""
    status, kind, message = _ERRORS[failure.kind]
    return status, {"type": "error", "error": {"type": kind, "message": message}}


def failed_event(failure: Failure) -> bytes:
    """The same inside of a stream."""
    return _event("error", error=error(failure)[1]["error"])


def _said(content: Any) -> str:
    if isinstance(content, list):
        parts = cast("list[dict[str, Any]]", content)
        return "\n".join(_said(part.get("text", part.get("content", ""))) for part in parts)
    return content if isinstance(content, str) else ""


def _blocks(answer: Answer) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    if answer.thinking:
        blocks.append({"type": "thinking", "thinking": answer.thinking, "signature": SIGNATURE})
    said = answer.text or answer.refusal
    if said:
        blocks.append({"type": "text", "text": said})
    for at, one in enumerate(answer.tools):
        arguments = one.arguments if isinstance(one.arguments, dict) else {"": one.arguments}
        blocks.append(
            {
                "type": "tool_use",
                "id": one.id or f"toolu_{at}",
                "name": one.name,
                "input": arguments,
            }
        )
    return blocks


def _streamed(
    block: dict[str, Any], answer: Answer, tools: Iterator[ToolCall]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A block as it begins, and the pieces that it is made of."""
    if block["type"] == "thinking":
        thought = {"type": "thinking_delta", "thinking": block["thinking"]}
        signed = {"type": "signature_delta", "signature": block["signature"]}
        return block | {"thinking": "", "signature": ""}, [thought, signed]
    if block["type"] == "text":
        pieces = answer.pieces or [block["text"]]
        return block | {"text": ""}, [{"type": "text_delta", "text": one} for one in pieces]
    given = next(tools).arguments
    whole = given if isinstance(given, str) else json.dumps(given)
    halves = (whole[: len(whole) // 2], whole[len(whole) // 2 :])
    deltas = [{"type": "input_json_delta", "partial_json": half} for half in halves]
    return block | {"input": dict[str, Any]()}, deltas


def _end(answer: Answer) -> str:
    if answer.refusal:
        return "refusal"
    return "tool_use" if answer.tools and answer.end == "stop" else _ENDS[answer.end]


def _message(model: str, input_tokens: int) -> dict[str, Any]:
    return {
        "id": "msg_scripted",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": _usage(input_tokens, 1),
    }


def _usage(input_tokens: int, output_tokens: int) -> dict[str, int]:
    return {
        "input_tokens": input_tokens,
        "output_tokens": output_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
    }


def _event(kind: str, **data: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n".encode()
