"""From a picture to places: what can be shown at all, how large boxes are, which way the layers go. In pixels."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from batuta.plans.draw.layout.crowd import crowded
from batuta.plans.draw.layout.geometry import Layout
from batuta.plans.draw.layout.group import Grouped, grouped
from batuta.plans.draw.layout.layered import (
    Arranged,
    Spacing,
    arrange,
    layout,
    least_size,
    passing_count,
)
from batuta.plans.draw.layout.panels import Panel, panel_of
from batuta.plans.draw.layout.thin import without_implied
from batuta.plans.draw.paint.boxes import FULL, INSIDE_PAD, SMALL, Measures, size_of
from batuta.plans.draw.picture import Box, Link, Picture
from batuta.spec.figures import plural

__all__ = ["Placed", "placed", "readable"]

# More steps than this get small boxes, and no links that follow from others.
_FULL_MAX = 60
# Nobody finds a step among more, and no browser likes more lines than these.
_BOXES_MAX = 3_000
_PASSING_MAX = 20_000
# The window that a picture should fill.
_WINDOW = (1_080.0, 900.0)
# Between boxes, beside lines, between layers.
_DOWN, _DOWN_SMALL = Spacing(26, 16, 38), Spacing(16, 10, 30)
_RIGHT, _RIGHT_SMALL = Spacing(18, 14, 52), Spacing(10, 8, 36)
# A way that promises to be read at a size larger by this factor needs no comparison.
_SURELY = 1.6


class Placed(NamedTuple):
    """Where everything is: what was grouped, the panels, their layout, the kind of boxes, and what is drawn in them."""

    groups: Grouped
    panels: tuple[Panel, ...]
    layout: Layout
    measures: Measures
    inside: dict[int, "Placed"]


def readable(picture: Picture) -> Picture:
    """The picture without what would make it a blot: links that follow from others, or a box for each step."""
    count = len(picture.boxes)
    if count > _BOXES_MAX:
        return crowded(picture)
    if count <= _FULL_MAX:
        return picture
    links = without_implied(count, picture.links)
    if passing_count(count, [(link.source, link.target) for link in links]) > _PASSING_MAX:
        return crowded(picture)
    left_out = len(picture.links) - len(links)
    if not left_out:
        return picture
    note = f"Not drawn: {plural(left_out, 'link')} that follow from others."
    return msgspec.structs.replace(picture, links=links, notes=(*picture.notes, note))


def placed(picture: Picture) -> Placed:
    """Where to paint a `readable` picture."""
    measures = FULL if len(picture.boxes) <= _FULL_MAX else SMALL
    return _placed(picture.boxes, picture.links, measures)


def _placed(boxes: Sequence[Box], links: Sequence[Link], measures: Measures) -> Placed:
    inside = {
        index: _placed(box.inside.boxes, box.inside.links, SMALL)
        for index, box in enumerate(boxes)
        if box.inside is not None
    }
    sizes = [size_of(box, measures) for box in boxes]
    # Boxes of one width make columns.
    plain = (width for index, (width, _) in enumerate(sizes) if index not in inside)
    widest = max(plain, default=0.0)
    for index, (width, height) in enumerate(sizes):
        one = inside.get(index)
        if one is not None:
            width = max(width, one.layout.width + 2 * INSIDE_PAD)
            height += one.layout.height + 2 * INSIDE_PAD
        sizes[index] = (max(width, widest), height)
    groups = grouped(len(sizes), links, alike=not inside)
    panels = tuple(panel_of(unit, sizes) for unit in groups.units)
    arranged = arrange(len(panels), [(link.source, link.target) for link in groups.links])
    places = [(panel.width, panel.height) for panel in panels]
    return Placed(groups, panels, _best(arranged, places, small=measures.small), measures, inside)


def _best(arranged: Arranged, places: Sequence[tuple[float, float]], *, small: bool) -> Layout:
    """Downwards or to the right, whichever is read at the larger size in one window; downwards if in doubt."""
    spacing = (_DOWN_SMALL, _RIGHT_SMALL) if small else (_DOWN, _RIGHT)
    promised = [
        _scale(least_size(arranged, places, down=down, spacing=spacing[not down]))
        for down in (True, False)
    ]
    if promised[1] > promised[0] * _SURELY:
        return layout(arranged, places, down=False, spacing=spacing[1])
    found = layout(arranged, places, spacing=spacing[0])
    scale = _scale((found.width, found.height))
    if scale == 1.0 or promised[0] > promised[1] * _SURELY:
        return found
    other = layout(arranged, places, down=False, spacing=spacing[1])
    return found if scale * 1.05 >= _scale((other.width, other.height)) else other


def _scale(size: tuple[float, float]) -> float:
    """How much a picture has to shrink to fit into one window."""
    return min(1.0, _WINDOW[0] / max(size[0], 1.0), _WINDOW[1] / max(size[1], 1.0))
