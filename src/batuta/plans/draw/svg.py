"""The whole document: title, drawing, legend."""

from collections.abc import Sequence

from batuta.plans.draw.boxes import FULL, SMALL, Measures, paint_box, size_of
from batuta.plans.draw.canvas import Canvas, number
from batuta.plans.draw.edges import paint_edge
from batuta.plans.draw.geometry import Curve, Layout, Rect
from batuta.plans.draw.layered import Spacing, layout
from batuta.plans.draw.legend import paint_legend
from batuta.plans.draw.of_plan import picture_of_plan
from batuta.plans.draw.picture import Link, Picture
from batuta.plans.draw.style import style_sheet
from batuta.plans.draw.text import clean, safe, wrapped
from batuta.plans.explanation import Explanation

__all__ = ["plan_svg", "svg_of"]

_MARGIN = 28.0
_WIDTH_MIN = 460.0
# More steps than this get small boxes.
_FULL_MAX = 60
# The window that a picture should fill, in pixels.
_WINDOW = (1_080.0, 900.0)
# What is read out has an end.
_SAID_STEPS_MAX = 500


def plan_svg(explanation: Explanation) -> str:
    """The plan as an SVG document of its own: no script, nothing from elsewhere, light and dark."""
    return svg_of(picture_of_plan(explanation))


def svg_of(picture: Picture) -> str:
    """The document that shows `picture`."""
    measures = FULL if len(picture.boxes) <= _FULL_MAX else SMALL
    drawn = _best_layout(picture, measures)
    canvas = Canvas()
    room = max(drawn.width, _WIDTH_MIN)
    y = _header(canvas, picture, room)
    left = _MARGIN + (room - drawn.width) / 2
    _paint(canvas, picture, drawn, measures, left, y)
    y += drawn.height + 24
    y += paint_legend(canvas, picture, _MARGIN, y, room)
    return _document(canvas, picture, room + 2 * _MARGIN, y + _MARGIN - 8)


def _best_layout(picture: Picture, measures: Measures) -> Layout:
    """Downwards or to the right, whichever is read at the larger size in one window; downwards if in doubt."""
    sizes = [size_of(box, measures) for box in picture.boxes]
    widest = max((width for width, _ in sizes), default=0.0)
    sizes = [(widest, height) for _, height in sizes]
    edges = [(link.source, link.target) for link in picture.links]
    small = measures.small
    down = layout(
        sizes, edges, spacing=Spacing(16 if small else 26, 10 if small else 16, 30 if small else 38)
    )
    if _scale(down) >= 0.999:
        return down
    right = layout(
        sizes,
        edges,
        down=False,
        spacing=Spacing(10 if small else 18, 8 if small else 14, 36 if small else 52),
    )
    return down if _scale(down) * 1.05 >= _scale(right) else right


def _scale(drawn: Layout) -> float:
    return min(1.0, _WINDOW[0] / max(drawn.width, 1.0), _WINDOW[1] / max(drawn.height, 1.0))


def _header(canvas: Canvas, picture: Picture, room: float) -> float:
    """Title, description and totals; where the drawing begins."""
    y = _MARGIN + 18
    for line in wrapped(clean(picture.title, 200), room / 1.12, 20, 2):
        canvas.text(_MARGIN, y, line, "h1 tx")
        y += 26
    y -= 4
    for line in wrapped(clean(picture.description, 600), room, 13, 3):
        canvas.text(_MARGIN, y, line, "d mu")
        y += 19
    for line in wrapped(clean(picture.summary, 400), room, 13, 3):
        canvas.text(_MARGIN, y, line, "d tx")
        y += 19
    for note in picture.notes:
        for line in wrapped(clean(note, 300), room, 13, 2):
            canvas.text(_MARGIN, y, line, "d mu")
            y += 19
    return y + 10


def _paint(
    canvas: Canvas, picture: Picture, drawn: Layout, measures: Measures, left: float, top: float
) -> None:
    boxes = picture.boxes
    gone = [box.state in ("skipped", "cancelled") for box in boxes]
    pairs: Sequence[tuple[Link, tuple[Curve, ...]]] = list(
        zip(picture.links, drawn.routes, strict=True)
    )
    for link, route in sorted(pairs, key=lambda pair: pair[0].critical):
        moved = tuple(_moved(curve, left, top) for curve in route)
        paint_edge(canvas, link, moved, faded=gone[link.source] or gone[link.target])
    for box, rect in zip(boxes, drawn.rects, strict=True):
        paint_box(canvas, box, Rect(rect.x + left, rect.y + top, rect.width, rect.height), measures)


def _moved(curve: Curve, x: float, y: float) -> Curve:
    x0, y0, x1, y1, x2, y2, x3, y3 = curve
    return Curve(x0 + x, y0 + y, x1 + x, y1 + y, x2 + x, y2 + y, x3 + x, y3 + y)


def _document(canvas: Canvas, picture: Picture, width: float, height: float) -> str:
    mark = "b" + "".join(char for char in picture.digest if char.isalnum())[:10]
    size = f'width="{number(width)}" height="{number(height)}" viewBox="0 0 {number(width)} {number(height)}"'
    ground = Canvas()
    ground.rect(0.5, 0.5, width - 1, height - 1, "ground", round_=12)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="b" role="img" {size} '
        f'aria-labelledby="{mark}-t" aria-describedby="{mark}-d">'
        f'<title id="{mark}-t">{safe(clean(picture.title, 200))}</title>'
        f'<desc id="{mark}-d">{safe(_said(picture))}</desc>'
    )
    body = "\n".join(ground.parts + canvas.parts)
    return f"{head}\n{style_sheet(ground.used | canvas.used)}\n{body}\n</svg>\n"


def _said(picture: Picture) -> str:
    """The picture in words, step after step."""
    lines = [
        picture.says,
        clean(picture.description),
        clean(picture.summary),
        *map(clean, picture.notes),
    ]
    lines += [clean(box.says) for box in picture.boxes[:_SAID_STEPS_MAX]]
    left = len(picture.boxes) - _SAID_STEPS_MAX
    if left > 0:
        lines.append(f"And {left:,} more steps.")
    return "\n".join(line for line in lines if line)
