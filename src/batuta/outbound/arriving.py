"""An answer that arrives piece by piece: its head is there, its body still comes. Imported with httpcore."""

from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager

import httpcore

from batuta.outbound.exchange import Trouble

__all__ = ["Arriving", "Refused", "troubles"]


class Refused(Exception):
    """No address of a host may be connected to."""


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
        with troubles([True]):
            async for piece in self._response.aiter_stream():
                yield piece

    async def close(self) -> None:
        """Let go of the connection; it is kept for the next request if all of the body was read."""
        await self._response.aclose()


@contextmanager
def troubles(sent: list[bool], timeout_s: float | None = None) -> Generator[None]:
    """What goes wrong in here as `Trouble`; `sent` holds whether anything had left by then."""
    try:
        yield
    except TimeoutError:
        if timeout_s is None:
            raise
        what = "answer" if sent[0] else "connection"
        message = f"no {what} within {timeout_s:.3g} s"
        raise Trouble(message, code="timeout", sent=sent[0]) from None
    except Refused as error:
        raise Trouble(str(error), code="denied", sent=False) from None
    except (httpcore.ConnectTimeout, httpcore.PoolTimeout):
        raise Trouble("no connection in time", code="timeout", sent=sent[0]) from None
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
        what = "the connection was lost" if sent[0] else "it cannot be reached"
        text = f"{what}: {str(error)[:200] or type(error).__name__}"
        raise Trouble(text, code="unavailable", sent=sent[0]) from None
