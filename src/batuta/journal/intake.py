"""The first-in-first-out queue of one journal, and what became of everything that went through it.

Callers append on their event loop; a writer (a thread for SQLite, a plain call in memory) takes all that is queued,
decides which appends stand, and publishes a watermark: every append with a number up to it is settled, and those
that are not in `refused` are durable.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from batuta.errors import Conflict, InputError, JournalError
from batuta.journal.codec import REFERENCE_KEY, encode_fact, references
from batuta.ports import Receipt
from batuta.spec.facts import Fact

__all__ = ["Append", "Head", "Intake", "Put", "admit", "refusal"]

# The tails of streams that have settled are dropped when there are so many, or twice as many as are in flight.
_TAILS_MAX = 1_024


class Append(msgspec.Struct, gc=False):
    """One queued append. `counts_on` is the number of the append that it must follow in its stream, or 0."""

    number: int
    stream: str
    after: int | None
    counts_on: int
    facts: Sequence[Fact]
    bodies: list[bytes]
    refs: Sequence[str]


class Put(msgspec.Struct, gc=False):
    """One queued value."""

    number: int
    ref: str
    body: bytes


class Head(Protocol):
    """What admission has to know of a stream: the position of its last fact."""

    seq: int


class Intake:
    """The queue. `ring(urgent)` wakes the writer; urgent means that somebody waits for the result."""

    def __init__(self, ring: Callable[[bool], None]) -> None:
        self._ring = ring
        self._lock = threading.Lock()
        self._queue: deque[Append | Put] = deque()
        self._values: dict[str, Put] = {}
        self._tails: dict[str, tuple[int, int]] = {}
        self._sweep_at = _TAILS_MAX
        self._told: set[str] = set()
        self._waiters: dict[asyncio.AbstractEventLoop, list[tuple[int, asyncio.Future[None]]]] = {}
        self.issued = 0
        self.taken = 0
        self.settled = 0
        # Kept for the life of the journal: forgetting a refusal would turn it into an acknowledgement.
        # Each is one lost race or one failure of the disk.
        self.refused: dict[int, JournalError] = {}

    def append(self, stream: str, facts: Sequence[Fact], after: int | None) -> Receipt:
        """Queue `facts`; see `Journal.append`. The head in the receipt is -1 if `after` is None."""
        bodies: list[bytes] = []
        refs: list[str] = []
        for fact in facts:
            body = encode_fact(fact)
            bodies.append(body)
            if REFERENCE_KEY in body:
                refs += references(fact)
        with self._lock:
            number = self.issued = self.issued + 1
            head, counts_on = -1, 0
            if after is not None:
                # What follows an append of ours that is lost must be lost too, even if another writer has
                # since moved the head to just the position that was counted on.
                tail = self._tails.get(stream)
                if tail is None:
                    _check_name(stream)
                elif tail[1] == after:
                    counts_on = tail[0]
                head = after + len(bodies)
                self._tails[stream] = (number, head)
            self._queue.append(Append(number, stream, after, counts_on, facts, bodies, refs))
            if len(self._tails) > self._sweep_at:
                self._sweep()
        self._ring(False)
        return Receipt(number, stream, head)

    def put(self, ref: str, body: bytes) -> None:
        """Queue a value. Until it is settled, `queued_value` has it."""
        with self._lock:
            number = self.issued = self.issued + 1
            put = self._values[ref] = Put(number, ref, body)
            self._queue.append(put)
        self._ring(False)

    def queued_value(self, ref: str) -> bytes | None:
        """A value that this process has put and that is not settled yet."""
        put = self._values.get(ref)
        return None if put is None else put.body

    def take(self, appends_max: int | None = None) -> list[Append | Put]:
        """Everything queued, or everything up to and with the given number of appends."""
        queue, taken, appends = self._queue, list[Append | Put](), 0
        while queue and (appends_max is None or appends < appends_max):
            entry = queue.popleft()
            taken.append(entry)
            appends += isinstance(entry, Append)
            self.taken = entry.number
        return taken

    @property
    def pending(self) -> int:
        """How many appends and values are queued."""
        return len(self._queue)

    @property
    def has_waiters(self) -> bool:
        """True if somebody waits for an append to settle."""
        return bool(self._waiters)

    def clear(self) -> None:
        """Forget what is queued, as a crash would."""
        self._queue.clear()
        self._values.clear()

    def refuse(self, appends: Iterable[Append], error: JournalError) -> None:
        """Writer: nothing of these appends is stored."""
        for append in appends:
            self.refused[append.number] = error

    def settle(self, batch: Sequence[Append | Put]) -> None:
        """Writer: everything up to the end of `batch` is durable or refused. Wakes each waiting loop once."""
        for entry in batch:
            if isinstance(entry, Put):
                self._values.pop(entry.ref, None)
        self.settled = batch[-1].number
        for loop in list(self._waiters):
            if loop is _running_loop():
                loop.call_soon(self._wake, loop)
            else:
                try:
                    loop.call_soon_threadsafe(self._wake, loop)
                except RuntimeError:  # the loop was closed; nobody waits there any more
                    self._waiters.pop(loop, None)

    async def wait(self, number: int) -> None:
        """Return when the append with `number` is settled, however it ended."""
        if number <= self.settled:
            return
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        self._waiters.setdefault(loop, []).append((number, future))
        if number > self.taken:  # what is taken is being written already
            self._ring(True)
        if number <= self.settled:  # settled between the look and the registration
            self._wake(loop)
        await future

    def raise_if_refused(self, receipt: Receipt) -> None:
        """Raise why the append of `receipt` was refused, if it was."""
        error = self.refused.get(receipt.number)
        if error is not None:
            self._told.add(receipt.stream)
            raise refusal(error)

    def looked(self, stream: str) -> None:
        """Somebody reads `stream`. If a refusal in it was told before, the driver knows where it really ends.

        One without the other proves nothing: others read too, and others wait for commits.
        """
        if stream in self._told:
            self._told.discard(stream)
            self.begin(stream)

    def begin(self, stream: str) -> None:
        """A driver begins with `stream`: what it appends no longer counts on an append that was refused."""
        tail = self._tails.get(stream)
        if tail is not None and tail[0] in self.refused:
            del self._tails[stream]

    def _sweep(self) -> None:
        for stream, (number, _) in list(self._tails.items()):
            if number <= self.settled and number not in self.refused:
                del self._tails[stream]
        self._sweep_at = _TAILS_MAX + 2 * len(self._tails)

    def _wake(self, loop: asyncio.AbstractEventLoop) -> None:
        waiting = self._waiters.pop(loop, None)
        if waiting is None:
            return
        settled = self.settled
        later = [entry for entry in waiting if entry[0] > settled]
        if later:
            self._waiters[loop] = later
        for number, future in waiting:
            if number <= settled and not future.done():
                future.set_result(None)


def admit(
    append: Append,
    head: Head,
    refused: Mapping[int, JournalError],
    stored: Callable[[str], bool],
) -> JournalError | None:
    """Why `append` must not be stored behind `head`, or None: the only rule about who may append."""
    if append.counts_on in refused:
        return refused[append.counts_on]
    if append.after is not None and append.after != head.seq:
        return Conflict(
            f"{append.stream} stands at {head.seq}, not at {append.after}: another writer was first",
            remedy="read the stream again and decide anew",
        )
    missing = next((ref for ref in append.refs if not stored(ref)), None)
    if missing is not None:
        return JournalError(
            f"a fact for {append.stream} refers to the value {missing}, which is not stored",
            remedy="store the value again, then append the fact again",
        )
    return None


def refusal(error: JournalError) -> JournalError:
    """A fresh error of the same kind: one object must not collect the tracebacks of everybody who waits."""
    return type(error)(error.message, remedy=error.remedy)


def _check_name(stream: str) -> None:
    if not stream or not stream.isprintable():
        raise InputError(
            f"{stream!r} cannot name a run",
            remedy="use letters, digits, dots, dashes and underscores",
        )


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
