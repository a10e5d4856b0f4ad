"""What readers of values give."""

from typing import Any, NamedTuple

__all__ = ["Found", "without_overlaps"]


class Found(NamedTuple):
    """A value that stands in a text: `text` is how it is written there, from character `start` to before `end`."""

    value: Any
    text: str
    start: int
    end: int


def without_overlaps(found: list[Found]) -> list[Found]:
    """`found` in the order of the text; of two that overlap, the longer one, or the earlier in the list."""
    taken: list[Found] = []
    for one in sorted(found, key=lambda it: (it.start - it.end, it.start)):
        if all(one.end <= other.start or other.end <= one.start for other in taken):
            taken.append(one)
    return sorted(taken, key=lambda it: it.start)
