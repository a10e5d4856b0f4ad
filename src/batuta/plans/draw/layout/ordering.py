"""In which order the nodes of a layer stand, so that few edges cross. Deterministic.

Edges that span several layers get a vertex in each of them, so that every link joins neighbouring layers. Then layers
are sorted by where their neighbours stand, downwards and upwards in turn, and neighbours that had better change places
do so; the best order met on the way is kept.
"""

import itertools
from bisect import bisect_right
from collections.abc import Sequence

from batuta.plans.draw.layout.layers import Edge

__all__ = ["Proper", "count_crossings", "order_layers", "proper_graph"]

# How much sorting a drawing gets, in vertices and links looked at: 20,000 take about 40 ms.
_EFFORT = 20_000
_SWEEPS_MAX = 24
_SWEEPS_MIN = 2
# After so many sweeps that were no better nothing is gained any more.
_IDLE_MAX = 6
# Above so many vertices and links no pairs are compared; the sweeps have done nearly all of it.
_EXCHANGED_MAX = 8_000


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
    exchanging = size <= _EXCHANGED_MAX
    idle = 0
    for sweep in range(sweeps):
        if not fewest or idle >= _IDLE_MAX:
            break
        _sweep(graph, position, down=sweep % 2 == 0, right=sweep % 4 >= 2)
        if exchanging and (sweep % 2 or sweep == sweeps - 1):
            _exchange(graph, position)
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


def _exchange(graph: Proper, position: list[int]) -> None:
    """Let neighbours change places where that makes fewer crossings."""
    up = [sorted([position[other] for other in others]) for others in graph.up]
    down = [sorted([position[other] for other in others]) for others in graph.down]
    for layer in graph.layers:
        improved = False
        left = layer[0]
        for place in range(1, len(layer)):
            right = layer[place]
            now = _between(up[left], up[right]) + _between(down[left], down[right])
            if now and now > _between(up[right], up[left]) + _between(down[right], down[left]):
                layer[place - 1], layer[place] = right, left
                position[left], position[right] = place, place - 1
                improved = True
            else:
                left = right
        if improved:
            # The layers beside it see this one in its new order.
            for near, mine in ((graph.up, down), (graph.down, up)):
                ends_of = graph.down if mine is down else graph.up
                for other in {other for vertex in layer for other in near[vertex]}:
                    mine[other] = sorted([position[end] for end in ends_of[other]])


def _between(left: Sequence[int], right: Sequence[int]) -> int:
    """How often the links of two vertices cross if the one with the ends `left` stands to the left. Sorted."""
    if not left or not right or left[-1] <= right[0]:
        return 0
    if len(left) == 1 == len(right):
        return 1
    crossings, passed, count = 0, 0, len(right)
    for end in left:
        while passed < count and right[passed] < end:
            passed += 1
        crossings += passed
    return crossings


def count_crossings(graph: Proper, position: Sequence[int]) -> int:
    """How many pairs of links cross, for the vertices at `position` in their layers."""
    crossings, down = 0, graph.down
    for layer in graph.layers:
        seen: list[int] = []
        for vertex in layer:
            others = down[vertex]
            ends = [position[other] for other in others]
            if len(ends) > 1:
                ends.sort()
            for end in ends:
                # Ends of one vertex come in order: they are never before each other.
                place = bisect_right(seen, end)
                crossings += len(seen) - place
                seen.insert(place, end)
    return crossings
