"""The whole document: title, drawing, legend."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from batuta.plans.draw.layout.axis import axis_of
from batuta.plans.draw.layout.geometry import Curve, Rect, Route
from batuta.plans.draw.layout.placing import Placed, placed, readable
from batuta.plans.draw.of_plan import picture_of_plan
from batuta.plans.draw.of_run import picture_of_run
from batuta.plans.draw.paint.boxes import inside_of, paint_box
from batuta.plans.draw.paint.canvas import Canvas, number
from batuta.plans.draw.paint.edges import paint_edge
from batuta.plans.draw.paint.gantt import NOTE_WIDTH, label_width, paint_gantt
from batuta.plans.draw.paint.legend import paint_legend
from batuta.plans.draw.paint.style import style_sheet
from batuta.plans.draw.paint.text import clean, safe, wrapped
from batuta.plans.draw.picture import Box, Link, Picture, all_boxes
from batuta.plans.draw.tracks import busy, tracks_of
from batuta.plans.explanation import Explanation
from batuta.spec.card import Card
from batuta.spec.critical import Leg, critical_path
from batuta.spec.figures import plural
from batuta.spec.run import Run
from batuta.spec.timeline import Timeline

__all__ = ["gantt_svg", "paint_picture", "plan_svg", "run_svg", "svg_of"]

_MARGIN = 28.0
_WIDTH_MIN = 520.0
_WIDTH_TIMED_MIN = 760.0
# Rows of a timeline; what a page shows at once, three times.
_TRACKS_MAX = 120
# What a long wait is cut down to.
_CUT_WIDTH = 52.0
# What is read out has an end.
_SAID_STEPS_MAX = 500


def plan_svg(explanation: Explanation) -> str:
    """The plan as an SVG document of its own: no script, nothing from elsewhere, light and dark."""
    return svg_of(picture_of_plan(explanation))


def run_svg(run: Run, lines: Timeline, now: float, cards: Mapping[str, Card] | None = None) -> str:
    """The run as an SVG document: its plan with what became of every step, and the timeline below.

    `lines` is the timeline of its log; `now` (seconds of the Unix epoch) is where what goes on ends. `cards` of what
    is still known say what steps do to the world; without, what the log says.
    """
    legs = critical_path(run, lines, now)
    return svg_of(
        picture_of_run(run, lines, legs, now, cards or {}), _Timing(run, lines, legs, now)
    )


def gantt_svg(run: Run, lines: Timeline, legs: Sequence[Leg], now: float) -> str:
    """The timeline of a run alone, for a page that has the styles; "" if nothing has begun."""
    if not lines.lines:
        return ""
    canvas = Canvas()
    height = _rows(canvas, _Timing(run, lines, tuple(legs), now), 8, _WIDTH_TIMED_MIN, 0)
    size = f'viewBox="0 0 {number(_WIDTH_TIMED_MIN)} {number(height + 16)}"'
    body = "\n".join(canvas.parts)
    width = number(_WIDTH_TIMED_MIN)
    return (
        f'<svg class="b" role="img" aria-label="Timeline" width="{width}" {size}>\n{body}\n</svg>'
    )


class _Timing(NamedTuple):
    """What the timeline of a run is painted from."""

    run: Run
    lines: Timeline
    legs: tuple[Leg, ...]
    now: float


def svg_of(picture: Picture, timing: _Timing | None = None) -> str:
    """The document that shows `picture`, and below it the timeline of a run."""
    picture = readable(picture)
    drawn = placed(picture)
    canvas = Canvas()
    room = max(drawn.layout.width, _WIDTH_MIN if timing is None else _WIDTH_TIMED_MIN)
    y = _header(canvas, picture, room)
    left = _MARGIN + (room - drawn.layout.width) / 2
    paint_picture(canvas, picture.boxes, drawn, left, y)
    y += drawn.layout.height + 24
    if timing is not None and timing.lines.lines:
        y += _timed(canvas, timing, y, room)
    y += paint_legend(canvas, picture, _MARGIN, y, room)
    return _document(canvas, picture, room + 2 * _MARGIN, y + _MARGIN - 8)


def _timed(canvas: Canvas, timing: _Timing, y: float, room: float) -> float:
    """The timeline, from `y` on; the height it takes."""
    canvas.path(f"M{number(_MARGIN)} {number(y)}H{number(_MARGIN + room)}", "l")
    canvas.text(_MARGIN, y + 28, "Timeline", "h2 tx")
    return 64 + _rows(canvas, timing, y + 40, room, _MARGIN)


def _rows(canvas: Canvas, timing: _Timing, y: float, room: float, x: float) -> float:
    """The rows of the timeline and their axis, from (x, y) on; the height they take."""
    run, lines, legs, now = timing
    tracks, more = tracks_of(run, lines, legs, _TRACKS_MAX)
    label = label_width(tracks)
    width = room - label - NOTE_WIDTH
    axis = axis_of(lines.begin, lines.until(now), busy(lines, now), width, _CUT_WIDTH)
    height = paint_gantt(canvas, tracks, axis, x, y, label, now)
    if more:
        canvas.text(x, y + height + 14, f"and {plural(more, 'step')} more", "t mu")
        height += 20
    return height


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


def paint_picture(
    canvas: Canvas,
    boxes: Sequence[Box],
    drawn: Placed,
    left: float,
    top: float,
    *,
    around: Callable[[Box], str] | None = None,
) -> None:
    """Panels, then lines, the critical path last, then boxes: no line hides a word.

    `around` gives the tag of a link that is opened before a box, with what is read out of it.
    """
    groups = drawn.groups
    rects: dict[int, Rect] = {}
    lines: list[tuple[Link, Route]] = []
    for panel, rect in zip(drawn.panels, drawn.layout.rects, strict=True):
        x, y = rect.x + left, rect.y + top
        if panel.title:
            canvas.rect(x, y, rect.width, rect.height, "panel", round_=12)
            canvas.text(x + 14, y + 21, panel.title, "t mu")
        for box, inner in panel.rects.items():
            rects[box] = Rect(x + inner.x, y + inner.y, inner.width, inner.height)
        for ends, route in panel.routes.items():
            lines.append((groups.inside[ends], tuple(_moved(curve, x, y) for curve in route)))
    for link, route in zip(groups.links, drawn.layout.routes, strict=True):
        lines.append((link, tuple(_moved(curve, left, top) for curve in route)))
    for link, route in sorted(lines, key=lambda line: line[0].critical):
        paint_edge(canvas, link, route)
    for box, rect in sorted(rects.items()):
        if around is not None:
            canvas.parts.append(around(boxes[box]))
        paint_box(canvas, boxes[box], rect, drawn.measures, named=around is None)
        inside = boxes[box].inside
        if inside is not None:
            inner = drawn.inside[box]
            place = inside_of(boxes[box], rect, drawn.measures, inner.layout.width)
            paint_picture(canvas, inside.boxes, inner, *place)
        if around is not None:
            canvas.parts.append("</a>")


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
    boxes = list(all_boxes(picture.boxes))
    lines += [clean(box.says) for box in boxes[:_SAID_STEPS_MAX]]
    left = len(boxes) - _SAID_STEPS_MAX
    if left > 0:
        lines.append(f"And {left:,} more steps.")
    return "\n".join(line for line in lines if line)
