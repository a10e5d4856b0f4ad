"""What all charts have: the sheet, titles, a legend, the axes."""

from collections.abc import Sequence
from typing import NamedTuple

from batuta.capabilities.report.charts.scale import Scale
from batuta.capabilities.report.words import axis_text
from batuta.plans.draw.paint.canvas import Canvas, number
from batuta.plans.draw.paint.text import clean, fit, safe, width_of, wrapped

__all__ = [
    "LETTERS",
    "WIDTH",
    "Frame",
    "begun",
    "below",
    "framed",
    "gridlines",
    "labels_width",
    "tick_unit",
]

# Pixels of a picture on a wide page; on others it is made smaller.
WIDTH = 720.0
LETTERS = 12.0
_TITLE = 14.0
_MARGIN = 0.0
_SIGN_CHARS = 2


class Frame(NamedTuple):
    """The sheet that is painted on, and from where on it is free (pixels)."""

    canvas: Canvas
    top: float


def tick_unit(unit: str) -> str:
    """The unit beside each number of an axis: a sign, and nothing where it is a word, which is said once."""
    return unit if len(unit) <= _SIGN_CHARS else ""


def begun(title: str, names: Sequence[str], y_title: str, unit: str = "") -> Frame:
    """A sheet with a title, a legend of `names` (where there is more than one), and what the numbers are."""
    word = unit if len(unit) > _SIGN_CHARS else ""
    y_title = f"{y_title} ({word})" if y_title and word else y_title or word
    canvas = Canvas()
    top = 6.0
    for line in wrapped(clean(title, 300), WIDTH - 2 * _MARGIN, _TITLE * 1.06, 2):
        top += 15
        canvas.text(_MARGIN, top, line, "ct")
        top += 6
    if len(names) > 1:
        top = _legend(canvas, names, top + 6)
    if y_title:
        top += 16
        canvas.text(_MARGIN, top, fit(clean(y_title, 200), WIDTH - 2 * _MARGIN, LETTERS), "ca")
        top += 8
    return Frame(canvas, top + 12)


def _legend(canvas: Canvas, names: Sequence[str], top: float) -> float:
    """The colours and what they stand for, in as many lines as it takes; where it ends."""
    x, y = _MARGIN, top + 12
    for index, name in enumerate(names):
        words = fit(clean(name or "–", 100), 220, LETTERS)
        width = 18 + width_of(words, LETTERS) + 18
        if x + width > WIDTH and x > _MARGIN:
            x, y = _MARGIN, y + 20
        canvas.rect(x, y - 9, 11, 11, f"f{index + 1}", round_=2.5)
        canvas.text(x + 17, y + 0.5, words, "cl")
        x += width
    return y + 6


def gridlines(canvas: Canvas, scale: Scale, left: float, right: float, unit: str) -> None:
    """A line and a number for each mark of an upright scale; the one of zero is stronger."""
    for tick in scale.ticks:
        y = scale.at(tick)
        style = "c0" if tick == 0 else "cg"
        canvas.path(f"M{number(left)} {number(y)}H{number(right)}", style)
        canvas.text(left - 8, y + 4, axis_text(tick, unit), "cl", anchor="end")


def labels_width(scale: Scale, unit: str) -> float:
    """The room that the numbers of an upright scale take."""
    return max((width_of(axis_text(tick, unit), LETTERS) for tick in scale.ticks), default=0.0) + 12


def below(canvas: Canvas, x: float, y: float, words: str) -> float:
    """`words` with their middle at `x`, or beside it where the sheet ends; where they end."""
    half = width_of(words, LETTERS) / 2
    x = min(max(x, half), WIDTH - half)
    canvas.text(x, y, words, "cl", anchor="middle")
    return x + half


def framed(frame: Frame, height: float, says: str, number_: int) -> str:
    """The finished picture. `says` tells what is in it to those who do not see it."""
    head = (
        f'<svg viewBox="0 0 {number(WIDTH)} {number(height)}" role="img" aria-labelledby="c{number_}" '
        f'preserveAspectRatio="xMinYMin meet"><title id="c{number_}">{safe(clean(says, 400))}</title>'
    )
    return head + "".join(frame.canvas.parts) + "</svg>"
