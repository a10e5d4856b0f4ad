"""`thread.read`, `thread.add`: the memory of a workspace as capabilities. Nothing is opened before the first call."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from batuta.errors import MemoryFileError
from batuta.memory.cards import THREAD_ADD, THREAD_READ
from batuta.ports import Capability, Clock
from batuta.reading.schema import problems
from batuta.spec.call import Call, Done, Failed, Outcome
from batuta.spec.card import Card

__all__ = ["Memory", "MemoryCapability"]


class Memory:
    """What a workspace remembers. `capabilities`: what every workspace has of it."""

    def __init__(self, root: Path, clock: Clock) -> None:
        self._root = root
        self._clock = clock
        self._connection: Any = None
        self._opening = threading.Lock()
        self.capabilities: list[Capability] = [
            MemoryCapability(THREAD_READ, self._read),
            MemoryCapability(THREAD_ADD, self._add),
        ]

    async def close(self) -> None:
        """Let go of the file."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await asyncio.to_thread(connection.close)

    def _read(self, call: Call) -> Any:
        from batuta.memory.threads import AT_MOST_DEFAULT

        return self._threads(create=False).read(
            call.args["thread"], call.args.get("at_most", AT_MOST_DEFAULT)
        )

    def _add(self, call: Call) -> Any:
        args = call.args
        return self._threads(create=True).add(
            args["thread"], args["messages"], self._by(call), after=args.get("after")
        )

    def _threads(self, *, create: bool) -> Any:
        from batuta.memory.threads import Threads

        return Threads(self._opened(create=create))

    def _opened(self, *, create: bool) -> Any:
        from batuta.memory.database import MEMORY_FILE, open_memory

        path = self._root / MEMORY_FILE
        with self._opening:
            if self._connection is None and (create or path.exists()):
                self._connection = open_memory(path, create=create)
            return self._connection

    def _by(self, call: Call) -> Any:
        from batuta.memory.database import By

        return By(self._clock.now(), call.run, call.path, call.key)


class MemoryCapability:
    """A capability with `card`; `act` gives the value of a call, in a thread."""

    def __init__(self, card: Card, act: Callable[[Call], Any]) -> None:
        self.card = card
        self._act = act

    async def __call__(self, call: Call) -> Outcome:
        """The value of `call`. What a store refuses is said by `CallFailed`, which the doorway reads."""
        flaws = problems(self.card.input, call.args)
        if flaws:
            return Failed("invalid", "; ".join(flaws))
        try:
            return Done(await asyncio.to_thread(self._act, call))
        except MemoryFileError as error:
            return Failed("unavailable", error.in_one_line, may_retry=True)
