"""What is kept of each question to a model: when it was sent, how long the answer took, what it counted."""

import asyncio
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

import msgspec
from pydantic_ai.messages import ModelResponse

from batuta.capabilities.model.failures import failed_from
from batuta.capabilities.model.heard import Heard
from batuta.outbound.tracing import numbered
from batuta.spec.model_call import ModelCall

__all__ = ["booked"]

_NAME_CHARS_MAX = 256


@contextmanager
def booked(ledger: list[ModelCall], heard: Heard) -> Generator[Callable[[ModelResponse], None]]:
    """Put the question that the block sends into `ledger`, whatever comes of it; what is yielded takes the answer."""
    at, began = time.time(), time.perf_counter()
    answers: list[ModelResponse] = []
    code = ""
    try:
        with numbered(len(ledger)):
            yield answers.append
    except asyncio.CancelledError:
        code = "cancelled"
        raise
    except Exception as error:
        failed = failed_from(error)
        code = "error" if failed is None else failed.code
        raise
    finally:
        took_s = time.perf_counter() - began
        first_s = heard.first_at - began if heard.first_at else 0.0
        one = ModelCall(at, round(took_s, 4), round(first_s, 4), code=code)
        for answer in answers:
            one = msgspec.structs.replace(
                one,
                model=(answer.model_name or "")[:_NAME_CHARS_MAX],
                input=answer.usage.input_tokens,
                output=answer.usage.output_tokens,
                end=answer.finish_reason or "",
            )
        ledger.append(one)
