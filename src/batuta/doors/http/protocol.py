"""Connections as uvicorn has them, with bounds on how slowly something may come and go, and problems as answers."""

import asyncio
import sys
from functools import cache, partial
from http import HTTPStatus
from typing import Any, NamedTuple

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from batuta.doors.http.frame import SAFE_HEADERS
from batuta.doors.http.pace import WAIT_S_MAX, Pace, origin_of
from batuta.doors.http.problems import Problem

__all__ = ["Bounds", "protocol"]


class Bounds(NamedTuple):
    """Of connections: times in seconds, `connections` at once."""

    header_s: float
    taking_s: float
    connections: int


def protocol(bounds: Bounds, pace: Pace) -> type[asyncio.Protocol]:
    """What uvicorn makes of every connection.

    One whose request does not come within `header_s` is closed, and one whose client does not take what is sent to it
    for `taking_s`: uvicorn would wait for both for ever, and what waits to be taken is memory of ours. So is one that
    comes when there are as many as may be. What is no request is told so when `pace` says.
    """
    made: Any = partial(_Connection, bounds=bounds, pace=pace)
    return made


# What comes behind something that is no request.
_DISCARDED_BYTES_MAX = 1 << 16


class _Connection(H11Protocol):
    def __init__(self, *args: Any, bounds: Bounds, pace: Pace, **named: Any) -> None:
        super().__init__(*args, **named)
        self._bounds = bounds
        self._pace = pace
        self._late: asyncio.TimerHandle | None = None
        self._full: asyncio.TimerHandle | None = None
        self._held: asyncio.TimerHandle | None = None
        self._discarded = 0

    # ── what comes ───────────────────────────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        if len(self.connections) > self._bounds.connections:
            transport.abort()
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        self._expected()
        self._taken()
        if self._held is not None:
            self._held.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._held is not None:  # read on, to hear whether the client has gone, but not for ever
            self._discarded += len(data)
            if self._discarded > _DISCARDED_BYTES_MAX:
                self.transport.abort()
            return
        before = self._asked()
        super().data_received(data)
        if self._asked() is not before:
            self._expected()
        elif before is None or before.response_complete:
            self._expect()  # the first bytes of a further request

    def on_response_complete(self) -> None:
        before = self.cycle
        super().on_response_complete()
        if self.cycle is before and self.conn.trailing_data[0]:
            self._expect()  # half of a pipelined one

    def handle_events(self) -> None:
        """Look at what has come, unless nothing of it counts any longer."""
        if self._held is None:
            super().handle_events()

    def send_400_response(self, msg: str) -> None:
        """What was sent is no request."""
        asked, error = self._asked(), sys.exception()
        said = b""
        if asked is None or asked.response_complete or not asked.response_started:
            said = _refusal(getattr(error, "error_status_hint", 400))
        if asked is not None:
            asked.disconnected = True  # this is the answer to it
            asked.message_event.set()
        if error is not None:
            error.__traceback__ = None  # it holds the connection, and is held by it
        self._expected()
        wait_s = self._pace.wait_s(origin_of(self.client), self.loop.time())
        if not wait_s:
            self._end(said)
        elif wait_s < WAIT_S_MAX:
            self._held = self.loop.call_later(wait_s, self._end, said)
        else:  # so many wait already that one more would be work
            self.transport.abort()

    def _end(self, said: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(said)
            self.transport.close()

    def _asked(self) -> RequestResponseCycle | None:
        return self.cycle

    def _expect(self) -> None:
        if self._late is None and self._held is None:
            self._late = self.loop.call_later(self._bounds.header_s, self._close)

    def _expected(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _close(self) -> None:
        self._late = None
        if not self.transport.is_closing():
            self.transport.close()

    # ── what goes ────────────────────────────────────────────────────────────────────────────────────────────

    def pause_writing(self) -> None:
        """More waits to be taken than is kept."""
        super().pause_writing()
        if self._full is None:
            self._full = self.loop.call_later(self._bounds.taking_s, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has taken enough of it."""
        super().resume_writing()
        self._taken()

    def _taken(self) -> None:
        if self._full is not None:
            self._full.cancel()
            self._full = None


@cache  # of few statuses
def _refusal(status: int) -> bytes:
    """The answer to what is no request."""
    refusal = Problem(status, "http", "this is no request of HTTP/1.1").response()
    head = [*refusal.raw_headers, *SAFE_HEADERS, (b"connection", b"close")]
    lines = [b"HTTP/1.1 %d %s" % (status, HTTPStatus(status).phrase.encode())]
    lines += [b"%s: %s" % header for header in head]
    return b"\r\n".join([*lines, b"", bytes(refusal.body)])
