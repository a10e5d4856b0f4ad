"""PPTX: each slide is a page; its title is a heading, and what the speaker noted stands behind it."""

from batuta.knowledge.document import Document, Unusable
from batuta.knowledge.formats.office.archive import Archive, Attributes
from batuta.knowledge.formats.office.word import CORE
from batuta.knowledge.formats.office.writing import Writing

__all__ = ["read_slides"]

_MAIN = "ppt/presentation.xml"
_SLIDES_MAX = 10_000
_TITLES = frozenset({"title", "ctrTitle"})
# On every slide, and not of it.
_MARGINS = frozenset({"sldNum", "dt", "ftr", "hdr", "sldImg"})


def read_slides(archive: Archive) -> Document:
    """The presentation in `archive`. Raises `Unusable` if it is none."""
    relations = archive.relations(_MAIN)
    order: list[str] = []

    def start(tag: str, attributes: Attributes) -> None:
        if tag == "sldId":
            order.append(relations.get(attributes.get("r:id", ""), ("", ""))[1])

    archive.walk(_MAIN, start, lambda _: None, lambda _: None)
    slides = [name for name in order if name in archive.names]
    if not slides:
        raise Unusable("damaged", "there is no slide in it")
    if len(slides) > _SLIDES_MAX:
        raise Unusable("too_large", f"it has {len(slides):,} slides")
    writing = Writing()
    for number, name in enumerate(slides, 1):
        _read(archive, name, writing, number)
        for kind, notes in archive.relations(name).values():
            if kind == "notesSlide":
                _read(archive, notes, writing, number)
    return writing.document(archive.texts("docProps/core.xml", CORE))


def _read(archive: Archive, name: str, writing: Writing, page: int) -> None:
    slide = _Slide(writing, page)
    archive.walk(name, slide.start, slide.end, slide.text)


class _Slide:
    def __init__(self, writing: Writing, page: int) -> None:
        self._writing = writing
        self._page = page
        self._role = ""
        self._words: list[str] = []
        self._cells: list[list[str]] | None = None
        self._in_text = False
        self._in_field = False

    def start(self, tag: str, attributes: Attributes) -> None:
        match tag:
            case "sp":
                self._role = ""
            case "ph":
                self._role = attributes.get("type", "body")
            case "t":
                self._in_text = True
            case "fld":
                self._in_field = True
            case "br":
                self._words.append("\n")
            case "tr":
                self._cells = []
            case "tc" if self._cells is not None:
                self._cells.append([])
            case _:
                pass

    def end(self, tag: str) -> None:
        match tag:
            case "t":
                self._in_text = False
            case "fld":
                self._in_field = False
            case "p":
                said = "".join(self._words)
                self._words.clear()
                if self._cells:
                    self._cells[-1].append(said)
                elif self._role in _TITLES:
                    self._writing.add("heading", said, level=1, page=self._page)
                elif self._role not in _MARGINS:
                    self._writing.add("text", said, page=self._page)
            case "tr" if self._cells is not None:
                self._writing.row([" ".join(cell) for cell in self._cells], page=self._page)
                self._cells = None
            case "sp":
                self._role = ""
            case _:
                pass

    def text(self, words: str) -> None:
        if self._in_text and not self._in_field:
            self._words.append(words)
