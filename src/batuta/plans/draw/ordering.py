"""In which order the nodes of a layer stand, so that few edges cross. Deterministic.

Edges that span several layers get a vertex in each of them, so that every link joins neighbouring layers. Then layers
are sorted by where their neighbours stand, downwards and upwards in turn, and neighbours that had better change places
do so; the best order met on the way is kept.
"""

import itertools
from bisect import bisect_right, insort
from collections.abc import Sequence

from batuta.plans.draw.layers import Edge

__all__ = ["Proper", "count_crossings", "order_layers", "proper_graph"]

# How much sorting a drawing gets, in vertices looked at: 60,000 take about 50 ms.
_EFFORT = 60_000
_SWEEPS_MAX = 24
_SWEEPS_MIN = 2
# Above so many vertices no pairs are compared; the sweeps have done nearly all of it.
_TRANSPOSED_MAX = 4_000


class Proper:
    """A graph whose links join neighbouring layers.

    Vertices 0 … count-1 are the nodes, the others stand for edges that pass. `layers` lists the vertices of each
    layer in order; `up` and `down` are the neighbours of each vertex; `ways` are the vertices of each edge.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.layers: list[list[int]] = []
        self.up: list[list[int]] = []
        self.down: list[list[int]] = []
        self.ways: list[list[int]] = []


def proper_graph(layer: Sequence[int], edges: Sequence[Edge]) -> Proper:
    """The graph with a vertex wherever an edge passes a layer. Every edge goes to a later layer."""
    graph = Proper(len(layer))
    graph.up = [[] for _ in layer]
    graph.down = [[] for _ in layer]
    layer_of = list(layer)
    for source, target in edges:
        way = [source]
        for between in range(layer[source] + 1, layer[target]):
            way.append(len(layer_of))
            layer_of.append(between)
            graph.up.append([])
            graph.down.append([])
        way.append(target)
        for above, below in itertools.pairwise(way):
            graph.down[above].append(below)
            graph.up[below].append(above)
        graph.ways.append(way)
    graph.layers = [[] for _ in range(max(layer_of, default=-1) + 1)]
    for vertex in _by_depth(graph):
        graph.layers[layer_of[vertex]].append(vertex)
    return graph


def _by_depth(graph: Proper) -> list[int]:
    """Every vertex, what hangs together close together: a good first order."""
    seen = [False] * len(graph.up)
    order: list[int] = []
    for first in range(graph.count):
        stack = [first]
        while stack:
            vertex = stack.pop()
            if seen[vertex]:
                continue
            seen[vertex] = True
            order.append(vertex)
            stack.extend(reversed(graph.up[vertex]))
            stack.extend(reversed(graph.down[vertex]))
    return order


def order_layers(graph: Proper) -> int:
    """Sort the layers of `graph` in place; the number of crossings that are left."""
    position = [0] * len(graph.up)
    _number(graph.layers, position)
    best, fewest = [list(layer) for layer in graph.layers], count_crossings(graph, position)
    size = len(graph.up) + sum(map(len, graph.down))
    sweeps = max(_SWEEPS_MIN, min(_SWEEPS_MAX, _EFFORT // max(size, 1)))
    idle = 0
    for sweep in range(sweeps):
        if not fewest or idle >= 6:
            break
        _sweep(graph, position, down=sweep % 2 == 0, right=sweep % 4 >= 2)
        if len(graph.up) <= _TRANSPOSED_MAX:
            _transpose(graph, position)
        crossings = count_crossings(graph, position)
        idle += 1
        if crossings < fewest:
            best, fewest, idle = [list(layer) for layer in graph.layers], crossings, 0
    graph.layers = best
    return fewest


def _number(layers: Sequence[Sequence[int]], position: list[int]) -> None:
    for layer in layers:
        for index, vertex in enumerate(layer):
            position[vertex] = index


def _sweep(graph: Proper, position: list[int], *, down: bool, right: bool) -> None:
    """Sort each layer by the mean place of its neighbours in the one before; `right`: equals change places."""
    layers = graph.layers
    for index in range(1, len(layers)) if down else range(len(layers) - 2, -1, -1):
        layer = layers[index]
        near = graph.up if down else graph.down
        keyed: list[tuple[float, int, int]] = []
        for place, vertex in enumerate(layer):
            others = near[vertex]
            if others:
                mean = sum([position[other] for other in others]) / len(others)
                keyed.append((mean, -place if right else place, vertex))
        keyed.sort()
        following = iter(keyed)
        # A vertex without neighbours there has no wish and keeps its place.
        layer[:] = [next(following)[2] if near[vertex] else vertex for vertex in layer]
        for place, vertex in enumerate(layer):
            position[vertex] = place


def _transpose(graph: Proper, position: list[int]) -> None:
    """Let neighbours change places where that makes fewer crossings."""
    up = [sorted([position[other] for other in others]) for others in graph.up]
    down = [sorted([position[other] for other in others]) for others in graph.down]
    for index, layer in enumerate(graph.layers):
        improved = False
        for place in range(len(layer) - 1):
            left, right = layer[place], layer[place + 1]
            now = _between(up[left], up[right]) + _between(down[left], down[right])
            if not now:
                continue
            then = _between(up[right], up[left]) + _between(down[right], down[left])
            if then < now:
                layer[place], layer[place + 1] = right, left
                position[left], position[right] = place + 1, place
                improved = True
        if improved:
            # The neighbours of this layer see it in its new order.
            for near, mine in ((graph.up, down), (graph.down, up)):
                for other in {other for vertex in layer for other in near[vertex]}:
                    ends = graph.down[other] if mine is down else graph.up[other]
                    mine[other] = sorted([position[end] for end in ends])
            assert index < len(graph.layers)


def _between(left: Sequence[int], right: Sequence[int]) -> int:
    """How often the links of two vertices cross if the one with the ends `left` stands to the left. Sorted."""
    if not left or not right or left[-1] <= right[0]:
        return 0
    crossings, passed = 0, 0
    for end in left:
        while passed < len(right) and right[passed] < end:
            passed += 1
        crossings += passed
    return crossings


def count_crossings(graph: Proper, position: Sequence[int]) -> int:
    """How many pairs of links cross, for the vertices at `position` in their layers."""
    crossings = 0
    for layer in graph.layers:
        seen: list[int] = []
        for vertex in layer:
            ends = sorted([position[other] for other in graph.down[vertex]])
            if seen:
                crossings += sum([len(seen) - bisect_right(seen, end) for end in ends])
            for end in ends:
                insort(seen, end)
    return crossings
