"""Where the vertices of each layer stand in a large drawing: as near to their neighbours as the layer allows.

The blocks of `positions` make the straightest lines, but in a large graph they push each other far apart (seven times
as wide as need be with 300 steps and 600 edges). Here, layer after layer, the sum of the squared ways to the neighbours
is made as small as it can be while the order stays, exactly, by merging whatever would overlap; then edges that pass
are made straight where there is room.
"""

import itertools
from collections.abc import Sequence

from batuta.plans.draw.layout.ordering import Proper

__all__ = ["place_near"]

# How often every layer follows its neighbours, downwards and upwards in turn. More makes no line shorter by 1 %.
_TURNS = 8
# An edge that passes is held straight by this much more than one that arrives.
_STRAIGHT = 6.0
# And one that is the only one at both of its ends, by this much.
_ONLY = 3.0
# What is as near to the end of its only edge, in pixels, moves there: no bend is better than a small one.
_SNAP = 30.0
# What has no neighbours stays about where it is.
_IDLE = 1e-3


def place_near(graph: Proper, widths: Sequence[float], gap: float, gap_lines: float) -> list[float]:
    """The centre of each vertex across its layer; neighbours are at least `gap` apart, `gap_lines` beside an edge.

    `widths` gives the width of each vertex. The leftmost side of all is at 0.
    """
    if not graph.layers:
        return []
    offsets = [_offsets(layer, widths, graph.count, gap, gap_lines) for layer in graph.layers]
    x = [0.0] * len(graph.up)
    for layer, offset in zip(graph.layers, offsets, strict=True):
        for vertex, place in zip(layer, offset, strict=True):
            x[vertex] = place - offset[-1] / 2
    rows = list(zip(graph.layers, offsets, strict=True))
    near = _weighted(graph)
    for turn in range(_TURNS):
        for layer, offset in rows if turn % 2 == 0 else rows[::-1]:
            _settle(layer, offset, near, x)
    _straighten(graph, rows, x)
    _snap(graph, rows, x)
    first = min(centre - width / 2 for centre, width in zip(x, widths, strict=True))
    return [centre - first for centre in x]


def _offsets(
    layer: Sequence[int], widths: Sequence[float], count: int, gap: float, gap_lines: float
) -> list[float]:
    """Where the centres of a layer are if everything stands as close as it may, the first at 0."""
    offsets = [0.0]
    for left, right in itertools.pairwise(layer):
        space = gap if left < count and right < count else gap_lines
        offsets.append(offsets[-1] + (widths[left] + widths[right]) / 2 + space)
    return offsets


def _weighted(graph: Proper) -> list[list[tuple[int, float]]]:
    """The neighbours of each vertex, with how much they count."""
    count, up, down = graph.count, graph.up, graph.down

    def counts(above: int, below: int) -> float:
        if above >= count and below >= count:
            return _STRAIGHT
        return _ONLY if len(down[above]) == 1 == len(up[below]) else 1.0

    return [
        [(other, counts(other, vertex)) for other in up[vertex]]
        + [(other, counts(vertex, other)) for other in down[vertex]]
        for vertex in range(len(up))
    ]


def _settle(
    layer: Sequence[int],
    offsets: Sequence[float],
    near: Sequence[Sequence[tuple[int, float]]],
    x: list[float],
) -> None:
    """Bring the vertices of `layer` to the mean of their neighbours, in order and apart: isotonic regression."""
    groups: list[tuple[float, float, int]] = []  # mean, weight, how many
    for vertex, offset in zip(layer, offsets, strict=True):
        weight, wished = _IDLE, _IDLE * x[vertex]
        for other, counts in near[vertex]:
            weight += counts
            wished += counts * x[other]
        mean, size = wished / weight - offset, 1
        while groups and groups[-1][0] > mean:
            other_mean, other_weight, other_size = groups.pop()
            mean = (mean * weight + other_mean * other_weight) / (weight + other_weight)
            weight += other_weight
            size += other_size
        groups.append((mean, weight, size))
    index = 0
    for mean, _, size in groups:
        for place in range(index, index + size):
            x[layer[place]] = mean + offsets[place]
        index += size


def _straighten(
    graph: Proper, rows: Sequence[tuple[Sequence[int], Sequence[float]]], x: list[float]
) -> None:
    """Give the vertices of a passing edge one place, as far along as their neighbours leave room for it."""
    room: dict[int, tuple[int, int, float, float]] = {}
    for layer, offsets in rows:
        for index, vertex in enumerate(layer):
            if vertex >= graph.count:
                left = layer[index - 1] if index else -1
                right = layer[index + 1] if index + 1 < len(layer) else -1
                before = offsets[index] - offsets[index - 1] if index else 0.0
                after = offsets[index + 1] - offsets[index] if right >= 0 else 0.0
                room[vertex] = (left, right, before, after)

    def limits(vertex: int) -> tuple[float, float]:
        left, right, before, after = room[vertex]
        low = x[left] + before if left >= 0 else x[vertex] - 1e6
        high = x[right] - after if right >= 0 else x[vertex] + 1e6
        return min(low, x[vertex]), max(high, x[vertex])

    for way in sorted(graph.ways, key=lambda way: -len(way)):
        begin = 1
        while begin < len(way) - 1:
            low, high = limits(way[begin])
            end, total = begin + 1, x[way[begin]]
            while end < len(way) - 1:
                other_low, other_high = limits(way[end])
                if max(low, other_low) > min(high, other_high):
                    break
                low, high = max(low, other_low), min(high, other_high)
                total += x[way[end]]
                end += 1
            # Straight on from where it comes from or goes to, if that is near; else at the mean.
            wished = total / (end - begin)
            for vertex in (way[0] if begin == 1 else -1, way[-1] if end == len(way) - 1 else -1):
                if vertex >= 0 and low <= x[vertex] <= high:
                    wished = x[vertex]
            place = min(max(wished, low), high)
            for index in range(begin, end):
                x[way[index]] = place
            begin = end


def _snap(
    graph: Proper, rows: Sequence[tuple[Sequence[int], Sequence[float]]], x: list[float]
) -> None:
    """Straighten edges that are nearly straight, where there is room: first downwards, then upwards."""
    for near, order in ((graph.up, rows), (graph.down, rows[::-1])):
        for layer, offsets in order:
            for index, vertex in enumerate(layer):
                others = near[vertex]
                if vertex >= graph.count or not others:
                    continue
                wished = min((x[other] for other in others), key=lambda to: abs(to - x[vertex]))
                if not 0 < abs(wished - x[vertex]) <= (_SNAP if len(others) == 1 else _SNAP / 2):
                    continue
                low = high = wished
                if index:
                    low = x[layer[index - 1]] + offsets[index] - offsets[index - 1]
                if index + 1 < len(layer):
                    high = x[layer[index + 1]] - offsets[index + 1] + offsets[index]
                if low <= wished <= high:
                    x[vertex] = wished
