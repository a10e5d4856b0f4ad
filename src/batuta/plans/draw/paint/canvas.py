"""The few elements of SVG that pictures are made of. A canvas collects them and remembers which styles they need."""

from batuta.plans.draw.paint.text import clean, safe

__all__ = ["Canvas", "number"]


def number(value: float) -> str:
    """A length with one decimal at most."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


class Canvas:
    """Elements in the order of painting. Every method that takes `style` takes names of classes."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.used: set[str] = set()

    def text(self, x: float, y: float, words: str, style: str, *, anchor: str = "") -> None:
        """`words` with their base line at `y`; `anchor` "middle" or "end" says what of them stands at `x`."""
        if words:
            place = f' text-anchor="{anchor}"' if anchor else ""
            self._add(
                f'<text x="{number(x)}" y="{number(y)}"{place}', style, f">{safe(words)}</text>"
            )

    def rect(
        self, x: float, y: float, width: float, height: float, style: str, *, round_: float = 0.0
    ) -> None:
        """A rectangle with corners of the radius `round_`."""
        corners = f' rx="{number(round_)}"' if round_ else ""
        place = f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}"'
        self._add(f'{place} height="{number(height)}"{corners}', style)

    def circle(self, x: float, y: float, radius: float, style: str) -> None:
        """A circle around (x, y)."""
        self._add(f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}"', style)

    def path(
        self, data: str, style: str, *, x: float = 0.0, y: float = 0.0, scale: float = 1
    ) -> None:
        """A path in its own coordinates, moved to (x, y) and scaled."""
        moved = ""
        if x or y or scale != 1:
            sized = f" scale({scale:g})" if scale != 1 else ""
            moved = f' transform="translate({number(x)} {number(y)}){sized}"'
        self._add(f'<path d="{data}"{moved}', style)

    def open_group(self, label: str = "", style: str = "") -> None:
        """What follows belongs together. `label` is read out, and shown under the pointer."""
        words = safe(clean(label))
        named = f' role="group" aria-label="{words}"' if label else ""
        self._add(f"<g{named}", style, ">")
        if label:
            self.parts.append(f"<title>{words}</title>")

    def close_group(self) -> None:
        """The end of what `open_group` began."""
        self.parts.append("</g>")

    def _add(self, begin: str, style: str, end: str = "/>") -> None:
        self.used.update(style.split())
        named = f' class="{style}"' if style else ""
        self.parts.append(begin + named + end)
