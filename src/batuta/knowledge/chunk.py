"""A document cut into pieces to be found: along its structure, small enough to cite, large enough to understand."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

from batuta.knowledge.document import Block, Document
from batuta.knowledge.formats.markdown import heading_text

__all__ = ["CHUNK_CHARS", "CHUNK_CHARS_MAX", "Chunk", "chunks_of"]

# What a chunk is filled up to, and what it never exceeds (characters). About 130 and 200 words: a paragraph or two,
# which is what a question is about; larger ones blur in an average of word vectors.
CHUNK_CHARS = 800
CHUNK_CHARS_MAX = 1_200
# The same for rows of a table: each says something of its own.
_ROWS_CHARS = 300
# Characters that are cut at once.
_WINDOW_CHARS = 16_384
# What is kept of a heading that is as long as a paragraph.
_HEADING_CHARS_MAX = 300

Cut = Callable[[str], list[tuple[int, str]]]


class Chunk(NamedTuple):
    """A piece of a document: `document.text[start:end]`.

    `heading`: the headings above it, outermost first, with ` > ` between. `page`: of its first character; 0 if none.
    """

    start: int
    end: int
    page: int
    heading: str


def chunks_of(document: Document) -> Iterator[Chunk]:
    """The chunks of `document`, in order, without overlaps. Every block is in one, or cut into several."""
    path: list[tuple[int, str]] = []
    open_blocks: list[Block] = []

    def closed() -> Iterator[Chunk]:
        if open_blocks:
            first, last = open_blocks[0], open_blocks[-1]
            yield Chunk(first.start, last.end, first.page, _heading(document, path))
            open_blocks.clear()

    for block in document.blocks:
        if block.kind == "heading":
            # A heading begins a chunk, unless nothing but headings is in the open one.
            if any(one.kind != "heading" for one in open_blocks):
                yield from closed()
            line = document.text[block.start : min(block.end, block.start + _HEADING_CHARS_MAX)]
            path = [one for one in path if one[0] < block.level]
            path.append((block.level, heading_text(line)))
        if open_blocks:
            size = block.end - open_blocks[0].start
            full = size > (_ROWS_CHARS if block.kind == "row" else CHUNK_CHARS)
            if full or block.page != open_blocks[0].page:
                alone = all(one.kind == "heading" for one in open_blocks)
                if not (alone and size <= CHUNK_CHARS_MAX):
                    yield from closed()
        if block.end - block.start > CHUNK_CHARS_MAX:
            yield from closed()
            yield from _pieces(document, block, path)
        else:
            open_blocks.append(block)
    yield from closed()


def _pieces(document: Document, block: Block, path: list[tuple[int, str]]) -> Iterator[Chunk]:
    """A block that is too long for one chunk, cut where it hurts least."""
    heading = _heading(document, path)
    for first, last in _windows(document.text, block.start, block.end):
        for start, piece in _cut()(document.text[first:last]):
            yield Chunk(first + start, first + start + len(piece), block.page, heading)


def _windows(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Parts of a text, each so short that the splitter is done soon: its time grows with the square of the length."""
    while end - start > _WINDOW_CHARS:
        stop = start + _WINDOW_CHARS
        space = max(text.rfind(" ", start + CHUNK_CHARS, stop), text.rfind("\n", start + 1, stop))
        stop = space + 1 if space > start + _WINDOW_CHARS // 2 else stop
        yield start, stop
        start = stop
    yield start, end


def _heading(document: Document, path: list[tuple[int, str]]) -> str:
    words = [text for _, text in path if text]
    if document.title and (not words or words[0] != document.title):
        words.insert(0, document.title)
    if document.caption:
        words.append(document.caption)
    return " > ".join(words)


@cache
def _cut() -> Cut:
    from semantic_text_splitter import TextSplitter

    splitter: Any = TextSplitter((CHUNK_CHARS // 2, CHUNK_CHARS))
    return splitter.chunk_indices
