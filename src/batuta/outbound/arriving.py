"""An answer that arrives piece by piece: its head is there, its body still comes. Imported with httpcore."""

from collections.abc import AsyncIterator

import httpcore

from batuta.outbound.exchange import Trouble

__all__ = ["TROUBLES", "Arriving", "Refused", "trouble_of"]


class Refused(Exception):
    """No address of a host may be connected to."""


TROUBLES = (
    Refused,
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    OSError,
)


class Arriving:
    """What a server says, as it says it. `headers` by lower-case name, of repeated ones the last.

    It is to be closed, read to its end or not.
    """

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response
        self.status = response.status
        self.headers = {
            key.decode("latin-1").lower(): value.decode("latin-1")
            for key, value in response.headers
        }

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body as it comes, packed as its headers say. Raises `Trouble` if it breaks off."""
        try:
            async for piece in self._response.aiter_stream():
                yield piece
        except TROUBLES as error:
            if isinstance(error, TimeoutError):
                raise  # it is the reader's: nothing in here has one
            raise trouble_of(error, sent=True) from None

    async def close(self) -> None:
        """Let go of the connection; it is kept for the next request if all of the body was read."""
        await self._response.aclose()


def trouble_of(error: Exception, timeout_s: float | None = None, *, sent: bool) -> Trouble:
    """Why there is no answer, by one of `TROUBLES`; `sent`: something had left by then."""
    match error:
        case Refused():
            return Trouble(str(error), code="denied", sent=False)
        case httpcore.ConnectTimeout() | httpcore.PoolTimeout():
            return Trouble("no connection in time", code="timeout", sent=sent)
        case TimeoutError() if timeout_s is not None:
            what = "answer" if sent else "connection"
            return Trouble(f"no {what} within {timeout_s:.3g} s", code="timeout", sent=sent)
        case _:
            what = "the connection was lost" if sent else "it cannot be reached"
            text = f"{what}: {str(error)[:200] or type(error).__name__}"
            return Trouble(text, code="unavailable", sent=sent)
