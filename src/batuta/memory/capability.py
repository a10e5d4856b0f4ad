"""A capability of memory: what is wrong with its arguments, and what the file refuses, is answered."""

from collections.abc import Awaitable, Callable
from typing import Any

from batuta.errors import InputError, MemoryFileError
from batuta.reading.schema import problems
from batuta.spec.call import Call, Done, Failed, Outcome
from batuta.spec.card import Card

__all__ = ["MemoryCapability"]


class MemoryCapability:
    """A capability with `card`; `act` gives the value of a call."""

    def __init__(self, card: Card, act: Callable[[Call], Awaitable[Any]]) -> None:
        self.card = card
        self._act = act

    async def __call__(self, call: Call) -> Outcome:
        """The value of `call`. What is refused is said by `CallFailed`, which the doorway reads."""
        flaws = problems(self.card.input, call.args)
        if flaws:
            return Failed("invalid", "; ".join(flaws))
        try:
            return Done(await self._act(call))
        except InputError as error:
            return Failed("invalid", error.in_one_line)
        except MemoryFileError as error:
            return Failed("unavailable", error.in_one_line, may_retry=True)
