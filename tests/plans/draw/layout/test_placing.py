"""Where things are painted: a plan that a step carries out has room in its box, at any depth."""

import xml.etree.ElementTree as ET

from batuta.plans.draw.layout.geometry import Rect
from batuta.plans.draw.layout.placing import Placed, placed
from batuta.plans.draw.paint.boxes import inside_of
from batuta.plans.draw.picture import Box, Inside, Link, Picture, all_boxes
from batuta.plans.draw.svg import svg_of

INNER = Inside(
    (
        Box(name="read", use="file.read"),
        Box(name="decide", use="rules"),
        Box(name="pay", use="bank"),
    ),
    (Link(0, 1), Link(0, 2), Link(1, 2)),
)
OUTER = Inside(
    (Box(name="one", use="plan.inner", inside=INNER, stack="each", times="each ×24"),), ()
)


def picture(*boxes: Box) -> Picture:
    links = tuple(Link(at, at + 1) for at in range(len(boxes) - 1))
    return Picture(
        title="t", description="", summary="", digest="d", boxes=boxes, links=links, says="said"
    )


WHOLE = picture(
    Box(name="before", use="value"),
    Box(name="all", use="plan.outer", inside=OUTER),
    Box(name="after", use="a.capability.with.a.very.long.name.indeed"),
)


def rects_of(drawn: Placed) -> dict[int, Rect]:
    return {
        box: Rect(rect.x + inner.x, rect.y + inner.y, inner.width, inner.height)
        for panel, rect in zip(drawn.panels, drawn.layout.rects, strict=True)
        for box, inner in panel.rects.items()
    }


def check(boxes: tuple[Box, ...], drawn: Placed) -> int:
    """How many boxes lie inside of others; each has room there."""
    count = 0
    rects = rects_of(drawn)
    for index, inner in drawn.inside.items():
        inside = boxes[index].inside
        assert inside is not None
        rect, size = rects[index], inner.layout
        x, y = inside_of(boxes[index], rect, drawn.measures, size.width)
        assert rect.x < x and x + size.width < rect.right
        assert rect.y < y and y + size.height < rect.bottom
        count += len(inside.boxes) + check(inside.boxes, inner)
    return count


def test_what_is_inside_of_a_box_has_room_in_it() -> None:
    assert check(WHOLE.boxes, placed(WHOLE)) == 4


def test_boxes_beside_it_keep_the_width_of_their_column() -> None:
    rects = rects_of(placed(WHOLE))
    assert rects[0].width == rects[2].width <= rects[1].width


def test_every_box_is_painted_and_told() -> None:
    root = ET.fromstring(svg_of(WHOLE))
    text = "".join(root.itertext())
    assert [box.name for box in all_boxes(WHOLE.boxes) if box.name not in text] == []


def test_all_boxes_are_the_boxes_and_those_inside_of_them_in_order() -> None:
    names = [box.name for box in all_boxes(WHOLE.boxes)]
    assert names == ["before", "all", "one", "read", "decide", "pay", "after"]
