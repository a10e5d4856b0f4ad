"""What is known of one request on its way: whether it has left, and what came back instead of an answer."""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from batuta.outbound.exchange import Answer, Trouble

__all__ = ["Sending", "current"]


class Sending:
    """One request. What carries it, in whatever task, finds it in `current`.

    Attributes:
        until: when nobody waits for it any more, in seconds of the loop's clock; None: nobody counts.
        left: False if certainly nothing of it has left.
        trouble: why there is no answer, if the transport knows.
        refusal: an HTTP answer that is none of MCP.
        ask: hands a question of the server to people, and gives what is to be answered; None: nobody is there, or
            somebody is thinking already.
        unasked: a question that nobody was there for.
        again: it was sent once more, for the server had done nothing with it.
    """

    __slots__ = ("again", "ask", "left", "refusal", "trouble", "unasked", "until")

    def __init__(self, until: float | None = None) -> None:
        self.until = until
        self.left = False
        self.trouble: Trouble | None = None
        self.refusal: Answer | None = None
        self.ask: Callable[[Any], Awaitable[Any]] | None = None
        self.unasked = ""
        self.again = False


# Tasks that are made on the way of a request inherit it.
current: ContextVar[Sending | None] = ContextVar("batuta_mcp_sending", default=None)
