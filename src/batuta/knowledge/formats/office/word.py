"""DOCX: paragraphs, headings by their style, rows of tables, footnotes; pages as the writer last saw them."""

from batuta.knowledge.document import Document, Unusable
from batuta.knowledge.formats.office.archive import Archive, Attributes
from batuta.knowledge.formats.office.writing import Writing

__all__ = ["CORE", "read_word"]

CORE = {"title": "title", "creator": "author", "keywords": "keywords", "description": "description"}
_MAIN = "word/document.xml"
_LEVELS_MAX = 9


def read_word(archive: Archive) -> Document:
    """The document in `archive`. Raises `Unusable` if it is none."""
    if _MAIN not in archive.names:
        raise Unusable("damaged", "there is no text document in it")
    writing = Writing()
    body = _Body(writing, _headings(archive))
    archive.walk(_MAIN, body.start, body.end, body.text)
    paged = body.page > 1
    for name in ("word/footnotes.xml", "word/endnotes.xml"):
        notes = _Body(writing, {})
        notes.page = body.page
        archive.walk(name, notes.start, notes.end, notes.text)
    return writing.document(archive.texts("docProps/core.xml", CORE), paged=paged)


def _headings(archive: Archive) -> dict[str, int]:
    """The levels of the styles that are headings, by id: named `heading 2`, or outlined, or made from such."""
    levels: dict[str, int] = {}
    parents: dict[str, str] = {}
    style = ""

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal style
        value = attributes.get("val", "")
        if tag == "style":
            style = attributes.get("styleId", "")
        elif tag == "name" and style:
            kind, _, level = value.lower().partition(" ")
            if value.lower() == "title":
                levels[style] = 1
            elif kind == "heading" and level.isdigit():
                levels[style] = int(level)
        elif tag == "outlineLvl" and style and value.isdigit() and int(value) < _LEVELS_MAX:
            levels.setdefault(style, int(value) + 1)
        elif tag == "basedOn" and style:
            parents[style] = value

    archive.walk("word/styles.xml", start, lambda _: None, lambda _: None)
    for one in parents:
        above, steps = one, 0
        while above not in levels and above in parents and steps < _LEVELS_MAX:
            above, steps = parents[above], steps + 1
        if above in levels:
            levels.setdefault(one, levels[above])
    return levels


class _Body:
    """What is told of a part of a DOCX becomes blocks. Paragraphs stand in cells, and boxes in paragraphs."""

    def __init__(self, writing: Writing, headings: dict[str, int]) -> None:
        self.page = 1
        self._writing = writing
        self._headings = headings
        self._open: list[tuple[list[str], list[int]]] = []  # words and level of each open paragraph
        self._rows: list[
            list[list[str]]
        ] = []  # cells of each open row; each the words of its paragraphs
        self._in_text = False
        self._unseen = 0

    def start(self, tag: str, attributes: Attributes) -> None:
        value = attributes.get("val", "")
        match tag:
            case "Fallback" | "del" | "moveFrom":  # told twice, or not any more
                self._unseen += 1
            case "p":
                self._open.append(([], [0]))
            case "t":
                self._in_text = True
            case "tab":
                self._say(" ")
            case "br" | "cr":
                self._say("\n")
            case "noBreakHyphen":
                self._say("-")
            case "pStyle" if self._open:
                self._open[-1][1][0] = self._headings.get(value, 0)
            case "outlineLvl" if self._open and value.isdigit() and int(value) < _LEVELS_MAX:
                self._open[-1][1][0] = int(value) + 1
            case "lastRenderedPageBreak":
                self.page += 1
            case "tr":
                self._rows.append([])
            case "tc" if self._rows:
                self._rows[-1].append([])
            case _:
                pass

    def end(self, tag: str) -> None:
        match tag:
            case "Fallback" | "del" | "moveFrom":
                self._unseen -= 1
            case "t":
                self._in_text = False
            case "p" if self._open:
                words, (level,) = self._open.pop()
                said = "".join(words)
                if self._rows and self._rows[-1]:
                    self._rows[-1][-1].append(said)
                else:
                    kind = "heading" if level else "text"
                    self._writing.add(kind, said, level=level, page=self.page)
            case "tr" if self._rows:
                cells = [" ".join(cell) for cell in self._rows.pop()]
                if self._rows and self._rows[-1]:  # a table in a cell is what the cell says
                    self._rows[-1][-1].append(" ".join(cells))
                else:
                    self._writing.row(cells, page=self.page)
            case _:
                pass

    def text(self, words: str) -> None:
        if self._in_text:
            self._say(words)

    def _say(self, words: str) -> None:
        if self._open and not self._unseen:
            self._open[-1][0].append(words)
