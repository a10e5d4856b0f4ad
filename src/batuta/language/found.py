"""What readers of values give."""

from bisect import bisect_left
from typing import Any, NamedTuple

__all__ = ["Found", "outside", "without_overlaps"]


class Found(NamedTuple):
    """A value that stands in a text: `text` is how it is written there, from character `start` to before `end`."""

    value: Any
    text: str
    start: int
    end: int


def without_overlaps(found: list[Found]) -> list[Found]:
    """`found` in the order of the text; of two that overlap, the longer one, or the earlier in the list."""
    starts: list[int] = []
    taken: list[Found] = []
    for one in sorted(found, key=lambda it: (it.start - it.end, it.start)):
        at = bisect_left(starts, one.start)
        if at and taken[at - 1].end > one.start:
            continue
        if at < len(starts) and starts[at] < one.end:
            continue
        starts.insert(at, one.start)
        taken.insert(at, one)
    return taken


def outside(found: list[Found], others: list[Found]) -> list[Found]:
    """Those of `found` that overlap none of `others`."""
    starts: list[int] = []
    ends: list[int] = []
    for one in sorted(others, key=lambda it: it.start):
        if ends and one.start <= ends[-1]:
            ends[-1] = max(ends[-1], one.end)
        else:
            starts.append(one.start)
            ends.append(one.end)
    return [
        one
        for one in found
        if (at := bisect_left(starts, one.end)) == 0 or ends[at - 1] <= one.start
    ]
