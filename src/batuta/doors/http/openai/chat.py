"""`/v1/models` and `/v1/chat/completions`."""

import secrets
import time
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from batuta.doors.http.access.principal import may
from batuta.doors.http.bodies import answered, asks_for, body_of, json_answer
from batuta.doors.http.openai.asked import ChatAsked, given_of_chat, turns_of
from batuta.doors.http.openai.speaking import Speaking, error_of
from batuta.doors.http.problems import Problem
from batuta.doors.http.starting import Once
from batuta.doors.http.state import service_of
from batuta.errors import NotFound
from batuta.serving.talk import Begun, Said, models

__all__ = ["event", "router"]

router = APIRouter(prefix="/v1", tags=["openai"])


@router.get("/models", dependencies=[may("read")], responses=answered("Models.", "object", "data"))
async def listed(request: Request) -> Response:
    """What can be talked to: the workspace, its plans, agents and models."""
    return json_answer({"object": "list", "data": _models(request)})


@router.get(
    "/models/{model:path}", dependencies=[may("read")], responses=answered("A model.", "id")
)
async def shown(request: Request, model: str) -> Response:
    """One of them."""
    for one in _models(request):
        if one["id"] == model:
            return json_answer(one)
    raise NotFound(f"there is no model {model[:80]!r}", remedy="GET /v1/models lists them")


@router.post(
    "/chat/completions",
    dependencies=[may("run")],
    responses=answered("A completion, or its pieces as events.", "id", "choices"),
    openapi_extra=asks_for(ChatAsked),
)
async def completed(request: Request, key: Once = "") -> Response:
    """What came of the run that this turn begins; or its question, which the next turn answers."""
    asked = await body_of(request, ChatAsked)
    if asked.n not in (None, 1):
        raise Problem(400, "input", "`n` is 1 here: a request is one run")
    turns, given = turns_of(asked.messages), given_of_chat(asked)
    speaking = Speaking(request, asked.model, turns, given, key)
    begun = await speaking.begin()
    head = {
        "id": f"chatcmpl-{begun.run or secrets.token_hex(8)}",
        "created": int(time.time()),
        "model": asked.model,
    }
    if asked.stream:
        usage = bool((asked.stream_options or {}).get("include_usage"))
        return StreamingResponse(
            _chunks(speaking, begun, head, usage=usage), media_type="text/event-stream"
        )
    said = await speaking.whole(begun)
    message = {"role": "assistant", "content": said.text, "refusal": None}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    return json_answer(
        {**head, "object": "chat.completion", "choices": [choice], "usage": _usage(said)}
    )


async def _chunks(
    speaking: Speaking, begun: Begun | Said, head: dict[str, Any], *, usage: bool
) -> AsyncIterator[bytes]:
    head = {**head, "object": "chat.completion.chunk"}

    def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return event({**head, "choices": [choice]} | ({"usage": None} if usage else {}))

    yield chunk({"role": "assistant", "content": ""})
    try:
        async for piece in speaking.pieces(begun):
            yield chunk({"content": piece}) if piece else b": \n\n"
    except Exception as error:
        yield event({"error": error_of(error)})
        return
    yield chunk({}, "stop")
    if usage:
        assert speaking.said is not None
        yield event({**head, "choices": [], "usage": _usage(speaking.said)})
    yield b"data: [DONE]\n\n"


def event(data: dict[str, Any], name: str = "") -> bytes:
    """One server-sent event."""
    said = b"event: %s\n" % name.encode() if name else b""
    return said + b"data: %s\n\n" % msgspec.json.encode(data)


def _usage(said: Said) -> dict[str, int]:
    read, written = said.tokens
    return {
        "prompt_tokens": read,
        "completion_tokens": written,
        "total_tokens": read + written,
    }


def _models(request: Request) -> list[dict[str, Any]]:
    return [
        {"id": name, "object": "model", "created": 0, "owned_by": kind}
        for name, kind in models(service_of(request))
    ]
