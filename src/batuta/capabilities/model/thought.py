"""One question to a model, its answer streamed while it comes. Imported with the library."""

from collections.abc import Callable, Sequence
from typing import Any

from pydantic_ai.direct import model_request_stream
from pydantic_ai.exceptions import UnexpectedModelBehavior
from pydantic_ai.messages import (
    ModelMessage,
    ModelResponse,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
)
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.settings import ModelSettings

__all__ = ["piece_of", "think"]

# The library takes time for each part of an answer that grows with their number: seconds at some hundreds.
_PARTS_MAX = 128


async def think(
    model: Model[Any],
    messages: Sequence[ModelMessage],
    settings: ModelSettings,
    parameters: ModelRequestParameters,
    report: Callable[[Any], None],
) -> ModelResponse:
    """The answer of `model` to `messages`. Every piece of text is reported as `{"text": …}` as soon as it is there.

    Raises what the library raises, and its `UnexpectedModelBehavior` where a model calls tools without an end;
    nothing is tried again.
    """
    parts = 0
    settings = {"max_retries": 0, **settings}
    async with model_request_stream(
        model, messages, model_settings=settings, model_request_parameters=parameters
    ) as stream:
        async for event in stream:
            parts += isinstance(event, PartStartEvent)
            if parts > _PARTS_MAX:
                raise UnexpectedModelBehavior(f"its answer has more than {_PARTS_MAX} parts")
            if piece := piece_of(event):
                report({"text": piece})
    return stream.get()


def piece_of(event: object) -> str:
    """The piece of text that an event of a stream brings; "" if it brings something else."""
    if isinstance(event, PartDeltaEvent):
        return event.delta.content_delta if isinstance(event.delta, TextPartDelta) else ""
    if isinstance(event, PartStartEvent) and isinstance(event.part, TextPart):
        return event.part.content
    return ""
