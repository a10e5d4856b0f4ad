"""The layout of a graph in layers, after Sugiyama: layers, order, positions, routes. Pure geometry, no painting."""

from collections.abc import Sequence
from typing import NamedTuple

from batuta.plans.draw.layout.geometry import Curve, Layout, Rect, Route
from batuta.plans.draw.layout.layers import Edge, assign_layers, in_order
from batuta.plans.draw.layout.ordering import Proper, order_layers, proper_graph
from batuta.plans.draw.layout.positions import place
from batuta.plans.draw.layout.relaxed import place_near

__all__ = ["Arranged", "Spacing", "arrange", "layout", "least_size", "passing_count"]

# An edge that passes a layer has this much room there, in pixels.
_LINE = 6.0
# Straight lines may make a drawing wider by this factor; larger ones than these vertices are not tried.
_WIDER = 1.35
_STRAIGHT_MAX = 1_000


class Spacing(NamedTuple):
    """Distances in pixels: between boxes of a layer, beside an edge that passes, and between layers.

    Layers are further apart where edges run far across, so that these do not lie flat: by `steep` of the way, up to
    `layers_max`.
    """

    boxes: float = 28.0
    lines: float = 18.0
    layers: float = 40.0
    layers_max: float = 180.0
    steep: float = 0.07


class Arranged(NamedTuple):
    """Which node stands in which layer, and in which order: the same whatever way the layers follow each other.

    `edges` go forward; those that `turned` have been turned round to do so.
    """

    edges: tuple[Edge, ...]
    turned: tuple[bool, ...]
    layer: tuple[int, ...]
    graph: Proper
    crossings: int


def passing_count(count: int, edges: Sequence[Edge]) -> int:
    """How many vertices `arrange` makes for edges that pass layers; what drawing costs grows with it."""
    layer = assign_layers(count, _forward(count, edges))
    return sum(max(abs(layer[target] - layer[source]) - 1, 0) for source, target in edges)


def arrange(count: int, edges: Sequence[Edge]) -> Arranged:
    """Layers for the nodes 0 … count-1, ordered so that few of `edges` (source, target) cross."""
    forward = _forward(count, edges)
    layer = assign_layers(count, forward)
    graph = proper_graph(layer, forward)
    crossings = order_layers(graph)
    turned = tuple(one != other for one, other in zip(forward, edges, strict=True))
    return Arranged(tuple(forward), turned, tuple(layer), graph, crossings)


def least_size(
    arranged: Arranged, sizes: Sequence[tuple[float, float]], *, down: bool, spacing: Spacing
) -> tuple[float, float]:
    """About the width and height that `layout` cannot go below: a cheap look ahead."""
    graph = arranged.graph
    across, along = 0.0, 0.0
    for layer in graph.layers:
        boxes = [sizes[vertex] for vertex in layer if vertex < graph.count]
        width = sum([(size[0] if down else size[1]) + spacing.boxes for size in boxes])
        across = max(across, width + (len(layer) - len(boxes)) * (_LINE + spacing.lines))
        along += max([size[1] if down else size[0] for size in boxes], default=0.0)
        along += spacing.layers
    return (across, along) if down else (along, across)


def layout(
    arranged: Arranged,
    sizes: Sequence[tuple[float, float]],
    *,
    down: bool = True,
    spacing: Spacing = Spacing(),
) -> Layout:
    """Places for nodes of `sizes` (width, height), and routes for the edges between them.

    `down`: layers follow each other downwards, else to the right. Edges that would close a circle are led backwards.
    """
    graph, layer = arranged.graph, arranged.layer
    across = [size if down else (size[1], size[0]) for size in sizes]
    widths = [width for width, _ in across] + [_LINE] * (len(graph.up) - graph.count)
    centres = _centres(graph, widths, spacing)
    tops, bottoms = _bands(graph, [height for _, height in across], centres, spacing)
    rects = [
        # At the beginning of its layer, so that no edge has to go on between boxes.
        Rect(x - width / 2, tops[row], width, height)
        for (width, height), x, row in zip(across, centres[: graph.count], layer, strict=True)
    ]
    routes = [_route(way, rects, centres, layer[way[0]], tops, bottoms) for way in graph.ways]
    for index, turned in enumerate(arranged.turned):
        if turned:
            routes[index] = tuple(_backwards(curve) for curve in reversed(routes[index]))
    # Edges may pass outside of all boxes.
    width = max((x + one / 2 for x, one in zip(centres, widths, strict=True)), default=0.0)
    height = max(bottoms, default=0.0)
    if not down:
        rects = [Rect(rect.y, rect.x, rect.height, rect.width) for rect in rects]
        routes = [tuple(_turned(curve) for curve in route) for route in routes]
        width, height = height, width
    return Layout(tuple(rects), tuple(routes), layer, width, height, down, arranged.crossings)


