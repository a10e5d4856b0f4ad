"""Where the vertices of each layer stand, so that edges are straight where they can be.

The method of Brandes and Köpf ("Fast and Simple Horizontal Coordinate Assignment", 2001): vertices are aligned with a
median neighbour into blocks, which are packed; once for each of the four directions, and the mean of the two middle
results is taken. Blocks are packed along the graph of their neighbourhood, which is the repair of its known error.
"""

import itertools
from collections.abc import Sequence

from batuta.plans.draw.layout.ordering import Proper

__all__ = ["place"]


def place(graph: Proper, widths: Sequence[float], gap: float, gap_lines: float) -> list[float]:
    """The centre of each vertex across its layer; neighbours are at least `gap` apart, `gap_lines` beside an edge.

    `widths` gives the width of each vertex. The leftmost side of all is at 0.
    """
    if not graph.layers:
        return []
    conflicts = _conflicts(graph)
    results: list[list[float]] = []
    for down in (True, False):
        for left in (True, False):
            layers = graph.layers if down else graph.layers[::-1]
            if not left:
                layers = [layer[::-1] for layer in layers]
            root = _align(graph, layers, graph.up if down else graph.down, conflicts)
            found = _pack(layers, root, widths, graph.count, gap, gap_lines)
            results.append(found if left else [-x for x in found])
    _bring_together(results, widths)
    centres = [sum(sorted(xs)[1:3]) / 2 for xs in zip(*results, strict=True)]
    first = min(x - width / 2 for x, width in zip(centres, widths, strict=True))
    return [x - first for x in centres]


def _conflicts(graph: Proper) -> set[tuple[int, int]]:
    """Links that cross a link between two passing vertices: long edges are straight first of all."""
    position = [0] * len(graph.up)
    for layer in graph.layers:
        for index, vertex in enumerate(layer):
            position[vertex] = index
    found: set[tuple[int, int]] = set()
    for above, layer in zip(graph.layers, graph.layers[1:], strict=False):
        begin, scanned = 0, 0
        for index, vertex in enumerate(layer):
            inner = -1
            if vertex >= graph.count and graph.up[vertex][0] >= graph.count:
                inner = position[graph.up[vertex][0]]
            if inner < 0 and index != len(layer) - 1:
                continue
            end = inner if inner >= 0 else len(above)
            for other in layer[scanned : index + 1]:
                for source in graph.up[other]:
                    passing = other >= graph.count and source >= graph.count
                    if not passing and not begin <= position[source] <= end:
                        found.add((source, other))
            scanned, begin = index + 1, end
    return found


def _align(
    graph: Proper,
    layers: Sequence[Sequence[int]],
    near: Sequence[Sequence[int]],
    conflicts: set[tuple[int, int]],
) -> list[int]:
    """The first vertex of the block of each vertex."""
    count = len(graph.up)
    position = [0] * count
    for layer in layers:
        for index, vertex in enumerate(layer):
            position[vertex] = index
    root = list(range(count))
    taken = [False] * count  # it has a partner in the layer that follows
    for layer in layers:
        last = -1
        for vertex in layer:
            others = near[vertex]
            if not others:
                continue
            others = sorted(others, key=position.__getitem__)
            middle = len(others) - 1
            for index in dict.fromkeys((middle // 2, (middle + 1) // 2)):
                other = others[index]
                free = last < position[other] and not taken[other]
                if free and not _crosses(conflicts, vertex, other):
                    taken[other] = True
                    root[vertex] = root[other]
                    last = position[other]
                    break
    return root


def _crosses(conflicts: set[tuple[int, int]], one: int, other: int) -> bool:
    return bool(conflicts) and ((one, other) in conflicts or (other, one) in conflicts)


def _pack(
    layers: Sequence[Sequence[int]],
    root: Sequence[int],
    widths: Sequence[float],
    count: int,
    gap: float,
    gap_lines: float,
) -> list[float]:
    """The centre of each vertex if blocks are as far left as their neighbours allow, then drawn to the right."""
    after: dict[int, dict[int, float]] = {}
    before: dict[int, int] = {}
    for layer in layers:
        for left, right in itertools.pairwise(layer):
            space = gap if left < count and right < count else gap_lines
            apart = (widths[left] + widths[right]) / 2 + space
            ends = after.setdefault(root[left], {})
            if root[right] not in ends:
                before[root[right]] = before.get(root[right], 0) + 1
                ends[root[right]] = apart
            elif ends[root[right]] < apart:
                ends[root[right]] = apart
    x: dict[int, float] = {}
    order = [block for layer in layers for block in layer if root[block] == block]
    order = [block for block in order if not before.get(block)]
    for block in order:
        x.setdefault(block, 0.0)
        for other, apart in after.get(block, {}).items():
            x[other] = max(x.get(other, 0.0), x[block] + apart)
            before[other] -= 1
            if not before[other]:
                order.append(other)
    for block in reversed(order):
        ends = after.get(block)
        if ends:
            x[block] = max(x[block], min([x[other] - apart for other, apart in ends.items()]))
    return [x[block] for block in root]


def _bring_together(results: list[list[float]], widths: Sequence[float]) -> None:
    """Shift the four results so that they stand on the narrowest of them."""
    spans = [
        (
            min(x - width / 2 for x, width in zip(xs, widths, strict=True)),
            max(x + width / 2 for x, width in zip(xs, widths, strict=True)),
        )
        for xs in results
    ]
    narrowest = min(range(len(spans)), key=lambda index: spans[index][1] - spans[index][0])
    low, high = spans[narrowest]
    for index, (first, last) in enumerate(spans):
        left = index % 2 == 0
        shift = low - first if left else high - last
        if shift:
            results[index] = [x + shift for x in results[index]]
