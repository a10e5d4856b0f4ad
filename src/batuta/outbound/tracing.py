"""The trace that whatever leaves now belongs to, and the one that what comes in now says it belongs to.

Both are of the task that asks: what it begins inherits them.
"""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import Any

import msgspec

from batuta.spec.trace import Place, place_of, span_id, traceparent

__all__ = ["Numbered", "Outgoing", "asked_within", "shared", "traced_headers", "under_way"]


class Outgoing(msgspec.Struct, frozen=True):
    """One attempt, as those see it that it asks. `number`: which of its calls to others it is."""

    run: str
    path: str
    attempt: int
    trace: str
    number: int = 0

    @property
    def own(self) -> Place:
        """Where the attempt itself is."""
        trace, _, sampled = place_of(self.run, self.trace)
        return trace, span_id(self.run, "attempt", self.path, self.attempt), sampled

    @property
    def place(self) -> Place:
        """Where the next request belongs."""
        trace, _, sampled = self.own
        return trace, span_id(self.run, "call", self.path, self.attempt, self.number), sampled


# The attempt that is under way; None: nothing leaves with a trace.
under_way: ContextVar[Outgoing | None] = ContextVar("batuta_trace_leaving", default=None)
# The `traceparent` that a request came with; "" without one.
asked_within: ContextVar[str] = ContextVar("batuta_trace_asked", default="")


class Numbered:
    """What leaves inside is the so-manieth call of its attempt. (A class: a generator takes three times as long.)"""

    __slots__ = ("_number", "_token")

    def __init__(self, number: int) -> None:
        self._number = number
        self._token: Token[Outgoing | None] | None = None

    def __enter__(self) -> None:
        now = under_way.get()
        if now is not None:
            self._token = under_way.set(msgspec.structs.replace(now, number=self._number))

    def __exit__(self, *_: object) -> None:
        if self._token is not None:
            under_way.reset(self._token)


def traced_headers(headers: dict[str, str]) -> dict[str, str]:
    """`headers` with the trace that the request belongs to, unless they have one."""
    now = under_way.get()
    if now is None or any(name.lower() == "traceparent" for name in headers):
        return headers
    return {**headers, "traceparent": traceparent(now.place)}


@contextmanager
def shared(*, calls: bool = False) -> Generator[None]:
    """Inside, whoever uses the API of OpenTelemetry in this process goes on with our trace.

    `calls`: it is a request that leaves; else what goes on is the attempt. If nobody has loaded it, nobody does.
    """
    now, api = under_way.get(), sys.modules.get("opentelemetry.trace")
    if now is None or api is None:
        yield
        return
    from opentelemetry import context, trace

    trace_id, span, sampled = now.place if calls else now.own
    flags = trace.TraceFlags(trace.TraceFlags.SAMPLED if sampled else trace.TraceFlags.DEFAULT)
    place = trace.SpanContext(int(trace_id, 16), int(span, 16), is_remote=False, trace_flags=flags)
    token: Any = context.attach(trace.set_span_in_context(trace.NonRecordingSpan(place)))
    try:
        yield
    finally:
        context.detach(token)
