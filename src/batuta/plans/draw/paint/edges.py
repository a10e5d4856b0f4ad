"""Edges: smooth lines with heads; dashed where only the order counts."""

from batuta.plans.draw.layout.geometry import Curve, Route
from batuta.plans.draw.paint.canvas import Canvas, number
from batuta.plans.draw.picture import Link

__all__ = ["paint_edge"]

_HEAD = 7.0
_AIR = 3.5


def paint_edge(canvas: Canvas, link: Link, route: Route, *, faded: bool = False) -> None:
    """The way of `link` and its head at the end."""
    if not route:
        return
    last = route[-1]
    last = _ending_before(last)
    # The line ends inside its head, so that the point stays sharp.
    down = abs(last.x3 - last.x2) <= abs(last.y3 - last.y2)
    sign = 1.0 if (last.y3 >= last.y2 if down else last.x3 >= last.x2) else -1.0
    back = sign * (_HEAD - 1)
    short = last._replace(y3=last.y3 - back) if down else last._replace(x3=last.x3 - back)
    style = f"e {link.kind}" if link.kind != "data" else "e"
    style += " ec" if link.critical else ""
    canvas.path(_data((*route[:-1], short)), style + (" faded" if faded else ""))
    x, y = last.x3, last.y3
    half = 3.4 + link.critical * 0.8
    if down:
        head = (
            f"M{number(x)} {number(y)}l{number(-half)} {number(-sign * _HEAD)}h{number(2 * half)}Z"
        )
    else:
        head = (
            f"M{number(x)} {number(y)}l{number(-sign * _HEAD)} {number(-half)}v{number(2 * half)}Z"
        )
    canvas.path(head, ("ahc" if link.critical else "ah") + (" faded" if faded else ""))


def _ending_before(curve: Curve) -> Curve:
    """The curve up to a little before its end: heads do not touch boxes."""
    if abs(curve.x3 - curve.x2) <= abs(curve.y3 - curve.y2):
        return curve._replace(y3=curve.y3 + (-_AIR if curve.y3 >= curve.y2 else _AIR))
    return curve._replace(x3=curve.x3 + (-_AIR if curve.x3 >= curve.x2 else _AIR))


def _data(route: Route) -> str:
    first = route[0]
    parts = [f"M{number(first.x0)} {number(first.y0)}"]
    parts.extend(_piece(curve) for curve in route)
    return "".join(parts)


def _piece(curve: Curve) -> str:
    x0, _, x1, y1, x2, y2, x3, y3 = map(number, curve)
    if x0 == x1 == x2 == x3:
        return f"V{y3}"
    if number(curve.y0) == y1 == y2 == y3:
        return f"H{x3}"
    return f"C{x1} {y1} {x2} {y2} {x3} {y3}"
