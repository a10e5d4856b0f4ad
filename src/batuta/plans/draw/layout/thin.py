"""What a large picture leaves out: links that follow from others. What a step waits for is still all there to see."""

from collections.abc import Sequence

from batuta.plans.draw.layout.layers import in_order
from batuta.plans.draw.picture import Link

__all__ = ["without_implied"]


def without_implied(count: int, links: Sequence[Link]) -> tuple[Link, ...]:
    """The links between the boxes 0 … count-1 without those whose target can be reached by others, in their order.

    Links of the critical path stay. Takes a set of bits per box, so `count` should be a few thousand at most.
    """
    rank = [0] * count
    order = in_order(count, [(link.source, link.target) for link in links])
    for place, box in enumerate(order):
        rank[box] = place
    into: list[list[int]] = [[] for _ in range(count)]
    for link in links:
        into[link.target].append(link.source)
    before = [0] * count  # everything that a box waits for, as bits
    implied: set[tuple[int, int]] = set()
    for box in order:
        reached = 0
        # The latest first: it may wait for the others.
        for source in sorted(into[box], key=rank.__getitem__, reverse=True):
            if rank[source] >= rank[box]:
                continue  # a circle
            if reached >> source & 1:
                implied.add((source, box))
            reached |= before[source] | 1 << source
        before[box] = reached
    return tuple(
        link for link in links if link.critical or (link.source, link.target) not in implied
    )
