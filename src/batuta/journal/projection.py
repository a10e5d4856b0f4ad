"""What lists of runs are made of: a pure function of the facts, so that it can be rebuilt from them at any time."""

from collections.abc import Callable

import msgspec

from batuta.spec.facts import (
    Accepted,
    Answered,
    CancelRequested,
    Claimed,
    Ended,
    Fact,
    Parked,
    Purged,
)

__all__ = ["RunState", "project"]


class RunState(msgspec.Struct, frozen=True, gc=False):
    """The projection of one run. Times in seconds of the Unix epoch.

    Attributes:
        status: running, waiting (parked on a question), succeeded, failed or cancelled.
        wake_at: when the run has something to do although nobody drives it; None: not before an answer.
        owner: who drives it, "" for nobody.
        erasable_at: when it ended; None before that, and again once its payloads are erased.
    """

    status: str
    plan: str
    accepted_at: float
    wake_at: float | None
    owner: str = ""
    erasable_at: float | None = None

    @property
    def ended(self) -> bool:
        """True once the last word is spoken."""
        return self.status not in ("running", "waiting")


def project(state: RunState | None, fact: Fact) -> RunState | None:
    """The projection after one more fact; the same object if the fact does not concern it."""
    change = _changes.get(type(fact))
    return state if change is None else change(state, fact)


def _accepted(state: RunState | None, fact: Accepted) -> RunState:
    if state is not None:
        return state
    return RunState("running", fact.request.plan, fact.at, wake_at=fact.at)


def _claimed(state: RunState | None, fact: Claimed) -> RunState | None:
    if state is None or state.ended:
        return state
    return msgspec.structs.replace(state, status="running", wake_at=None, owner=fact.owner)


def _parked(state: RunState | None, fact: Parked) -> RunState | None:
    if state is None or state.ended:
        return state
    status = "waiting" if fact.waiting else "running"
    return msgspec.structs.replace(state, status=status, wake_at=fact.wake_at, owner="")


def _woken(state: RunState | None, fact: Answered | CancelRequested) -> RunState | None:
    if state is None or state.ended:
        return state
    due = fact.at if state.wake_at is None else min(fact.at, state.wake_at)
    return msgspec.structs.replace(state, wake_at=due)


def _ended(state: RunState | None, fact: Ended) -> RunState | None:
    if state is None or state.ended:
        return state
    return msgspec.structs.replace(
        state, status=fact.status, wake_at=None, owner="", erasable_at=fact.at
    )


def _purged(state: RunState | None, _fact: Purged) -> RunState | None:
    return state and msgspec.structs.replace(state, erasable_at=None)


_changes: dict[type[Fact], Callable[[RunState | None, Fact], RunState | None]] = {
    Accepted: _accepted,
    Answered: _woken,
    CancelRequested: _woken,
    Claimed: _claimed,
    Ended: _ended,
    Parked: _parked,
    Purged: _purged,
}  # type: ignore[assignment]
