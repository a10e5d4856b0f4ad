"""What is kept of each question to a model: when it was sent, how long the answer took, what it counted."""

import asyncio
import time
from typing import Any

from pydantic_ai.messages import ModelResponse
from pydantic_ai.usage import RequestUsage

from batuta.capabilities.model.failures import failed_from
from batuta.capabilities.model.heard import Heard
from batuta.outbound.tracing import Numbered
from batuta.spec.model_call import ModelCall

__all__ = ["Booked"]

_NAME_CHARS_MAX = 256
_NOTHING = RequestUsage()


class Booked:
    """Puts the question that the block sends into `ledger`, whatever comes of it; `answer` is set to the answer."""

    __slots__ = ("_at", "_began", "_heard", "_ledger", "_number", "answer")

    def __init__(self, ledger: list[ModelCall], heard: Heard) -> None:
        self._ledger = ledger
        self._heard = heard
        self._number = Numbered(len(ledger))
        self.answer: ModelResponse | None = None

    def __enter__(self) -> "Booked":
        self._at, self._began = time.time(), time.perf_counter()
        self._number.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: Any
    ) -> None:
        self._number.__exit__(kind, error, trace)
        answer, began, first_at = self.answer, self._began, self._heard.first_at
        usage = _NOTHING if answer is None else answer.usage
        one = ModelCall(
            at=round(self._at, 4),
            took_s=round(time.perf_counter() - began, 4),
            first_s=round(first_at - began, 4) if first_at else 0.0,
            model="" if answer is None else (answer.model_name or "")[:_NAME_CHARS_MAX],
            input=usage.input_tokens,
            output=usage.output_tokens,
            end="" if answer is None else answer.finish_reason or "",
            code="" if error is None else _code_of(error),
        )
        self._ledger.append(one)


def _code_of(error: BaseException) -> str:
    if not isinstance(error, Exception):
        return "cancelled" if isinstance(error, asyncio.CancelledError) else ""
    failed = failed_from(error)
    return "error" if failed is None else failed.code
