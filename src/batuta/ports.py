"""The seams. Each has a real stand-in and, where others may implement it, a conformance suite in `batuta.testing`."""

import random
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from batuta.spec.call import Call, Outcome
from batuta.spec.card import Card
from batuta.spec.facts import Fact

__all__ = [
    "WORKSPACE",
    "Capability",
    "Catalog",
    "Chance",
    "Clock",
    "Embedder",
    "Journal",
    "Judge",
    "Layer",
    "Log",
    "Perform",
    "Priced",
    "Progress",
    "Receipt",
    "Reconciling",
    "Row",
    "RunRow",
    "Sharing",
    "Sink",
    "Values",
    "Verdict",
]


class Capability(Protocol):
    """Anything that can be called. Never raises what it can answer; the doorway catches the rest."""

    @property
    def card(self) -> Card: ...

    async def __call__(self, call: Call) -> Outcome: ...


class Priced(Protocol):
    """A capability that knows more of what a call costs than its card: the most that one with these arguments can."""

    def price(self, args: Mapping[str, Any]) -> int:
        """In nano-dollars, never more than the card says. Pure: the same arguments, the same price."""
        ...


class Sharing(Protocol):
    """A capability that changes nothing in its arguments, and is given what came of earlier rounds without a copy.

    It may remember such a value by its identity, as long as it keeps it: nobody else changes it either.
    """

    @property
    def shares(self) -> bool: ...


class Reconciling(Protocol):
    """A capability whose card says `in_doubt: reconcile`: asked by key what became of a call.

    `Done(value)`: it happened. `Failed(may_retry=True)`: it did not. Anything else: nobody knows.
    """

    async def reconcile(self, call: Call) -> Outcome: ...


Perform = Callable[[Call], Awaitable[Outcome]]


class Layer(Protocol):
    """What wraps a call has the type of a call."""

    async def __call__(self, call: Call, inner: Perform) -> Outcome: ...


class Catalog(Protocol):
    """The capabilities of a workspace by name."""

    def get(self, name: str) -> Capability:
        """Raises `NotFound`, with the nearest names as remedy."""
        ...

    def cards(self) -> Mapping[str, Card]: ...


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """What the policy says of one call: `allow`, `ask` (a person, of `who`) or `deny`, and by which rule."""

    word: str = "allow"
    rule: str = ""
    reason: str = ""
    who: tuple[str, ...] = ()


class Embedder(Protocol):
    """Texts as directions in a space, in which what means the same lies close together."""

    @property
    def name(self) -> str:
        """Identity with version: vectors of one name can be compared, and are kept under it."""
        ...

    @property
    def dim(self) -> int:
        """How many numbers a vector has; 0 while nobody has asked a server that knows."""
        ...

    @property
    def even(self) -> float:
        """The cosine between a question and a text at which it is as likely relevant as not."""
        ...

    async def embed(self, texts: Sequence[str], *, question: bool = False) -> Any:
        """A float32 array (n, dim) of NumPy with rows of unit length; zeros for a text that says nothing.

        `question`: the texts are asked, not kept. Somebody waits for it: what is down is not asked again and again.

        Raises:
            CallFailed: it cannot be asked now. InputError: it is not installed, or not configured.
        """
        ...


class Judge(Protocol):
    """The policy: a pure function of card and arguments."""

    def __call__(self, card: Card, args: Any, path: str) -> Verdict: ...


class Clock(Protocol):
    """Time, so that tests and the simulator can own it. Seconds of the Unix epoch; may jump."""

    def now(self) -> float: ...


class Chance(msgspec.Struct, frozen=True):
    """Where the engine gets chance from, so that the simulator can own it.

    `roll` gives numbers uniform in 0..1 (jitter), `entropy` unguessable bytes (salts of commitments).
    """

    roll: Callable[[], float] = random.random
    entropy: Callable[[int], bytes] = secrets.token_bytes


class Progress(msgspec.Struct, frozen=True):
    """Weather: something a running attempt reports. `reset` takes back what earlier attempts reported."""

    run: str
    path: str
    attempt: int
    data: Any = None
    reset: bool = False


class Sink(Protocol):
    """Where progress goes. Must return at once and never raise."""

    def __call__(self, progress: Progress) -> None: ...


class Row(msgspec.Struct, frozen=True, gc=False):
    """A fact as it stands in a journal: `gseq` orders the whole journal, `seq` its stream (from 1)."""

    gseq: int
    stream: str
    seq: int
    fact: Fact


