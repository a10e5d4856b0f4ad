"""One question to a model, its answer streamed while it comes. Imported with the library."""

from collections.abc import Callable, Sequence
from typing import Any

from pydantic_ai.direct import model_request_stream
from pydantic_ai.exceptions import UnexpectedModelBehavior, UsageLimitExceeded
from pydantic_ai.messages import (
    ModelMessage,
    ModelResponse,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    ThinkingPartDelta,
    ToolCallPartDelta,
)
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.settings import ModelSettings

__all__ = ["piece_of", "think"]

# The library takes time for each part of an answer that grows with their number: seconds at some hundreds.
_PARTS_MAX = 128
# A token is four characters, in the mean. Who says so many for each does not keep to `max_tokens`, and may never end.
_CHARS_PER_TOKEN_MAX = 16


class _TooLong(UsageLimitExceeded):
    """More than was asked for; without the library's advice, which is about a limit of its own."""

    def __init__(self, chars: int, most: int) -> None:
        super().__init__("")
        self.message = (
            f"it said {chars:,} characters and went on; at most {most:,} tokens were asked for"
        )


async def think(
    model: Model[Any],
    messages: Sequence[ModelMessage],
    settings: ModelSettings,
    parameters: ModelRequestParameters,
    report: Callable[[str], None],
) -> ModelResponse:
    """The answer of `model` to `messages`. Every piece of text is reported as soon as it is there.

    Raises what the library raises, its `UnexpectedModelBehavior` where a model calls tools without an end, and its
    `UsageLimitExceeded` where it speaks on whatever `max_tokens` says; nothing is tried again.
    """
    parts = chars = 0
    most = settings.get("max_tokens", 0)
    settings = {"max_retries": 0, **settings}
    async with model_request_stream(
        model, messages, model_settings=settings, model_request_parameters=parameters
    ) as stream:
        async for event in stream:
            if isinstance(event, PartStartEvent):
                parts += 1
                if parts > _PARTS_MAX:
                    raise UnexpectedModelBehavior(f"its answer has more than {_PARTS_MAX} parts")
            piece = piece_of(event)
            chars += len(piece) or _unsaid_in(event)
            if most and chars > most * _CHARS_PER_TOKEN_MAX:
                raise _TooLong(chars, most)
            if piece:
                report(piece)
    return stream.get()


def _unsaid_in(event: object) -> int:
    """How many characters of thoughts, or of what a tool is called with, an event brings."""
    delta = event.delta if isinstance(event, PartDeltaEvent) else None
    if isinstance(delta, ToolCallPartDelta):
        return len(delta.args_delta) if isinstance(delta.args_delta, str) else 0
    return len(delta.content_delta or "") if isinstance(delta, ThinkingPartDelta) else 0


def piece_of(event: object) -> str:
    """The piece of text that an event of a stream brings; "" if it brings something else."""
    if isinstance(event, PartDeltaEvent):
        return event.delta.content_delta if isinstance(event.delta, TextPartDelta) else ""
    if isinstance(event, PartStartEvent) and isinstance(event.part, TextPart):
        return event.part.content
    return ""
