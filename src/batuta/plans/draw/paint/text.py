"""Text in pictures: how wide it is, cut to fit, wrapped, and made safe. Widths are in pixels."""

import re
import unicodedata
from functools import lru_cache

__all__ = ["clean", "fit", "line_of", "mono_width", "safe", "width_of", "wrapped"]

# Widths of the characters from space to ~ in hundredths of the size of the font: the wider of Inter and Arial, whose
# widths those of Segoe UI, Roboto, Helvetica and San Francisco do not exceed; regular, then semi-bold.
_REGULAR = (
    29, 28, 41, 64, 64, 89, 67, 23, 37, 37, 50, 66, 28, 47, 28, 36, 63, 56, 61, 64, 65, 61, 63, 58, 62, 63, 28, 28,
    66, 66, 66, 56, 102, 68, 67, 73, 73, 67, 62, 78, 74, 28, 55, 67, 57, 89, 76, 78, 67, 78, 73, 67, 65, 75, 68, 95,
    67, 67, 63, 37, 36, 37, 47, 56, 50, 57, 63, 56, 63, 59, 37, 61, 60, 24, 24, 55, 24, 87, 59, 60, 61, 61, 38, 53,
    37, 59, 56, 82, 54, 56, 55, 37, 33, 37, 66,
)  # fmt: skip
_BOLD = (
    28, 34, 48, 65, 65, 89, 73, 24, 40, 40, 55, 68, 30, 47, 30, 38, 67, 56, 63, 66, 67, 64, 65, 59, 65, 65, 34, 34,
    68, 68, 68, 62, 100, 73, 73, 75, 73, 67, 62, 78, 75, 28, 57, 73, 62, 91, 75, 78, 67, 78, 73, 67, 66, 74, 73, 101,
    70, 71, 66, 40, 38, 40, 59, 56, 50, 58, 64, 58, 64, 60, 38, 63, 62, 28, 28, 57, 28, 90, 62, 62, 63, 63, 40, 56,
    38, 62, 58, 84, 57, 58, 57, 40, 36, 40, 68,
)  # fmt: skip
# No letter of Latin, Greek or Cyrillic is wider; other scripts are given the room of a wide character.
_LETTER, _WIDE, _SIGN = 100, 125, 70
# Consolas and Menlo have 0.55 and 0.60.
_MONO = 0.62
# What stands in a title that appears under the pointer; more is not read there.
TITLE_MAX = 400

# What XML forbids, what reorders writing, and what nobody can see.
_UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})


def clean(text: str, most: int = TITLE_MAX) -> str:
    """`text` on one line, without what is unfit for a picture, at most `most` characters."""
    # What is cut off anyway needs no looking at.
    line = " ".join(_UNFIT.sub("", text[: 4 * most]).split())
    return line if len(line) <= most and len(text) <= 4 * most else line[: most - 1] + "…"


def safe(text: str) -> str:
    """`text` as it stands in a document or an attribute. Only `clean` text comes here."""
    return _UNFIT.sub("", text).translate(_MARKUP)


@lru_cache(maxsize=4_096)
def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """The most that `text` takes in any of the fonts, in letters of `size` pixels."""
    table = _BOLD if bold else _REGULAR
    hundredths = 0
    for char in text:
        code = ord(char)
        if 32 <= code < 127:
            hundredths += table[code - 32]
        elif char in "·×":
            hundredths += _SIGN
        elif code < 0x590:
            hundredths += 0 if unicodedata.combining(char) else _LETTER
        elif char in "≤≥≈–":
            hundredths += _SIGN
        elif char in "…—’‘“”":
            hundredths += _LETTER
        elif not unicodedata.combining(char) and char not in "\u200c\u200d\ufe0e\ufe0f":
            hundredths += _WIDE
    return hundredths * size / 100


def mono_width(text: str, size: float) -> float:
    """The most that `text` takes in letters of one width."""
    if text.isascii():
        return len(text) * _MONO * size
    return max(width_of(text, size), len(text) * _MONO * size)


def fit(text: str, room: float, size: float, *, bold: bool = False, mono: bool = False) -> str:
    """`text` as far as it fits into `room`, with an ellipsis if it does not; "" where not even that fits."""

    def measured(part: str) -> float:
        return mono_width(part, size) if mono else width_of(part, size, bold=bold)

    if measured(text) <= room:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if measured(text[:middle] + "…") <= room:
            low = middle
        else:
            high = middle - 1
    kept = text[:low].rstrip()
    return kept + "…" if kept else ""


def wrapped(text: str, room: float, size: float, lines_max: int) -> list[str]:
    """`text` in lines no wider than `room`, broken between words, the last one cut if there are too many."""
    lines: list[str] = []
    words = text.split()
    while words and len(lines) < lines_max:
        if len(lines) == lines_max - 1:
            lines.append(fit(" ".join(words), room, size))
            break
        taken = 1
        while taken < len(words) and width_of(" ".join(words[: taken + 1]), size) <= room:
            taken += 1
        lines.append(fit(" ".join(words[:taken]), room, size))
        words = words[taken:]
    return [line for line in lines if line]


def line_of(*parts: str) -> str:
    """The parts that say something, with points between."""
    return " · ".join(part for part in parts if part)
