"""The one thread that writes: it takes all that is queued, stores it in one transaction, and wakes who waits.

Waiting for the disk is what a commit costs, so everything that was queued meanwhile shares the next one.
"""

import asyncio
import contextlib
import queue
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

import apsw

from batuta.errors import BatutaError, Bug, Conflict, JournalError
from batuta.journal.file.database import Database
from batuta.journal.file.failures import translate
from batuta.journal.file.store import Outcome, Store
from batuta.journal.intake import Append, Intake, Put
from batuta.journal.watchers import Watchers

__all__ = ["Writer"]

T = TypeVar("T")

# What nobody waits for is flushed within this time (s; contract, 3), so that a busy run shares its commits.
_FLUSH_S = 0.005
# How often to look for facts of other processes while somebody watches (s). They are noticed within 100 ms.
_POLL_S = 0.05


class Writer:
    """The thread and its queue. Watchers hear of facts that others commit behind `seen` (a `gseq`)."""

    def __init__(
        self,
        connect: Callable[[], Database],
        now: Callable[[], float],
        seen: int,
        watchers: Watchers,
        path: str,
    ) -> None:
        self._connect = connect
        self._now = now
        self._seen = seen
        self._watchers = watchers
        self._path = path
        self.intake = Intake(self._ring)
        self.losses = 0
        self._lost: dict[str, JournalError] = {}
        self._jobs: deque[tuple[Callable[[Store], Any], asyncio.Future[Any]]] = deque()
        self._bell: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._idle = False
        self._urgent = False
        self._closing = False
        self._start_lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread if it does not run yet."""
        with self._start_lock:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name=f"batuta-journal {self._path}", daemon=True
                )
                self._thread.start()

    async def run(self, job: Callable[[Store], T]) -> T:
        """Run `job` in the thread, behind everything queued so far; in a transaction if it opens one."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._jobs.append((job, future))
        self.start()
        self._ring(True)
        return await future

    def nudge(self) -> None:
        """Somebody has begun to watch: look at the clock again."""
        self.start()
        self._ring(True)

    def close(self) -> None:
        """Write what is queued, end the thread and close its connection. Blocks."""
        self._closing = True
        if self._thread is not None:
            self._bell.put(None)
            self._thread.join()

    def _ring(self, urgent: bool) -> None:
        if self._thread is None:
            self.start()
        if urgent and not self._urgent:
            self._urgent = True
            self._bell.put(None)
        elif self._idle:
            self._idle = False
            self._bell.put(None)

    def _run(self) -> None:
        try:
            db = self._connect()
        except Exception as error:
            self._refuse_for_ever(translate(error, self._path))
            return
        try:
            store = Store(db, self._now, self._seen)
            while self._await_work(store):
                self._urgent = False
                batch = self.intake.take()
                if batch:
                    self._write(store, batch)
                while self._jobs:
                    self._work(store, *self._jobs.popleft())
        except Exception as error:
            self._refuse_for_ever(
                Bug(f"the journal's writer has died: {error!r}", remedy="report this")
            )
            raise
        finally:
            db.close()

    def _await_work(self, store: Store) -> bool:
        """Block until there is something to write; False when the journal is closed and all is written."""
        while not self.intake.pending and not self._jobs:
            if self._closing:
                return False
            self._idle = True
            # Whoever queues after this line sees that we are idle and rings.
            if not self.intake.pending and not self._jobs and not self._closing:
                self._pause(_POLL_S if self._watchers else None)
            self._idle = False
            self._urgent = False
            # Before it writes, the store looks at what others have done, too.
            if self._watchers and not self.intake.pending:
                self._poll(store)
        if not self._urgent and not self._jobs and not self._closing:
            self._pause(_FLUSH_S)
        return True

    def _pause(self, timeout_s: float | None) -> None:
        with contextlib.suppress(queue.Empty):
            self._bell.get(timeout=timeout_s)

    def _poll(self, store: Store) -> None:
        try:
            store.look()
        except apsw.Error:
            return  # whoever reads next gets the error with its reason; a look is no place to fail
        self._watchers.tell(store.take_foreign(), own=False)

    def _write(self, store: Store, batch: list[Append | Put]) -> None:
        appends = [entry for entry in batch if isinstance(entry, Append)]
        try:
            outcome = store.write(batch, self.intake.refused)
        except Exception as error:
            self.losses += 1
            outcome = Outcome()
            refusal = _as_journal_error(translate(error, self._path))
            self.intake.refuse(appends, refusal)
            self._lost |= {entry.ref: refusal for entry in batch if isinstance(entry, Put)}
        else:
            if self._lost:
                self._say_why_values_are_missing(batch, outcome.refused)
            self.intake.refused.update(outcome.refused)
            self.losses += bool(outcome.refused)  # perhaps for a value that is gone
        self.intake.settle(batch)
        self._watchers.tell(outcome.landed, own=True)
        self._watchers.tell(outcome.outside, own=False)
        self._watchers.tell(store.take_foreign(), own=False)

    def _say_why_values_are_missing(
        self, batch: list[Append | Put], refused: dict[int, JournalError]
    ) -> None:
        """A value has no receipt: that it was not stored, and why, comes out with the fact that refers to it.

        And with every append that counts on that one: they were refused with the same words.
        """
        said: dict[int, JournalError] = {}
        for entry in batch:
            if isinstance(entry, Put):
                self._lost.pop(entry.ref, None)
                continue
            refusal = refused.get(entry.number)
            if refusal is None or isinstance(refusal, Conflict):
                continue
            for ref in self._lost.keys() & entry.refs:
                said[id(refusal)] = self._lost[ref]
            refused[entry.number] = said.get(id(refusal), refusal)

    def _work(self, store: Store, job: Callable[[Store], Any], future: asyncio.Future[Any]) -> None:
        result: Any = None
        failure: BatutaError | None = None
        try:
            result = job(store)
        except Exception as error:
            failure = translate(error, self._path)
            failure.__cause__ = error

        def done() -> None:
            if future.done():
                return
            if failure is None:
                future.set_result(result)
            else:
                future.set_exception(failure)

        try:
            future.get_loop().call_soon_threadsafe(done)
        except RuntimeError:
            return  # that loop was closed; nobody waits for the result

    def _refuse_for_ever(self, error: BatutaError) -> None:
        """The thread cannot go on: say so to everybody who waits, now and later."""
        refusal = _as_journal_error(error)
        while not self._closing:
            batch = self.intake.take()
            appends = [entry for entry in batch if isinstance(entry, Append)]
            self.intake.refuse(appends, refusal)
            if batch:
                self.intake.settle(batch)
            while self._jobs:
                _, future = self._jobs.popleft()
                future.get_loop().call_soon_threadsafe(future.set_exception, refusal)
            self._urgent = False
            self._idle = True
            if not self.intake.pending and not self._jobs:
                self._pause(None)


def _as_journal_error(error: BatutaError) -> JournalError:
    if isinstance(error, JournalError):
        return error
    return JournalError(error.message, remedy=error.remedy)