def _centres(graph: Proper, widths: Sequence[float], spacing: Spacing) -> list[float]:
    """Across the layers: straight lines, unless these make the drawing much wider than it has to be."""
    near = place_near(graph, widths, spacing.boxes, spacing.lines)
    if len(graph.up) > _STRAIGHT_MAX:
        return near
    straight = place(graph, widths, spacing.boxes, spacing.lines)
    return straight if max(straight, default=0.0) <= _WIDER * max(near, default=0.0) else near


def _forward(count: int, edges: Sequence[Edge]) -> list[Edge]:
    """The edges, turned round where they go back in order."""
    place_of = [0] * count
    for index, node in enumerate(in_order(count, edges)):
        place_of[node] = index
    return [
        (source, target) if place_of[source] <= place_of[target] else (target, source)
        for source, target in edges
    ]


def _bands(
    graph: Proper, heights: Sequence[float], centres: Sequence[float], spacing: Spacing
) -> tuple[list[float], list[float]]:
    """Where each layer begins and ends along the direction of layers."""
    tops: list[float] = []
    bottoms: list[float] = []
    top = 0.0
    for layer in graph.layers:
        height = max((heights[vertex] for vertex in layer if vertex < graph.count), default=0.0)
        tops.append(top)
        bottoms.append(top + height)
        far = max(
            (abs(centres[end] - centres[vertex]) for vertex in layer for end in graph.down[vertex]),
            default=0.0,
        )
        top += height + min(spacing.layers + spacing.steep * far, spacing.layers_max)
    return tops, bottoms


def _route(
    way: Sequence[int],
    rects: Sequence[Rect],
    centres: Sequence[float],
    row: int,
    tops: Sequence[float],
    bottoms: Sequence[float],
) -> Route:
    """From the lower side of the first to the upper side of the last: straight inside layers, bent between them."""
    curves: list[Curve] = []
    x, y = centres[way[0]], rects[way[0]].bottom
    for step, vertex in enumerate(way[1:], start=1):
        _line(curves, x, y, bottoms[row + step - 1])
        y, below = bottoms[row + step - 1], tops[row + step]
        to = centres[vertex]
        if abs(to - x) < 0.01:
            _line(curves, x, y, below)
        else:
            middle = (y + below) / 2
            curves.append(Curve(x, y, x, middle, to, middle, to, below))
        x, y = to, below
    _line(curves, x, y, rects[way[-1]].y)
    return tuple(curves)


def _line(curves: list[Curve], x: float, y: float, to: float) -> None:
    """Go straight on; a line that goes on is one line."""
    if to - y < 0.01:
        return
    if curves and curves[-1].x0 == curves[-1].x3 == x:
        y = curves.pop().y0
    third = (to - y) / 3
    curves.append(Curve(x, y, x, y + third, x, to - third, x, to))


def _turned(curve: Curve) -> Curve:
    x0, y0, x1, y1, x2, y2, x3, y3 = curve
    return Curve(y0, x0, y1, x1, y2, x2, y3, x3)


def _backwards(curve: Curve) -> Curve:
    x0, y0, x1, y1, x2, y2, x3, y3 = curve
    return Curve(x3, y3, x2, y2, x1, y1, x0, y0)
