"""From programs without an event loop to what is awaited."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from batuta.errors import InputError

__all__ = ["Bridge"]

T = TypeVar("T")


class Bridge:
    """An event loop that runs only while somebody waits for something."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()

    def now(self, work: Awaitable[T]) -> T:
        """What `work` comes to. Raises `InputError` where an event loop runs already."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return self._runner.run(_awaited(work))
        close: Any = getattr(work, "close", None)
        if close is not None:
            close()
        raise InputError(
            "an event loop runs here, and this client would stop it", remedy="use AsyncClient"
        )

    def close(self) -> None:
        """Let go of the loop."""
        self._runner.close()


async def _awaited(work: Awaitable[T]) -> T:
    """Some of what is awaited is no coroutine, and a runner takes nothing else."""
    return await work
