"""A picture that stands on a page and changes there: boxes keep their places while their steps go on.

Each box is a link with an id, so that a page is told of a step by its box alone. Styles stand in a file of their own
(`styles`), for pages that allow none in the text.
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from batuta.plans.draw.layout.placing import placed, readable
from batuta.plans.draw.paint.boxes import paint_box
from batuta.plans.draw.paint.canvas import Canvas, number
from batuta.plans.draw.paint.legend import paint_legend
from batuta.plans.draw.paint.text import clean, safe
from batuta.plans.draw.picture import Box, Picture
from batuta.plans.draw.svg import paint_picture

__all__ = ["LivePicture", "box_id"]

_MARGIN = 12.0
_WIDTH_MIN = 320.0
# The longest that a box may have to say in the course of a run.
_ROOMY = {"state": "in doubt", "time": "59.9 min", "cost": ""}


class LivePicture:
    """Where everything of `picture` stands, with room for what its steps may come to.

    `address` gives the attributes of the link around the box of a step: markup that is safe.
    """

    def __init__(self, picture: Picture, address: Callable[[Box], str]) -> None:
        roomy = msgspec.structs.replace(picture, boxes=tuple(map(_roomy, picture.boxes)))
        self._shown = readable(roomy)
        # A crowd is drawn as one box for many steps: none of them can be told apart.
        self._steady = len(self._shown.boxes) == len(picture.boxes)
        self._placed = placed(self._shown)
        self._address = address
        self._rects = {
            index: (panel, inner)
            for panel in range(len(self._placed.panels))
            for index, inner in self._placed.panels[panel].rects.items()
        }

    def svg(self, picture: Picture) -> str:
        """All of it, as `picture` (of the same steps) is now; without styles."""
        canvas = Canvas()
        layout = self._placed.layout
        shown = picture if self._steady else readable(picture)
        drawn = self._placed if self._steady else placed(shown)
        if not self._steady:
            layout = drawn.layout
        room = max(layout.width, _WIDTH_MIN)
        paint_picture(
            canvas,
            shown.boxes,
            drawn,
            self._left,
            _MARGIN,
            around=self._opened if self._steady else None,
        )
        y = _MARGIN + layout.height + 20
        y += paint_legend(canvas, shown, _MARGIN, y, room)
        width, height = room + 2 * _MARGIN, y + _MARGIN - 8
        size = f'width="{number(width)}" height="{number(height)}" viewBox="0 0 {number(width)} {number(height)}"'
        label = safe(picture.says)
        body = "\n".join(canvas.parts)
        return f'<svg class="b" role="group" aria-label="{label}" {size}>\n{body}\n</svg>'

    def boxes(self, picture: Picture, which: Iterable[int]) -> Sequence[str]:
        """The markup of the boxes of these indices; of none if `picture` shows crowds."""
        found: list[str] = []
        for index in which if self._steady else ():
            canvas, box = Canvas(), picture.boxes[index]
            panel, inner = self._rects[index]
            outer = self._placed.layout.rects[panel]
            rect = inner._replace(x=inner.x + outer.x + self._left, y=inner.y + outer.y + _MARGIN)
            canvas.parts.append(self._opened(box))
            paint_box(canvas, box, rect, self._placed.measures, named=False)
            canvas.parts.append("</a>")
            found.append("".join(canvas.parts))
        return found

    @property
    def _left(self) -> float:
        room = max(self._placed.layout.width, _WIDTH_MIN)
        return _MARGIN + (room - self._placed.layout.width) / 2

    def _opened(self, box: Box) -> str:
        says = safe(clean(box.says))
        return f'<a id="{box_id(box.name)}" {self._address(box)}><title>{says}</title>'


def box_id(step: str) -> str:
    """The id of the box of `step` on its page."""
    return f"box-{safe(step)}"


def _roomy(box: Box) -> Box:
    times = "each 99,999 of 99,999" if box.stack == "each" else box.times or "2 attempts"
    return msgspec.structs.replace(box, times=times, **_ROOMY)
