"""Lanes: how many calls run at once, in the process, per lane of capabilities and per run."""

from collections import OrderedDict
from collections.abc import Callable

__all__ = ["PROCESS_CALLS_MAX", "Lanes"]

# Calls of all runs at once in one process, unless the workspace says otherwise.
PROCESS_CALLS_MAX = 1_024


class Lanes:
    """Counts what runs. Nobody waits inside: who gets no room is woken, in order, when room comes up."""

    def __init__(self, calls_max: int = PROCESS_CALLS_MAX) -> None:
        self._calls_max = calls_max
        self._calls = 0
        self._by_lane: dict[str, int] = {}
        # Whom to wake, by the lane that was full ("" is the process); a dict keeps the order of arrival.
        self._waiters: dict[str, OrderedDict[Callable[[], None], None]] = {}

    def enter(self, lane: str, lane_max: int, wake: Callable[[], None]) -> bool:
        """Take a place for one call in `lane` (at most `lane_max` at once, 0: no bound).

        If there is none, `wake` is called once when one may have come free, and False returned.
        """
        if self._calls >= self._calls_max:
            self._waiters.setdefault("", OrderedDict())[wake] = None
            return False
        if lane_max:
            busy = self._by_lane.get(lane, 0)
            if busy >= lane_max:
                self._waiters.setdefault(lane, OrderedDict())[wake] = None
                return False
            self._by_lane[lane] = busy + 1
        self._calls += 1
        return True

    def leave(self, lane: str, lane_max: int) -> None:
        """Give the place back."""
        self._calls -= 1
        assert self._calls >= 0
        if lane_max:
            self._by_lane[lane] -= 1
            self._wake(lane)
        if self._waiters:
            self._wake("")

    def _wake(self, lane: str) -> None:
        waiters = self._waiters.get(lane)
        if waiters:
            wake, _ = waiters.popitem(last=False)
            wake()
