"""Which layer a node stands in: after everything it depends on, and as near to its neighbours as that allows."""

from collections.abc import Sequence

__all__ = ["Edge", "assign_layers", "in_order"]

Edge = tuple[int, int]

# Every pass of the tightening shortens edges; what is left after these is a pixel here and there.
_PASSES_MAX = 8


def in_order(count: int, edges: Sequence[Edge]) -> list[int]:
    """The nodes 0 … count-1, each after its sources. Where edges form a circle, it is broken at its first node."""
    targets: list[list[int]] = [[] for _ in range(count)]
    missing = [0] * count
    for source, target in edges:
        targets[source].append(target)
        missing[target] += 1
    order: list[int] = []
    taken = [False] * count
    ready = [node for node in range(count) if not missing[node]]
    following = 0  # no node before it is left over
    while len(order) < count:
        if not ready:
            while taken[following]:
                following += 1
            ready.append(following)
        for node in ready:
            taken[node] = True
        order.extend(ready)
        found: list[int] = []
        for node in ready:
            for target in targets[node]:
                missing[target] -= 1
                if missing[target] == 0 and not taken[target]:
                    found.append(target)
        ready = found
    return order


def assign_layers(count: int, edges: Sequence[Edge]) -> list[int]:
    """The layer of each node, 0 first: the longest way to it, then pulled towards whatever it has more edges to.

    Edges have to go forward in `in_order`; every edge then spans at least one layer.
    """
    sources: list[list[int]] = [[] for _ in range(count)]
    targets: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        sources[target].append(source)
        targets[source].append(target)
    order = in_order(count, edges)
    layer = [0] * count
    for node in order:
        layer[node] = max((layer[source] + 1 for source in sources[node]), default=0)
    for _ in range(_PASSES_MAX):
        moved = False
        for node in reversed(order):
            # Each layer down makes the edges above longer by one each, and those below shorter.
            if len(targets[node]) > len(sources[node]):
                lowest = min(layer[target] for target in targets[node]) - 1
                moved = moved or lowest != layer[node]
                layer[node] = lowest
        for node in order:
            if len(sources[node]) > len(targets[node]):
                highest = max(layer[source] for source in sources[node]) + 1
                moved = moved or highest != layer[node]
                layer[node] = highest
        if not moved:
            break
    first = min(layer, default=0)
    return [one - first for one in layer]
