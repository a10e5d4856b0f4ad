"""Plain text: paragraphs between blank lines."""

import re
from collections.abc import Iterator

from batuta.knowledge.document import Block, Document

__all__ = ["paragraphs", "read_plain"]

_PARAGRAPH = re.compile(r"\S[^\n]*(?:\n[^\S\n]*\S[^\n]*)*")


def read_plain(text: str) -> Document:
    """The document that `text` is."""
    return Document(text, list(paragraphs(text)))


def paragraphs(text: str, start: int = 0, end: int | None = None, page: int = 0) -> Iterator[Block]:
    """The paragraphs of `text` from `start` to `end`, without the space around them."""
    stop = len(text) if end is None else end
    for found in _PARAGRAPH.finditer(text, start, stop):
        right = found.start() + len(found[0].rstrip())
        yield Block("text", found.start(), right, page=page)
