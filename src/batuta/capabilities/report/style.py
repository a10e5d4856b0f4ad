"""How a report looks: on light and on dark, on a wide page, on a narrow one and on paper."""

import base64
import hashlib
from pathlib import Path

__all__ = ["SHEET", "SHEET_DIGEST"]

# Name: (on light, on dark). Every text has a contrast of at least 4.5 : 1 with what it stands on.
_COLOURS = {
    "ground": ("#f6f8fa", "#0d1218"),
    "sheet": ("#ffffff", "#141b24"),
    "panel": ("#f5f7fa", "#1a232e"),
    "rule": ("#e4e9ef", "#28333f"),
    "border": ("#cfd7e1", "#3a4757"),
    "text": ("#18212d", "#e7edf5"),
    "muted": ("#566375", "#9cabbd"),
    "link": ("#1a5cc4", "#7db3ff"),
    "good": ("#1a7f42", "#4cc783"),
    "bad": ("#c8203f", "#ff7b8d"),
    "warn": ("#a35a00", "#f2b04c"),
    "c1": ("#2f6fe0", "#6aa5ff"),
    "c2": ("#e07b1a", "#f5a64b"),
    "c3": ("#0d8f88", "#3fc9bf"),
    "c4": ("#7a4fe0", "#a794ff"),
    "c5": ("#cf2f5b", "#ff7b9a"),
    "c6": ("#5f8a1c", "#a5d05a"),
    "c7": ("#8a5a3b", "#d0a184"),
    "c8": ("#6b7888", "#93a2b4"),
}
_SERIES = tuple(range(1, 9))
# Lines are told apart on paper, and by who does not see colours, by their strokes.
_DASHES = {2: "7 4", 3: "2 4", 4: "10 3 2 3", 5: "5 3", 6: "1 3", 7: "12 4", 8: "8 3 2 3 2 3"}

_RULES = Path(__file__).with_name("page.css").read_text(encoding="utf-8")


def _variables(side: int) -> str:
    return ";".join(f"--{name}:{pair[side]}" for name, pair in _COLOURS.items())


def _series() -> str:
    fills = "".join(
        f".f{n}{{fill:var(--c{n})}}.a{n}{{fill:var(--c{n});opacity:.12}}" for n in _SERIES
    )
    dashes = {n: f";stroke-dasharray:{dash}" for n, dash in _DASHES.items()}
    return fills + "".join(f".s{n}{{stroke:var(--c{n}){dashes.get(n, '')}}}" for n in _SERIES)


def _sheet() -> str:
    light, dark = _variables(0), _variables(1)
    # Paper is light, whatever the reader prefers on a screen.
    return (
        f":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"
        f"{_series()}\n{_RULES}"
    )


SHEET = _sheet()
# What the page allows by its policy: this sheet, and no other.
SHEET_DIGEST = "sha256-" + base64.b64encode(hashlib.sha256(SHEET.encode()).digest()).decode()
