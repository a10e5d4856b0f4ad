"""OpenAI's Responses, as `openai.types.responses` has them (openai 3.54)."""

import json
from collections.abc import Iterator
from typing import Any, cast

from batuta.testing.providers import openai_chat
from batuta.testing.providers.script import SIGNATURE, Answer, Failure

__all__ = ["error", "events", "failed_event", "text_of", "whole"]

error = openai_chat.error


def text_of(body: dict[str, Any]) -> str:
    """What was said in a request."""
    given = body.get("input")
    items = cast("list[dict[str, Any]]", given) if isinstance(given, list) else []
    said = [given] if isinstance(given, str) else [_said(item) for item in items]
    return "\n".join([body.get("instructions") or "", *said]).strip()


def whole(answer: Answer, model: str, input_tokens: int) -> dict[str, Any]:
    """An answer in one piece."""
    return _response(answer, model, input_tokens, _items(answer))


def events(answer: Answer, model: str, input_tokens: int) -> Iterator[bytes]:
    """The same as a stream of server-sent events."""
    number = -1

    def event(kind: str, **data: Any) -> bytes:
        nonlocal number
        number += 1
        body = {"type": kind, "sequence_number": number, **data}
        return f"event: {kind}\ndata: {json.dumps(body)}\n\n".encode()

    response = _response(answer, model, input_tokens, []) | {"status": "in_progress", "usage": None}
    yield event("response.created", response=response)
    yield event("response.in_progress", response=response)
    begun: dict[str, Any]
    for at, item in enumerate(_items(answer)):
        where = {"item_id": item["id"], "output_index": at}
        if item["type"] == "reasoning":
            begun = item | {"summary": [], "encrypted_content": None}
            yield event("response.output_item.added", output_index=at, item=begun)
            (part,) = item["summary"]
            where["summary_index"] = 0
            added = part | {"text": ""}
            yield event("response.reasoning_summary_part.added", **where, part=added)
            yield event("response.reasoning_summary_text.delta", **where, delta=part["text"])
            yield event("response.reasoning_summary_text.done", **where, text=part["text"])
            yield event("response.reasoning_summary_part.done", **where, part=part)
        elif item["type"] == "function_call":
            begun = item | {"arguments": "", "status": "in_progress"}
            yield event("response.output_item.added", output_index=at, item=begun)
            arguments = item["arguments"]
            for part in (arguments[: len(arguments) // 2], arguments[len(arguments) // 2 :]):
                yield event("response.function_call_arguments.delta", **where, delta=part)
            yield event("response.function_call_arguments.done", **where, arguments=arguments)
        else:
            begun = item | {"content": [], "status": "in_progress"}
            yield event("response.output_item.added", output_index=at, item=begun)
            part = item["content"][0]
            where["content_index"] = 0
            key = "refusal" if part["type"] == "refusal" else "text"
            name = "refusal" if key == "refusal" else "output_text"
            yield event("response.content_part.added", **where, part=part | {key: ""})
            more: dict[str, Any] = {} if key == "refusal" else {"logprobs": []}
            for piece in [answer.refusal] if key == "refusal" else answer.pieces:
                yield event(f"response.{name}.delta", **where, delta=piece, **more)
            yield event(f"response.{name}.done", **where, **{key: part[key]}, **more)
            yield event("response.content_part.done", **where, part=part)
        yield event("response.output_item.done", output_index=at, item=item)
    kind = "response.completed" if answer.end == "stop" else "response.incomplete"
    yield event(kind, response=whole(answer, model, input_tokens))


def failed_event(failure: Failure) -> bytes:
    """An error inside of a stream."""
    said = error(failure)[1]["error"]
    body = {
        "type": "error",
        "sequence_number": 9,
        **{key: said[key] for key in ("code", "message", "param")},
    }
    return f"event: error\ndata: {json.dumps(body)}\n\n".encode()


def _said(item: dict[str, Any]) -> str:
    content = item.get("content", item.get("output", ""))
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text", "") for part in cast("list[dict[str, Any]]", content or []))


def _items(answer: Answer) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = []
    if answer.refusal:
        content.append({"type": "refusal", "refusal": answer.refusal})
    elif answer.text or not answer.tools:
        content.append(
            {"type": "output_text", "text": answer.text, "annotations": [], "logprobs": []}
        )
    items: list[dict[str, Any]] = [
        {
            "id": "msg_0",
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [part],
        }
        for part in content
    ]
    if answer.thinking:
        summary = [{"type": "summary_text", "text": answer.thinking}]
        thought = {"id": "rs_0", "type": "reasoning", "summary": summary, "status": "completed"}
        items.insert(0, thought | {"encrypted_content": SIGNATURE})
    for at, one in enumerate(answer.tools):
        arguments = one.arguments if isinstance(one.arguments, str) else json.dumps(one.arguments)
        called = {
            "id": f"fc_{at}",
            "type": "function_call",
            "call_id": one.id or f"call_{at}",
            "status": "completed",
        }
        items.append(called | {"name": one.name, "arguments": arguments})
    return items


def _response(
    answer: Answer, model: str, input_tokens: int, items: list[dict[str, Any]]
) -> dict[str, Any]:
    why = {"length": "max_output_tokens", "filter": "content_filter"}.get(answer.end)
    output_tokens = answer.output_count
    return {
        "id": "resp_scripted",
        "object": "response",
        "created_at": 1_790_000_000,
        "status": "incomplete" if why else "completed",
        "error": None,
        "incomplete_details": {"reason": why} if why else None,
        "instructions": None,
        "metadata": {},
        "model": model,
        "output": items,
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": {
            "input_tokens": input_tokens,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": output_tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": input_tokens + output_tokens,
        },
    }
