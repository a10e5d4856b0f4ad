"""What a layout is made of. Lengths are in pixels at natural size, x to the right, y down."""

from typing import NamedTuple

__all__ = ["Curve", "Layout", "Rect", "Route"]


class Rect(NamedTuple):
    """A rectangle by its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The x of its right side."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The y of its lower side."""
        return self.y + self.height


class Curve(NamedTuple):
    """A cubic Bézier curve: from (x0, y0) to (x3, y3), with the two control points between."""

    x0: float
    y0: float
    x1: float
    y1: float
    x2: float
    y2: float
    x3: float
    y3: float

    def at(self, share: float) -> tuple[float, float]:
        """The point at `share` (0 to 1) of the way."""
        rest = 1.0 - share
        a, b, c, d = rest**3, 3 * rest * rest * share, 3 * rest * share * share, share**3
        return (
            a * self.x0 + b * self.x1 + c * self.x2 + d * self.x3,
            a * self.y0 + b * self.y1 + c * self.y2 + d * self.y3,
        )


# The way of an edge: curves, each beginning where the one before ends.
Route = tuple[Curve, ...]


class Layout(NamedTuple):
    """Where everything is: a rectangle per node, a route per edge, both in the order they were given.

    `layers` is the layer of each node, 0 first; `down` is True if layers follow each other downwards, else to the
    right; `crossings` counts how often edges cross.
    """

    rects: tuple[Rect, ...]
    routes: tuple[Route, ...]
    layers: tuple[int, ...]
    width: float
    height: float
    down: bool
    crossings: int
