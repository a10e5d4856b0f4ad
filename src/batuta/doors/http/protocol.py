"""Connections as uvicorn has them, with bounds on how slowly something may come and go, and problems as answers."""

import asyncio
import sys
from functools import partial
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from batuta.doors.http.frame import SAFE_HEADERS
from batuta.doors.http.problems import Problem

__all__ = ["protocol"]


def protocol(header_s: float, taking_s: float) -> type[asyncio.Protocol]:
    """What uvicorn makes of every connection.

    One whose request does not come within `header_s` is closed, and one whose client does not take what is sent to it
    for `taking_s`: uvicorn would wait for both for ever, and what waits to be taken is memory of ours.
    """
    made: Any = partial(_Connection, header_s=header_s, taking_s=taking_s)
    return made


# Nobody that is known, who was refused so often in a row on one connection, is heard there again after so many
# seconds each time: what guesses keys has the time of others otherwise.
_REFUSED_MAX, _HELD_S = 20, 0.25


class _Connection(H11Protocol):
    def __init__(self, *args: Any, header_s: float, taking_s: float, **named: Any) -> None:
        super().__init__(*args, **named)
        self._header_s = header_s
        self._taking_s = taking_s
        self._late: asyncio.TimerHandle | None = None
        self._full: asyncio.TimerHandle | None = None
        self._held: asyncio.TimerHandle | None = None
        self._refused = 0
        self.app_state = {**self.app_state, "answered": self._answered}

    # ── what comes ───────────────────────────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        self._expected()
        self._taken()
        if self._held is not None:
            self._held.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        before = self._asked()
        super().data_received(data)
        if self._asked() is not before:
            self._expected()
        elif before is None or before.response_complete:
            self._expect()  # the first bytes of a further request

    def on_response_complete(self) -> None:
        before = self.cycle
        if self._refused > _REFUSED_MAX and not self.transport.is_closing():
            self._held = self.loop.call_later(_HELD_S, self._release)
        super().on_response_complete()
        if self._held is not None:
            self.flow.pause_reading()
        if self.cycle is before and self.conn.trailing_data[0]:
            self._expect()  # half of a pipelined one

    def handle_events(self) -> None:
        """Look at what has come, unless that has to wait."""
        if self._held is None:
            super().handle_events()

    def _answered(self, status: int, known: bool) -> None:
        """The application begins to answer; `known`: it knows who has asked."""
        self._refused = 0 if known else self._refused + (status >= 400)

    def _release(self) -> None:
        self._held, before = None, self._asked()
        if not self.transport.is_closing():
            self.flow.resume_reading()
            self.handle_events()
        if self._asked() is not before:
            self._expected()

    def send_400_response(self, msg: str) -> None:
        """What was sent is no request."""
        asked = self._asked()
        if asked is None or asked.response_complete or not asked.response_started:
            status = getattr(sys.exception(), "error_status_hint", 400)
            refusal = Problem(status, "http", "this is no request of HTTP/1.1").response()
            head = [*refusal.raw_headers, *SAFE_HEADERS, (b"connection", b"close")]
            lines = [b"HTTP/1.1 %d %s" % (status, HTTPStatus(status).phrase.encode())]
            lines += [b"%s: %s" % header for header in head]
            self.transport.write(b"\r\n".join([*lines, b"", bytes(refusal.body)]))
        self.transport.close()

    def _asked(self) -> RequestResponseCycle | None:
        return self.cycle

    def _expect(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(self._header_s, self._close)

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
            self._full = self.loop.call_later(self._taking_s, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has taken enough of it."""
        super().resume_writing()
        self._taken()

    def _taken(self) -> None:
        if self._full is not None:
            self._full.cancel()
            self._full = None
