"""Columns that say how much there was of something: drawn here, styled by the page."""

from collections.abc import Sequence
from typing import NamedTuple

from batuta.plans.draw.paint.canvas import Canvas, number
from batuta.plans.draw.paint.text import safe

__all__ = ["Column", "columns"]

# In pixels.
_WIDTH, _HEIGHT, _LEFT, _FOOT, _HEAD = 760.0, 150.0, 58.0, 22.0, 14.0
_GAP = 3.0


class Column(NamedTuple):
    """One column: its `parts` from the ground up (how much, style), what it says, and what stands below it."""

    parts: Sequence[tuple[float, str]]
    said: str
    foot: str = ""


def columns(bars: Sequence[Column], most: str, label: str) -> str:
    """The picture; `most` is what the highest column comes to, in words, `label` what the picture shows."""
    highest = max((sum(much for much, _ in bar.parts) for bar in bars), default=0.0)
    canvas = Canvas()
    base, room = _HEIGHT - _FOOT, _HEIGHT - _FOOT - _HEAD
    step = (_WIDTH - _LEFT) / max(len(bars), 1)
    for at, words in ((0.0, "0"), (1.0, most)) if highest else ((0.0, "0"),):
        y = base - at * room
        canvas.path(f"M{number(_LEFT)} {number(y)}H{number(_WIDTH)}", "l")
        canvas.text(_LEFT - 6, y + 4, words, "t mu", anchor="end")
    for index, bar in enumerate(bars):
        x, y = _LEFT + index * step, base
        canvas.open_group(bar.said if any(much for much, _ in bar.parts) else "")
        for much, style in bar.parts:
            height = much / highest * room if highest else 0.0
            if height:
                y -= height
                canvas.rect(x + _GAP, y, max(step - 2 * _GAP, 1), height, style, round_=2)
        canvas.close_group()
        canvas.text(x + step / 2, base + 16, bar.foot, "t mu", anchor="middle")
    body = "".join(canvas.parts)
    size = f'viewBox="0 0 {number(_WIDTH)} {number(_HEIGHT)}"'
    return f'<svg class="b chart" role="group" aria-label="{safe(label)}" {size}>{body}</svg>'
