"""When something of a run becomes due by itself: a next attempt, a next round, a question that expires."""

import heapq

from batuta.spec import run as r
from batuta.spec.facts import Failure, RunFact, Spread, Waited
from batuta.spec.run import Node, Run

__all__ = ["WITH_TIMERS", "Timers"]

# The only kinds of fact that may set one.
WITH_TIMERS = frozenset({Failure, Waited, Spread})


class Timers:
    """Set by the facts of one run. One that is not needed any more still rings, and nothing is found due."""

    def __init__(self) -> None:
        self._waiting: list[tuple[float, str]] = []

    def wind(self, run: Run) -> None:
        """Set all of them anew, after `run` was folded."""
        self._waiting = [
            (at, node.path) for node in run.nodes.values() if (at := _due_at(node)) is not None
        ]
        heapq.heapify(self._waiting)

    def heed(self, fact: RunFact) -> None:
        """Set the one that `fact`, of a kind `WITH_TIMERS`, asks for, if it asks for one."""
        timer = _timer_of(fact)
        if timer is not None:
            heapq.heappush(self._waiting, timer)

    def ring(self, run: Run, now: float) -> None:
        """Touch what of `run` has become due by `now` (seconds)."""
        while self._waiting and self._waiting[0][0] <= now:
            _, path = heapq.heappop(self._waiting)
            run.touched.append(run.nodes[path])

    @property
    def next(self) -> float | None:
        """When the next one rings, in seconds of the Unix epoch."""
        return self._waiting[0][0] if self._waiting else None


def _due_at(node: Node) -> float | None:
    if node.state == r.RETRYING:
        return node.retry_at
    return node.expires_at if node.state == r.WAITING else None


def _timer_of(fact: RunFact) -> tuple[float, str] | None:
    if isinstance(fact, Failure) and fact.retry_at is not None:
        return fact.retry_at, fact.path
    if isinstance(fact, Waited) and fact.expires_at is not None:
        return fact.expires_at, fact.path
    if isinstance(fact, Spread) and fact.open_at is not None:
        return fact.open_at, f"{fact.path}~{fact.count - 1}"
    return None
