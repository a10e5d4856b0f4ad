"""What a model has said so far, for whoever reads why its answer did not come to an end."""

import time
from collections.abc import Callable
from typing import Any

import msgspec

from batuta.spec.call import Failed

__all__ = ["Heard", "kept"]

# Of a last answer, so much is kept for the reader.
_KEPT_CHARS = 1_200


class Heard:
    """Hands on to `report` what is reported, and keeps the beginning of the last answer.

    `first_at`: when the first piece of it came, by the clock `perf_counter`; 0: none has.
    """

    def __init__(self, report: Callable[[Any], None]) -> None:
        self._report = report
        self.begin()

    def begin(self) -> None:
        """What comes is another answer."""
        self._pieces: list[str] = []
        self._chars = 0
        self.first_at = 0.0

    def piece(self, text: str) -> None:
        """Hand on a piece of the answer, as `{"text": …}`."""
        if not self.first_at:
            self.first_at = time.perf_counter()
        if self._chars <= _KEPT_CHARS:
            self._pieces.append(text)
            self._chars += len(text)
        self._report({"text": text})

    def message(self, text: str) -> None:
        """Hand on a message between two answers."""
        self._report({"message": text})

    def told_in(self, failed: Failed) -> Failed:
        """`failed` with what was heard at the end of its message."""
        message = f"{failed.message}{kept(''.join(self._pieces))}"
        return msgspec.structs.replace(failed, message=message)


def kept(text: str) -> str:
    """The beginning of what a model has said, for the end of a message; "" of nothing."""
    if not text.strip():
        return ""
    shown = text if len(text) <= _KEPT_CHARS else text[:_KEPT_CHARS] + "…"
    return f"; it said: {shown}"
