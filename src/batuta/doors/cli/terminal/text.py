"""Words, numbers and times as people read them; text of strangers made safe to print."""

import os
import re
import shlex
import unicodedata
from typing import Any

from batuta.errors import Place

__all__ = [
    "ago",
    "cells",
    "clock",
    "escaped",
    "fit",
    "json_text",
    "one_line",
    "place_text",
    "shell_word",
    "size",
    "terminal_width",
]

# What a terminal obeys or a reader cannot see: controls (C0 but tab and newline, DEL, C1), marks and overrides of
# writing direction, line separators, invisible spaces, the tag alphabet, lone surrogates.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)


def escaped(text: str) -> str:
    """`text` with everything a terminal would obey, or a reader could not see, written as `\\x1b`, `\\u202e`, …"""
    return _UNSAFE.sub(lambda found: ascii(found[0])[1:-1], text)


def one_line(text: str, width: int = 0) -> str:
    """`text` escaped and on one line, at most `width` cells wide (0: as wide as it is)."""
    if width:
        text = text[: width * 4]  # what is cut off anyway needs no looking at
    line = " ".join(escaped(text).split())
    return fit(line, width).rstrip() if width else line


def shell_word(text: str) -> str:
    """`text` as a shell reads it: nothing is left out, and what a terminal would obey is written in escapes."""
    if text.isprintable() and escaped(text) == text:
        return shlex.quote(text)
    plain = text.replace("\\", "\\\\").replace("'", "\\'")
    return (
        "$'"
        + "".join(
            one if one.isprintable() and escaped(one) == one else ascii(one)[1:-1] for one in plain
        )
        + "'"
    )


def cells(text: str) -> int:
    """How many columns of a terminal `text` takes."""
    if text.isascii():
        return len(text)
    return sum(_cells_of(char) for char in text)


def _cells_of(char: str) -> int:
    if unicodedata.combining(char) or char in "\u200c\u200d\ufe0e\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def fit(text: str, width: int, *, right: bool = False) -> str:
    """`text` in exactly `width` cells: filled with spaces, or cut with an ellipsis. `right`: flush right."""
    taken = cells(text)
    if taken > width:
        kept, taken = "", 0
        for char in text:
            if taken + _cells_of(char) > width - 1:
                break
            kept += char
            taken += _cells_of(char)
        text, taken = (kept + "…", taken + 1) if width > 0 else ("", 0)
    space = " " * (width - taken)
    return space + text if right else text + space


def ago(seconds: float) -> str:
    """`3 s ago`, `12 min ago`, `5 h ago`, `2 d ago`: how long since, in one unit; what is to come is `now`."""
    for limit, unit, name in ((1, 0, ""), (60, 1, "s"), (3_600, 60, "min"), (86_400, 3_600, "h")):
        if seconds < limit:
            return f"{seconds // unit:.0f} {name} ago" if unit else "now"
    return f"{seconds // 86_400:,.0f} d ago"


def size(bytes_: int) -> str:
    """`512 bytes`, `1.5 MB`, `12 GB`: in steps of a thousand, two digits at least."""
    if bytes_ < 1_000:
        return f"{bytes_} bytes" if bytes_ != 1 else "1 byte"
    power = next((at for at in range(1, 5) if bytes_ < 999.5 * 1_000**at), 5)
    number = bytes_ / 1_000**power
    unit = ("kB", "MB", "GB", "TB", "PB")[power - 1]
    return f"{number:.1f} {unit}" if number < 9.95 else f"{number:,.0f} {unit}"


def clock(at: float) -> str:
    """A time (seconds of the Unix epoch) as this machine's calendar and clock have it."""
    from datetime import UTC, datetime

    try:
        return datetime.fromtimestamp(at, tz=UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return f"@{at:.0f}"


def json_text(data: Any, *, indent: int = 0) -> str:
    """`data` as JSON, on one line or indented by so many spaces. A document may be larger than any value in it."""
    import msgspec

    try:
        encoded = msgspec.json.encode(data)
    except UnicodeEncodeError:
        from batuta.spec.value import encode

        encoded = encode(data)  # half a surrogate pair, from a command line or a file name
    return (msgspec.json.format(encoded, indent=indent) if indent else encoded).decode()


def place_text(place: Place | None) -> str:
    """`plan.yaml:3:7`; nothing for a place that names neither file nor line."""
    return str(place) if place is not None and (place.file or place.line) else ""


def terminal_width(descriptor: int, otherwise: int) -> int:
    """The columns of the terminal behind `descriptor`; COLUMNS wins, `otherwise` is for what is no terminal."""
    told = os.environ.get("COLUMNS", "")
    if told.isascii() and told.isdigit() and int(told) > 0:
        return int(told)
    try:
        return os.get_terminal_size(descriptor).columns or otherwise
    except (OSError, ValueError):
        return otherwise
