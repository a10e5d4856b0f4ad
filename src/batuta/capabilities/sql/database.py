"""One database of the workspace: opened when first asked, asked in threads, interrupted when nobody waits any more."""

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Callable, Generator, Mapping
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from batuta.capabilities.sql.running import Backend, Bounds, Rows, Running, Statement
from batuta.capabilities.sql.sqlite_file import schema_version
from batuta.capabilities.sql.trouble import Trouble
from batuta.capabilities.threads import Threads
from batuta.reading.databases import Database
from batuta.spec.call import Call
from batuta.spec.card import Reach

__all__ = ["CONNECT_S", "OpenDatabase"]

# Connections, and threads, of one database; more calls wait for one of them.
COUNT_MAX = 4
# What connecting may take before the time of the statement begins, in seconds.
CONNECT_S = 5.0
# So much longer than the database do we wait for it to notice that the time is over.
_GRACE_S = 0.5
# So much earlier than the caller do we stop, to say ourselves what happened.
_EARLY_S = 0.1
# How long `close` waits for statements to be interrupted.
_CLOSE_S = 2.0
_OWN_FOLDER = ".batuta"

T = TypeVar("T")


class OpenDatabase:
    """A database and what is known of it. Thread-safe; `close` it.

    `environment`: what `env:NAME` is looked up in, when the database is first asked.
    """

    def __init__(
        self, name: str, config: Database, root: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.config = config
        self._root = root
        self._environment = os.environ if environment is None else environment
        self._threads = Threads(COUNT_MAX)
        self._running: set[Running] = set()
        self._ended = threading.Condition()
        self._lock = threading.Lock()
        self._backend: Backend | None = None

    @property
    def address(self) -> str:
        """Where it is, without user, password and options; "" if that is not known. Not to be shown."""
        url = self._url()
        if url.startswith("sqlite:"):
            return url.partition("?")[0]
        try:
            parts = urlsplit(url)
            return f"{parts.hostname}:{parts.port}{parts.path}" if url else ""
        except ValueError:
            return ""

    @property
    def reach(self) -> Reach:
        """How far a statement goes: a file is local unless the workspace says otherwise, a server is not."""
        reach, url = self.config.reach, self.config.url
        return (
            "local"
            if reach == "local" or (reach is None and url.startswith("sqlite:"))
            else "egress"
        )

    def version(self) -> str:
        """What changes with the schema and is cheap to know: of a file. "" otherwise. Blocks."""
        url = self._url()
        if not url.startswith("sqlite:"):
            return ""
        try:
            return schema_version(self._file(url))
        except Trouble:
            return ""

    async def read(self, call: Call, build: Callable[[Backend], Statement]) -> Rows:
        """What the statement gives that `build` makes. Raises `Trouble`."""

        def work(backend: Backend, running: Running) -> Rows:
            statement = build(backend)
            return backend.read(statement, self._bounds.narrowed(statement.rows), running)

        return await self._work(call, work)

    async def write(self, call: Call, build: Callable[[Backend], Statement]) -> Rows:
        """What the statement gives, committed. Raises `Trouble`."""
        return await self._work(call, lambda one, run: one.write(build(one), self._bounds, run))

    async def look(self, work: Callable[[Backend], T], timeout_s: float) -> T:
        """What `work` finds out about the database, in a thread. Raises `Trouble`."""
        try:
            async with asyncio.timeout(timeout_s):
                return await self._threads.run(lambda: work(self.backend()))
        except TimeoutError:
            raise Trouble("timeout", "the database did not answer", may_retry=True) from None

    async def close(self) -> None:
        """Interrupt what is running and let go of the connections."""
        for one in tuple(self._running):
            one.stop()
        if self._running:
            await asyncio.to_thread(self._wait_until_idle)
        if self._backend is not None:
            self._backend.close()

    @property
    def _bounds(self) -> Bounds:
        return Bounds(self.config.rows_max, self.config.bytes_max)

    async def _work(self, call: Call, work: Callable[[Backend, Running], T]) -> T:
        left_s = min(call.deadline - time.time() - _EARLY_S, self.config.timeout + CONNECT_S)
        if left_s <= 0:
            raise Trouble("timeout", "no time was left", may_retry=True)
        running = Running(time.monotonic() + left_s)
        try:
            async with asyncio.timeout(left_s + _GRACE_S / 2):
                return await self._threads.run(partial(self._worked, running, work))
        except TimeoutError:
            running.stop()
            raise _unanswered(running) from None
        except asyncio.CancelledError:
            running.stop()
            raise

    def _worked(self, running: Running, work: Callable[[Backend, Running], T]) -> T:
        """In a thread: the time of the statement begins when it gets one."""
        running.check()
        with self._ended:
            self._running.add(running)
        try:
            backend = self.backend()
            running.deadline = min(running.deadline, time.monotonic() + self.config.timeout)
            return work(backend, running)
        finally:
            with self._ended:
                self._running.discard(running)
                self._ended.notify_all()

    def _wait_until_idle(self) -> None:
        with self._ended:
            self._ended.wait_for(lambda: not self._running, _CLOSE_S)

    def backend(self) -> Backend:
        """The database, opened. Blocks. Raises `Trouble` if its address or its driver is missing."""
        with self._lock:
            if self._backend is None:
                self._backend = self._opened()
            return self._backend

    def _url(self) -> str:
        url = self.config.url
        if url.startswith("env:"):
            return self._environment.get(url.removeprefix("env:"), "")
        return url

    def _opened(self) -> Backend:
        url = self._url()
        if not url:
            name = self.config.url.removeprefix("env:")
            raise Trouble("unavailable", f"the environment has no {name}", f"export {name}=…")
        scheme = url.partition(":")[0].partition("+")[0]
        with _installed(scheme):
            if scheme == "sqlite":
                from batuta.capabilities.sql.sqlite import Sqlite  # SQLAlchemy: 150 ms

                return Sqlite(self._file(url), COUNT_MAX)
            if scheme in ("postgres", "postgresql"):
                from batuta.capabilities.sql.postgres import Postgres

                return Postgres(url, COUNT_MAX)
        raise Trouble(
            "unsupported",
            "reading cannot be enforced for a database of this kind",
            "SQLite and Postgres are supported",
        )

    def _file(self, url: str) -> Path:
        path = unquote(url.partition("?")[0]).partition(":///")[2]
        file = (self._root / path).resolve()
        if not path or path == ":memory:" or "\0" in path:
            raise Trouble("invalid", "this address names no file", "write sqlite:///orders.db")
        if file.is_relative_to((self._root / _OWN_FOLDER).resolve()):
            # A second SQLite in this process that closes the file would take the journal's locks away.
            raise Trouble("forbidden", "the files of Batuta itself are not to be queried")
        return file


def _unanswered(running: Running) -> Trouble:
    return Trouble(
        "timeout",
        "the database did not answer in time",
        "narrow the statement, or raise `timeout` of the database in batuta.yaml",
        may_retry=True,
    )


@contextlib.contextmanager
def _installed(scheme: str) -> Generator[None]:
    try:
        yield
    except ImportError as error:
        extra = "sql" if scheme == "sqlite" or "sqlalchemy" in str(error) else "postgres"
        raise Trouble(
            "unavailable",
            f"what speaks to this database is not installed ({error.name})",
            f"pip install 'batuta[{extra}]'",
        ) from None
