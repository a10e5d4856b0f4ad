"""The memory of a workspace as capabilities: `thread.*`, and four for every collection. Nothing is opened before the
first call."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from batuta.memory.capability import MemoryCapability
from batuta.memory.cards import (
    AT_MOST_DEFAULT,
    LIMIT_DEFAULT,
    THREAD_ADD,
    THREAD_FORGET,
    THREAD_READ,
    collection_cards,
)
from batuta.ports import Capability, Clock
from batuta.reading.memory import MemoryConfig
from batuta.spec.call import Call

__all__ = ["MEMORY_FILE", "Memory"]

# Where a workspace keeps its memory, below its folder.
MEMORY_FILE = Path(".batuta") / "memory.sqlite"


class Memory:
    """What a workspace remembers. `capabilities`: what plans can do with it. `finding`: see `Finding`.

    `read_only`: for who only looks at what is there.
    """

    def __init__(
        self,
        root: Path,
        clock: Clock,
        settings: Mapping[str, MemoryConfig],
        finding: Any,
        *,
        read_only: bool = False,
    ) -> None:
        self.path = root / MEMORY_FILE
        self._clock = clock
        self._settings = dict(settings)
        self._finding = finding
        self._read_only = read_only
        self._connection: Any = None
        self._opening = threading.Lock()
        self._recalls: dict[str, Any] = {}
        self.capabilities: list[Capability] = [
            MemoryCapability(THREAD_READ, _in_thread(self._read)),
            MemoryCapability(THREAD_ADD, _in_thread(self._add)),
            MemoryCapability(THREAD_FORGET, _in_thread(self._forget_thread)),
        ]
        for name, one in self._settings.items():
            cards = collection_cards(name, one)
            acts: dict[str, Callable[[str, Call], Any]] = {
                "remember": self._remember,
                "correct": self._correct,
                "forget": self._forget,
            }
            self.capabilities.append(MemoryCapability(cards["recall"], partial(self._recall, name)))
            self.capabilities.extend(
                MemoryCapability(cards[verb], _in_thread(partial(act, name)))
                for verb, act in acts.items()
            )

    async def close(self) -> None:
        """Let go of the file."""
        await asyncio.to_thread(self.let_go)

    def let_go(self) -> None:
        """The same for who has no loop."""
        connection, self._connection = self._connection, None
        self._recalls.clear()
        if connection is not None:
            connection.close()

    def connection(self, *, create: bool = False) -> Any:
        """The open file; None if there is none (unless `create`). Raises `MemoryFileError`."""
        from batuta.memory.database import open_memory

        with self._opening:
            if self._connection is None and (create or self.path.exists()):
                self._connection = open_memory(self.path, create=create, read_only=self._read_only)
            return self._connection

    def threads(self, *, create: bool = False) -> Any:
        """The `Threads` of the workspace. Raises `MemoryFileError`."""
        from batuta.memory.threads import Threads

        return Threads(self.connection(create=create))

    def collection(self, name: str) -> Any:
        """The `Memories` of that name, which are there afterwards. Raises `MemoryFileError`."""
        from batuta.memory.memories import Memories, make_collection

        connection = self.connection(create=True)
        return Memories(connection, make_collection(connection, name))

    def forget_thread(self, thread: str, by: Any) -> dict[str, Any]:
        """Erase a thread, and overwrite it; see `Threads.forget`."""
        answer = self.threads().forget(thread, by)
        if self._connection is not None:
            self._connection.compact()
        return answer

    def forget(self, name: str, by: Any, *, id_: str = "", about: str = "") -> dict[str, Any]:
        """Erase a memory or all about somebody, and overwrite it; see `Memories.forget`."""
        answer = self.collection(name).forget(by, id_=id_, about=about)
        self._connection.compact()
        return answer

    async def recall(self, name: str, query: str, *, about: str, limit: int) -> dict[str, Any]:
        """The document of a recall from the collection `name`.

        Raises:
            MemoryFileError. InputError: the query is wrong, or something is not installed.
            CallFailed: `about` is no name.
        """
        from batuta.memory.memories import find_collection
        from batuta.memory.naming import checked_name
        from batuta.memory.recall import NOTHING, Recall

        about = checked_name(about, "about") if about else ""
        settings = self._settings[name]
        known = self._recalls.get(name)
        if known is None:
            connection = await asyncio.to_thread(self.connection)
            if connection is None:
                return NOTHING
            number = await asyncio.to_thread(find_collection, connection, name)
            if number is None:
                return NOTHING
            known = Recall(connection, number, self._finding, settings.embedder)
            known = self._recalls.setdefault(name, known)
        since = self._clock.now() - settings.keep_s if settings.keep_s is not None else 0.0
        return await known.recall(query, about=about, limit=limit, since=since)

    def erase(self, *, quiet_s: float, unfinished: Collection[str] | None) -> dict[str, int]:
        """Erase what its time has come for; see `keeping.erase`. Raises `MemoryFileError`."""
        from batuta.memory.keeping import erase

        connection = self.connection()
        if connection is None:
            return {"memories": 0, "threads": 0}
        now = self._clock.now()
        return erase(connection, self._settings, now=now, quiet_s=quiet_s, unfinished=unfinished)

    # ── capabilities ─────────────────────────────────────────────────────────────────────────────────────────────

    def _read(self, call: Call) -> Any:
        return self.threads().read(call.args["thread"], call.args.get("at_most", AT_MOST_DEFAULT))

    def _add(self, call: Call) -> Any:
        args = call.args
        return self.threads(create=True).add(
            args["thread"], args["messages"], self._by(call), after=args.get("after")
        )

    def _forget_thread(self, call: Call) -> Any:
        return self.forget_thread(call.args["thread"], self._by(call))

    async def _recall(self, name: str, call: Call) -> Any:
        args = call.args
        return await self.recall(
            name,
            args["query"],
            about=args.get("about") or "",
            limit=args.get("limit", LIMIT_DEFAULT),
        )

    def _remember(self, name: str, call: Call) -> Any:
        args = call.args
        about, source = args.get("about") or "", args.get("source") or ""
        return self.collection(name).remember(
            args["text"], self._by(call), about=about, source=source
        )

    def _correct(self, name: str, call: Call) -> Any:
        return self.collection(name).correct(call.args["id"], call.args["text"], self._by(call))

    def _forget(self, name: str, call: Call) -> Any:
        return self.forget(
            name,
            self._by(call),
            id_=call.args.get("id") or "",
            about=call.args.get("about") or "",
        )

    def _by(self, call: Call) -> Any:
        from batuta.memory.database import By

        return By(self._clock.now(), call.run, call.path, call.key)


def _in_thread(act: Callable[[Call], Any]) -> Callable[[Call], Awaitable[Any]]:
    async def acting(call: Call) -> Any:
        return await asyncio.to_thread(act, call)

    return acting