class RunRow(msgspec.Struct, frozen=True):
    """The projection of a run that lists are made of; rebuilt from the log when in doubt.

    `status` is succeeded, failed, cancelled, waiting or running; `owner` "" if nobody drives it; times in seconds.
    """

    run: str
    status: str
    plan: str
    accepted_at: float
    updated_at: float
    wake_at: float | None
    owner: str
    head: int


class Receipt(msgspec.Struct, frozen=True, gc=False):
    """What `append` gives at once: the number of the append in this journal's queue, and where it will stand."""

    number: int
    stream: str
    head: int


class Log(Protocol):
    """Append-only streams of facts, one per run (named by its id) and `WORKSPACE`.

    One first-in-first-out queue: what is committed is always a prefix of what was appended; a commit for one
    append commits everything appended before it. Errors: `JournalError` and its children.
    """

    @property
    def owner(self) -> str:
        """The identity under which this process claims runs; dead when its operating-system lock is free."""
        ...

    @property
    def epoch(self) -> int:
        """One more with every restore."""
        ...

    def append(self, stream: str, facts: Sequence[Fact], *, after: int | None) -> Receipt:
        """Queue `facts` for `stream`, to stand right after position `after` (None: wherever the end is).

        Returns at once; nothing is durable yet. If the head of the stream is not `after` when the queue gets
        there, nothing of this append is stored and `commit` of its receipt raises `Conflict`; so do later
        appends that counted on it. They are flushed within 5 ms even if nobody waits.
        """
        ...

    async def commit(self, receipt: Receipt) -> None:
        """Return when the append of `receipt` and everything queued before it is durable.

        Raises:
            Conflict: the append was refused (see `append`).
            JournalFull, JournalError: it could not be written; nothing of it is stored, nor of what follows in
                the same stream.
        """
        ...

    async def flush(self) -> None:
        """Return when everything queued so far was either committed or refused."""
        ...

    async def read(self, stream: str, *, after: int = 0) -> list[Row]:
        """The committed facts of `stream` behind position `after`, in order."""
        ...

    async def read_all(self, *, after: int = 0, limit: int = 1000) -> list[Row]:
        """Committed facts of all streams with `gseq` above `after`, in global order, at most `limit`.

        `after` below 0: so many of the newest ones.
        """
        ...

    async def wait(self, stream: str, *, after: int, timeout_s: float) -> bool:
        """True as soon as `stream` has a committed fact behind `after`, by whichever process; False at time-out.

        Facts of other processes are noticed within 100 ms.
        """
        ...

    def watch(self, stream: str, notify: Callable[[], None]) -> Callable[[], None]:
        """Call `notify` on the event loop whenever facts of *another* writer land in `stream`; returns the undo."""
        ...

    async def claim(self, run: str) -> bool:
        """True if this process may append `Claimed`: nobody drives `run`, or its driver is dead.

        Says nothing of races: those the conditional append decides.
        """
        ...


class Values(Protocol):
    """What facts refer to: values too large to stand in them, once each."""

    def put(self, encoded: bytes) -> str:
        """Queue a value (canonical JSON) for storage under its keyed hash; returns that hash at once.

        It is durable before any fact appended after it.
        """
        ...

    async def get(self, ref: str) -> bytes:
        """The stored value, verified against its hash. Raises `NotFound` (erased), `JournalBroken` (damaged)."""
        ...


class Journal(Log, Values, Protocol):
    """A log and its values, in one queue; the list of its runs, and its upkeep.

    All methods but `append`, `put`, `watch` and the properties are coroutines.
    """

    async def runs(
        self,
        *,
        status: str | tuple[str, ...] = "",
        plan: str = "",
        since: float = 0.0,
        due_at: float | None = None,
        before: str = "",
        limit: int = 1000,
    ) -> list[RunRow]:
        """Runs, newest first; what is given narrows them.

        `status`: one or several. `plan`: the name of the plan. `since`: accepted then or later. `due_at`: only
        unfinished ones that nobody drives and whose time has come (`before` says nothing then). `before`: only those
        that are older than the run of this id, to go through all of them in pages.
        """
        ...

    async def gc(self, *, older_than: float, now: float) -> dict[str, int]:
        """Erase payloads of runs that ended before `older_than` and values that nothing refers to any more.

        Returns counts: runs, values, bytes.
        """
        ...

    async def close(self) -> None:
        """Commit what is queued and let go of the store."""
        ...


# The stream of the workspace itself: restores, and later schedules, keys and switches.
WORKSPACE = "workspace"
