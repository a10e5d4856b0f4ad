"""Whether, and what, is being recorded just now."""

from contextvars import ContextVar

__all__ = ["CURRENT"]

# The `Recorder` of the workflow that is being recorded, None outside. It belongs to the context, so that threads and
# tasks do not meet in it.
CURRENT: ContextVar[object | None] = ContextVar("batuta_recording", default=None)
