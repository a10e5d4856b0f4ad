"""The whole document: title, drawing, legend."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from batuta.plans.draw.axis import axis_of
from batuta.plans.draw.boxes import FULL, SMALL, Measures, paint_box, size_of
from batuta.plans.draw.canvas import Canvas, number
from batuta.plans.draw.crowd import crowded
from batuta.plans.draw.edges import paint_edge
from batuta.plans.draw.gantt import NOTE_WIDTH, label_width, paint_gantt
from batuta.plans.draw.geometry import Curve, Layout, Rect, Route
from batuta.plans.draw.group import Grouped, grouped
from batuta.plans.draw.layered import Spacing, arrange, layout, passing_count
from batuta.plans.draw.legend import paint_legend
from batuta.plans.draw.of_plan import picture_of_plan
from batuta.plans.draw.of_run import picture_of_run
from batuta.plans.draw.panels import Panel, panel_of
from batuta.plans.draw.picture import Link, Picture
from batuta.plans.draw.style import style_sheet
from batuta.plans.draw.text import clean, safe, wrapped
from batuta.plans.draw.thin import without_implied
from batuta.plans.draw.tracks import busy, tracks_of
from batuta.plans.draw.units import plural
from batuta.plans.explanation import Explanation
from batuta.spec.card import Card
from batuta.spec.critical import Leg, critical_path
from batuta.spec.run import Run
from batuta.spec.timeline import Timeline

__all__ = ["plan_svg", "run_svg"]

_MARGIN = 28.0
_WIDTH_MIN = 460.0
_WIDTH_TIMED_MIN = 760.0
# Rows of a timeline; what a page shows at once, three times.
_TRACKS_MAX = 120
# More steps than this get small boxes.
_FULL_MAX = 60
# Nobody finds a step among more, and no browser likes more lines than these.
_BOXES_MAX = 3_000
_PASSING_MAX = 20_000
# The window that a picture should fill, in pixels.
_WINDOW = (1_080.0, 900.0)
# Between boxes, beside lines, between layers.
_DOWN, _DOWN_SMALL = Spacing(26, 16, 38), Spacing(16, 10, 30)
_RIGHT, _RIGHT_SMALL = Spacing(18, 14, 52), Spacing(10, 8, 36)
# What is read out has an end.
_SAID_STEPS_MAX = 500


def plan_svg(explanation: Explanation) -> str:
    """The plan as an SVG document of its own: no script, nothing from elsewhere, light and dark."""
    return _svg(picture_of_plan(explanation))


def run_svg(run: Run, lines: Timeline, now: float, cards: Mapping[str, Card] | None = None) -> str:
    """The run as an SVG document: its plan with what became of every step, and the timeline below.

    `lines` is the timeline of its log; `now` (seconds of the Unix epoch) is where what goes on ends. `cards` of what
    is still known say what steps do to the world; without, what the log says.
    """
    legs = critical_path(run, lines, now)
    return _svg(picture_of_run(run, lines, legs, now, cards or {}), _Timing(run, lines, legs, now))


class _Drawn(NamedTuple):
    """Where everything is."""

    groups: Grouped
    panels: tuple[Panel, ...]
    layout: Layout
    measures: Measures


class _Timing(NamedTuple):
    """What the timeline of a run is painted from."""

    run: Run
    lines: Timeline
    legs: tuple[Leg, ...]
    now: float


def _svg(picture: Picture, timing: _Timing | None = None) -> str:
    picture = _readable(picture)
    drawn = _drawn(picture)
    canvas = Canvas()
    room = max(drawn.layout.width, _WIDTH_MIN if timing is None else _WIDTH_TIMED_MIN)
    y = _header(canvas, picture, room)
    left = _MARGIN + (room - drawn.layout.width) / 2
    _paint(canvas, picture, drawn, left, y)
    y += drawn.layout.height + 24
    if timing is not None and timing.lines.lines:
        y += _timed(canvas, timing, y, room)
    y += paint_legend(canvas, picture, _MARGIN, y, room)
    return _document(canvas, picture, room + 2 * _MARGIN, y + _MARGIN - 8)


def _readable(picture: Picture) -> Picture:
    """The picture without what would make it a blot: links that follow from others, then boxes."""
    count = len(picture.boxes)
    if count > _BOXES_MAX:
        return crowded(picture)
    if count <= _FULL_MAX:
        return picture
    links = without_implied(count, picture.links)
    left_out = len(picture.links) - len(links)
    note = f"Not drawn: {plural(left_out, 'link')} that follow from others." if left_out else ""
    thin = msgspec.structs.replace(
        picture, links=links, notes=(*picture.notes, note) if note else picture.notes
    )
    edges = [(link.source, link.target) for link in links]
    return crowded(picture) if passing_count(count, edges) > _PASSING_MAX else thin


def _drawn(picture: Picture) -> _Drawn:
    """Downwards or to the right, whichever is read at the larger size in one window; downwards if in doubt."""
    measures = FULL if len(picture.boxes) <= _FULL_MAX else SMALL
    sizes = [size_of(box, measures) for box in picture.boxes]
    widest = max((width for width, _ in sizes), default=0.0)
    groups = grouped(len(sizes), picture.links)
    panels = tuple(
        panel_of(unit, [(widest, height) for _, height in sizes]) for unit in groups.units
    )
    edges = [(link.source, link.target) for link in groups.links]
    arranged = arrange(len(panels), edges)
    places = [(panel.width, panel.height) for panel in panels]
    small = measures.small
    found = layout(arranged, places, spacing=_DOWN_SMALL if small else _DOWN)
    if _scale(found) < 0.999:
        other = layout(arranged, places, down=False, spacing=_RIGHT_SMALL if small else _RIGHT)
        found = found if _scale(found) * 1.05 >= _scale(other) else other
    return _Drawn(groups, panels, found, measures)


def _timed(canvas: Canvas, timing: _Timing, y: float, room: float) -> float:
    """The timeline, from `y` on; the height it takes."""
    run, lines, legs, now = timing
    tracks, more = tracks_of(run, lines, legs, _TRACKS_MAX)
    label = label_width(tracks)
    width = room - label - NOTE_WIDTH
    axis = axis_of(lines.begin, lines.until(now), busy(lines, now), width)
    canvas.path(f"M{number(_MARGIN)} {number(y)}H{number(_MARGIN + room)}", "l")
    canvas.text(_MARGIN, y + 28, "Timeline", "h2 tx")
    height = 40 + paint_gantt(canvas, tracks, axis, _MARGIN, y + 40, label, now)
    if more:
        canvas.text(_MARGIN, y + height + 14, f"and {plural(more, 'step')} more", "t mu")
        height += 20
    return height + 24


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


def _paint(canvas: Canvas, picture: Picture, drawn: _Drawn, left: float, top: float) -> None:
    """Panels, then lines, the critical path last, then boxes: no line hides a word."""
    boxes, groups = picture.boxes, drawn.groups
    placed: dict[int, Rect] = {}
    lines: list[tuple[Link, Route]] = []
    for panel, rect in zip(drawn.panels, drawn.layout.rects, strict=True):
        x, y = rect.x + left, rect.y + top
        if panel.title:
            canvas.rect(x, y, rect.width, rect.height, "panel", round_=12)
            canvas.text(x + 14, y + 21, panel.title, "t mu")
        for box, inner in panel.rects.items():
            placed[box] = Rect(x + inner.x, y + inner.y, inner.width, inner.height)
        for ends, route in panel.routes.items():
            lines.append((groups.inside[ends], tuple(_moved(curve, x, y) for curve in route)))
    for link, route in zip(groups.links, drawn.layout.routes, strict=True):
        lines.append((link, tuple(_moved(curve, left, top) for curve in route)))
    for link, route in sorted(lines, key=lambda line: line[0].critical):
        paint_edge(canvas, link, route)
    for box, rect in sorted(placed.items()):
        paint_box(canvas, boxes[box], rect, drawn.measures)


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
