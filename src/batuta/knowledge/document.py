"""What a file says: its text, and which part of it is a heading, a paragraph, a row; on which page."""

from typing import Literal, NamedTuple

import msgspec

from batuta.errors import InputError

__all__ = ["CHARS_MAX", "Block", "Document", "Kind", "Unusable"]

Kind = Literal["heading", "text", "code", "row"]

# Characters of one document; a longer one is a database or an accident.
CHARS_MAX = 64 * 1_024 * 1_024


class Unusable(InputError):
    """A file cannot be read as a document; the others go on. `code` is a short stable word."""

    def __init__(self, code: str, message: str, *, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.code = code


class Block(NamedTuple):
    """A part of a text that is not torn apart if it can be helped.

    `start`, `end`: characters from 0, `end` behind its last. `level`: of a heading, 1 is the outermost; else 0.
    `page`: from 1; 0 where there are no pages.
    """

    kind: Kind
    start: int
    end: int
    level: int = 0
    page: int = 0


class Document(msgspec.Struct, frozen=True):
    """A file as text.

    Attributes:
        text: all of it. For Markdown, text and CSV it is what the file says; citations count its characters.
        blocks: its parts in order, without overlaps; space between them belongs to none.
        title: "" if it says none.
        caption: what holds for every part of it, as the header does for the rows of a table.
        metadata: what it says about itself, for filters.
        note: what was assumed to read it, "" if nothing.
    """

    text: str
    blocks: list[Block]
    title: str = ""
    caption: str = ""
    metadata: dict[str, str | int | float | bool | list[str]] = {}
    note: str = ""
