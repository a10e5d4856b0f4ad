"""The small signs on boxes, which the legend explains: what a step does to the world, its state, who is asked."""

from batuta.plans.draw.paint.canvas import Canvas
from batuta.plans.draw.paint.icons import (
    ASKS,
    EFFECT_ICONS,
    MAY_FAIL,
    STATE_ICONS,
    STATE_STYLES,
    UNDO,
)

__all__ = ["asks_badge", "effect_tile", "may_fail_badge", "state_badge", "undo_badge"]


def effect_tile(canvas: Canvas, effect: str, x: float, y: float, size: float) -> None:
    """A square of `size` pixels with its upper left corner at (x, y)."""
    style = effect or "unknown"
    canvas.rect(x, y, size, size, f"tile f-{style}", round_=size / 4)
    icon = size * 0.62
    inset = (size - icon) / 2
    canvas.path(EFFECT_ICONS[effect], f"i s-{style}", x=x + inset, y=y + inset, scale=icon / 16)


def state_badge(canvas: Canvas, state: str, x: float, y: float, scale: float = 1.0) -> None:
    """A disc around (x, y), 16 pixels wide times `scale`."""
    canvas.circle(x, y, 8 * scale, f"f-{STATE_STYLES[state]}")
    canvas.path(STATE_ICONS[state], "i on", x=x - 8 * scale, y=y - 8 * scale, scale=scale)


def asks_badge(canvas: Canvas, x: float, y: float, scale: float = 1.0) -> None:
    """A question mark in a ring around (x, y)."""
    canvas.circle(x, y, 7.4 * scale, "i s-ask f-ask-tint")
    canvas.path(ASKS, "i s-ask", x=x - 7.2 * scale, y=y - 7.6 * scale, scale=0.9 * scale)


def undo_badge(canvas: Canvas, x: float, y: float, scale: float = 1.0) -> None:
    """An arrow that turns back, around (x, y)."""
    canvas.path(UNDO, "i muted-line", x=x - 7.5 * scale, y=y - 8.5 * scale, scale=scale)


def may_fail_badge(canvas: Canvas, x: float, y: float, scale: float = 1.0) -> None:
    """A cross in an open ring, around (x, y)."""
    canvas.path(MAY_FAIL, "i muted-line", x=x - 8 * scale, y=y - 8 * scale, scale=scale)
