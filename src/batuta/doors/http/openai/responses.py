"""`/v1/responses`."""

import base64
import binascii
import secrets
import time
import zlib
from collections.abc import AsyncIterator, Sequence
from typing import Any, Literal

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from batuta.doors.http.access.principal import may
from batuta.doors.http.bodies import answered, asks_for, body_of, json_answer
from batuta.doors.http.openai.asked import ResponsesAsked, given_of_responses, turns_of
from batuta.doors.http.openai.chat import event
from batuta.doors.http.openai.speaking import Speaking, error_of
from batuta.doors.http.problems import Problem
from batuta.doors.http.starting import Once
from batuta.serving.course import TAIL_CHARS, Turn, run_mark
from batuta.serving.talk import Begun, Said

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["openai"])

# A reply without a run that is gone on with stands in its own id, packed; a longer one cannot be gone on with.
_ID_CHARS_MAX = 4_000


@router.post(
    "/responses",
    dependencies=[may("run")],
    responses=answered("A response, or its pieces as events.", "id", "output"),
    openapi_extra=asks_for(ResponsesAsked),
)
async def responded(request: Request, key: Once = "") -> Response:
    """What came of the run that this turn begins; `previous_response_id` goes on with a question."""
    asked = await body_of(request, ResponsesAsked)
    new = [Turn("user", asked.input)] if isinstance(asked.input, str) else turns_of(asked.input)
    turns = [*_before(asked.previous_response_id), *new]
    if asked.instructions:
        turns.insert(0, Turn("system", asked.instructions))
    speaking = Speaking(request, asked.model, turns, given_of_responses(asked), key)
    begun = await speaking.begin()
    response = _Response(asked, begun, turns)
    if asked.stream:
        return StreamingResponse(response.events(speaking), media_type="text/event-stream")
    said = await speaking.whole(begun)
    return json_answer(response.whole("completed", said))


class _Response:
    """One response, as it comes to be."""

    def __init__(self, asked: ResponsesAsked, begun: Begun | Said, turns: Sequence[Turn]) -> None:
        self._asked = asked
        self._begun = begun
        self._created = time.time()
        self._item = f"msg_{secrets.token_hex(12)}"
        self.id = f"resp_{begun.run}" if begun.run else _packed(turns, begun)

    def whole(self, status: str, said: Said | None) -> dict[str, Any]:
        """The object."""
        read, written = said.tokens if said is not None else (0, 0)
        usage = {
            "input_tokens": read,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": written,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": read + written,
        }
        return {
            "id": self.id,
            "object": "response",
            "created_at": self._created,
            "status": status,
            "model": self._asked.model,
            "output": [self._message(said.text)] if said is not None else [],
            "usage": usage if said is not None else None,
            "error": None,
            "incomplete_details": None,
            "instructions": self._asked.instructions,
            "metadata": {},
            "parallel_tool_calls": False,
            "temperature": self._asked.temperature,
            "tool_choice": "none",
            "tools": [],
            "top_p": None,
            "previous_response_id": self._asked.previous_response_id,
        }

    async def events(self, speaking: Speaking) -> AsyncIterator[bytes]:
        """The same as events."""
        number = 0

        def told(name: str, **said: Any) -> bytes:
            nonlocal number
            number += 1
            return event({"type": name, "sequence_number": number - 1, **said}, name)

        at = {"item_id": self._item, "output_index": 0, "content_index": 0}
        item: dict[str, Any] = {**self._message(""), "status": "in_progress", "content": []}
        yield told("response.created", response=self.whole("in_progress", None))
        yield told("response.in_progress", response=self.whole("in_progress", None))
        yield told("response.output_item.added", output_index=0, item=item)
        yield told("response.content_part.added", **at, part=_part(""))
        try:
            async for piece in speaking.pieces(self._begun):
                if piece:
                    yield told("response.output_text.delta", **at, delta=piece, logprobs=[])
                else:
                    yield b": \n\n"
        except Exception as error:
            why = error_of(error)
            failed = self.whole("failed", None) | {
                "error": {"code": "server_error", "message": why["message"]}
            }
            yield told("response.failed", response=failed)
            return
        said = speaking.said
        assert said is not None
        yield told("response.output_text.done", **at, text=said.text, logprobs=[])
        yield told("response.content_part.done", **at, part=_part(said.text))
        yield told("response.output_item.done", output_index=0, item=self._message(said.text))
        yield told("response.completed", response=self.whole("completed", said))

    def _message(self, text: str) -> dict[str, Any]:
        return {
            "id": self._item,
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [_part(text)],
        }


def _part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _packed(turns: Sequence[Turn], said: Begun | Said) -> str:
    """An id that holds what was said and replied, the tails of replies only."""
    text = said.text if isinstance(said, Said) else ""
    told = [(turn.role, turn.text) for turn in turns if turn.role != "system"]
    told.append(("assistant", text))
    kept = [(role, text[-TAIL_CHARS:] if role == "assistant" else text) for role, text in told]
    packed = base64.urlsafe_b64encode(zlib.compress(msgspec.json.encode(kept)))
    plain = f"resp_t{packed.decode().rstrip('=')}"
    return plain if len(plain) <= _ID_CHARS_MAX else f"resp_{secrets.token_hex(12)}"


def _before(previous: str | None) -> list[Turn]:
    """The turns that an earlier response stands for."""
    if not previous:
        return []
    kept = previous.removeprefix("resp_")
    if kept.startswith("r") and kept.isalnum():
        return [Turn("user", "…"), Turn("assistant", run_mark(kept))]
    try:
        packed = base64.urlsafe_b64decode(kept[1:] + "=" * (-len(kept[1:]) % 4))
        text = zlib.decompressobj().decompress(packed, 1_000_000)
        told = msgspec.json.decode(text, type=list[tuple[Literal["user", "assistant"], str]])
    except (binascii.Error, zlib.error, ValueError):
        raise Problem(404, "not_found", "there is no such response to go on with") from None
    return [Turn(role, text) for role, text in told]
