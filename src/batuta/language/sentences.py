"""Sentences of a text, and where they stand."""

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Span", "sentences"]

# An end of a sentence: its mark, what may close behind it, and a space; or a blank line, or the start of a list item.
_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s)|\n\s*\n|\n(?=\s*(?:[-*•]|\d{1,3}[.)])\s)")
# A full stop behind these ends no sentence.
_SHORT = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|prof|st|no|nr|art|vs|etc|e\.g|i\.e|z\.b|d\.h|bzw|ca|inc|ltd|co|jan|feb|mar|apr|jun|jul"
    r"|aug|sep|sept|oct|nov|dec)|\b[A-Z]|^\s*\d{1,3})$",
    re.IGNORECASE,
)


class Span(NamedTuple):
    """A piece of a text: characters from 0, `end` behind its last."""

    text: str
    start: int
    end: int


def sentences(text: str) -> list[Span]:
    """The sentences of `text`, without the space around them; a list item or a heading is a sentence of its own."""
    spans: list[Span] = []
    start = 0
    for end in _ends(text):
        span = _stripped(text, start, end)
        if span.text:
            spans.append(span)
        start = end
    return spans


def _ends(text: str) -> Iterator[int]:
    start = 0
    for found in _END.finditer(text):
        stop = found[0].startswith(".") and len(found[0]) == 1
        # Only the last few letters can be a short form: a text of one long line must not be copied at every dot.
        if stop and _SHORT.search(text[max(start, found.start() - 12) : found.start()]):
            continue
        start = found.end()
        yield start
    yield len(text)


def _stripped(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    piece = piece.strip()
    return Span(piece, start + left, start + left + len(piece))
