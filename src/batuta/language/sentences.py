"""Sentences of a text, and where they stand."""

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Span", "sentences", "statements"]

# An end of a sentence: its mark, what may close behind it, and a space; or a blank line, or the start of a list item.
_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s)|\n\s*\n|\n(?=\s*(?:[-*•]|\d{1,3}[.)])\s)")
# A full stop behind these ends no sentence.
_SHORT = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|prof|st|no|nr|art|vs|etc|e\.g|i\.e|z\.b|d\.h|bzw|ca|inc|ltd|co|jan|feb|mar|apr|jun|jul"
    r"|aug|sep|sept|oct|nov|dec)|\b[A-Z]|^\s*\d{1,3})$",
    re.IGNORECASE,
)

# With these begin headings and rows of tables in Markdown.
_MARKS = ("#", "|")
# A line as short as this that ends in a word, above one that begins like a sentence, is a heading: a paragraph that was
# cut into lines has longer ones.
_HEADING_CHARS_MAX = 55


class Span(NamedTuple):
    """A piece of a text: characters from 0, `end` behind its last."""

    text: str
    start: int
    end: int


def sentences(text: str) -> list[Span]:
    """The sentences of `text`, without the space around them.

    A list item, a heading, a row of a table is a sentence of its own.
    """
    spans: list[Span] = []
    start = 0
    for end in sorted({*_ends(text), *_headings(text)}):
        span = _stripped(text, start, end)
        if span.text:
            spans.append(span)
        start = end
    return spans


def statements(text: str) -> list[Span]:
    """The sentences of `text` but for headings, which name what follows and say nothing themselves."""
    spans = sentences(text)
    return [span for at, span in enumerate(spans) if not _is_heading(span, spans[at + 1 : at + 2])]


def _is_heading(span: Span, following: list[Span]) -> bool:
    if span.text.startswith("#"):
        return True
    short = len(span.text) <= _HEADING_CHARS_MAX and span.text[:1].isupper()
    ends_in_a_word = span.text[-1:].isalpha() and ": " not in span.text
    return short and ends_in_a_word and bool(following)


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


def _headings(text: str) -> Iterator[int]:
    """Where a line ends that goes on in no other: a heading, a row of a table, or what stands above one."""
    before, end = "", 0
    for line in text.splitlines(keepends=True):
        now = line.strip()
        marked = now.startswith(_MARKS) or before.startswith(_MARKS)
        short = len(before) <= _HEADING_CHARS_MAX and before[:1].isupper() and now[:1].isupper()
        if before and now and (marked or (short and before[-1].isalnum())):
            yield end
        before, end = now, end + len(line)


def _stripped(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    piece = piece.strip()
    return Span(piece, start + left, start + left + len(piece))
