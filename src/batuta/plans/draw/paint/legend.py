"""The legend: what shapes and colours mean, of those that the picture has."""

from collections.abc import Callable
from itertools import chain
from typing import NamedTuple

from batuta.plans.draw.paint.badges import (
    asks_badge,
    effect_tile,
    may_fail_badge,
    state_badge,
    undo_badge,
)
from batuta.plans.draw.paint.canvas import Canvas
from batuta.plans.draw.paint.text import width_of
from batuta.plans.draw.picture import EFFECTS, STATES, Picture, all_boxes

__all__ = ["paint_legend"]

_LINE = 22.0
_SIZE = 11.5


_Sample = Callable[[float, float], None]


class _Entry(NamedTuple):
    words: str
    width: float  # of the sample
    sample: _Sample


def paint_legend(canvas: Canvas, picture: Picture, x: float, y: float, room: float) -> float:
    """The legend from (x, y) on, in lines no wider than `room`; the height it takes."""
    left, top = x, y
    for entry in _entries(canvas, picture):
        width = entry.width + 6 + width_of(entry.words, _SIZE) + 18
        if x > left and x + width - 18 > left + room:
            x, top = left, top + _LINE
        entry.sample(x, top + 8)
        canvas.text(x + entry.width + 6, top + 12, entry.words, "t mu")
        x += width
    return top + _LINE - y


def _entries(canvas: Canvas, picture: Picture) -> list[_Entry]:
    boxes = list(all_boxes(picture.boxes))
    entries: list[_Entry] = []

    def effect(name: str) -> _Sample:
        return lambda x, y: effect_tile(canvas, name, x, y - 8, 16)

    def state(name: str) -> _Sample:
        return lambda x, y: state_badge(canvas, name, x + 7, y, 0.875)

    def line(style: str) -> _Sample:
        return lambda x, y: canvas.path("M0 0H26", style, x=x, y=y)

    def asks(x: float, y: float) -> None:
        asks_badge(canvas, x + 7, y, 0.9)

    def undo(x: float, y: float) -> None:
        undo_badge(canvas, x + 8, y)

    def may_fail(x: float, y: float) -> None:
        may_fail_badge(canvas, x + 8, y)

    def stack(x: float, y: float) -> None:
        canvas.rect(x + 3, y + 1, 16, 6, "sheet", round_=2)
        canvas.rect(x, y - 7, 22, 11, "sheet", round_=3)

    effects = {box.effect for box in boxes}
    entries += [
        _Entry(words, 16, effect(name)) for name, words in EFFECTS.items() if name in effects
    ]
    states = {box.state for box in boxes}
    entries += [_Entry(name, 14, state(name)) for name in STATES if name in states]
    if any(box.asks for box in boxes):
        entries.append(_Entry("asks a person", 14, asks))
    if any(box.undo for box in boxes):
        entries.append(_Entry("can be undone", 16, undo))
    if any(box.may_fail for box in boxes):
        entries.append(_Entry("may fail", 16, may_fail))
    if any(box.stack for box in boxes):
        entries.append(_Entry("runs many times", 22, stack))
    if any(box.critical for box in boxes):
        entries.append(_Entry("critical path", 26, line("e ec")))
    inside = (box.inside.links for box in boxes if box.inside is not None)
    kinds = {link.kind for link in chain(picture.links, *inside)}
    entries += [
        _Entry(words, 26, line(f"e {kind}".removesuffix(" data")))
        for kind, words in (
            ("data", "data"),
            ("optional", "data if there is any"),
            ("after", "order only"),
        )
        if kind in kinds and len(kinds) > 1
    ]
    return entries
