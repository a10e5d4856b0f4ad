"""What a law is given, and what all laws use."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import msgspec

from batuta.errors import BatutaError
from batuta.ports import Journal, Receipt
from batuta.spec.facts import Accepted, Ended, Fact, Finished
from batuta.spec.request import Request
from batuta.spec.value import Value, encode

__all__ = [
    "PATIENCE_S",
    "JournalWorld",
    "Law",
    "accepted",
    "append",
    "ended",
    "error_of",
    "facts_of",
    "finished",
    "use",
]


class JournalWorld(Protocol):
    """One store, and processes that use it."""

    def open(self) -> Journal:
        """The journal as one more process sees it. The world closes it in the end."""
        ...

    def kill(self, journal: Journal) -> None:
        """The process of `journal` dies at once; what it held is free, what it had not committed is lost."""
        ...


Law = Callable[[JournalWorld], Awaitable[None]]

# How long a law waits for something that must come (s): generous, since it is no measurement.
PATIENCE_S = 10.0


def accepted(run: str, at: float = 1.0) -> Accepted:
    """A run begins."""
    return Accepted(at=at, run=run, request=Request(plan="plan"), salt="5a17")


def finished(path: str, data: object = None, at: float = 2.0) -> Finished:
    """A step gave `data`."""
    return Finished(at=at, path=path, attempt=1, value=Value(data=msgspec.Raw(encode(data))))


def ended(at: float = 9.0) -> Ended:
    """A run succeeded."""
    return Ended(at=at, term=1, status="succeeded")


async def facts_of(journal: Journal, stream: str) -> list[Fact]:
    """The facts of a stream."""
    return [row.fact for row in await journal.read(stream)]


async def append(
    journal: Journal, stream: str, facts: Sequence[Fact], *, after: int | None
) -> Receipt:
    """Append and commit."""
    receipt = journal.append(stream, facts, after=after)
    await journal.commit(receipt)
    return receipt


async def error_of(awaitable: Awaitable[object]) -> BatutaError | None:
    """What `awaitable` raises, if it does."""
    try:
        await awaitable
    except BatutaError as error:
        return error
    return None


def use(*refs: str) -> list[Fact]:
    """Facts that refer to stored values."""
    return [Finished(at=2.0, path="a", attempt=1, value=Value(ref=ref, size=1)) for ref in refs]
