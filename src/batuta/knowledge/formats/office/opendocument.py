"""ODT, ODS and ODP: headings, paragraphs, rows; the slides of a presentation are its pages, sheets are headings."""

from batuta.knowledge.document import Document, Unusable
from batuta.knowledge.formats.office.archive import Archive, Attributes
from batuta.knowledge.formats.office.writing import Writing

__all__ = ["read_opendocument"]

_SAID = {"title": "title", "creator": "author", "keyword": "keywords", "description": "description"}
_UNSEEN = frozenset(
    {"tracked-changes", "annotation", "annotation-end", "script", "event-listeners"}
)
_SPACES_MAX = 1_000
_CELLS_MAX = 16_384


def read_opendocument(archive: Archive) -> Document:
    """The document in `archive`. Raises `Unusable` if it is none, or encrypted."""
    encrypted = False

    def start(tag: str, _: Attributes) -> None:
        nonlocal encrypted
        encrypted |= tag == "encryption-data"

    archive.walk("META-INF/manifest.xml", start, lambda _: None, lambda _: None)
    if encrypted:
        raise Unusable("encrypted", "it is encrypted", remedy="save it without a password")
    if "content.xml" not in archive.names:
        raise Unusable("damaged", "there is no document in it")
    writing = Writing()
    body = _Body(writing)
    archive.walk("content.xml", body.start, body.end, body.text)
    return writing.document(archive.texts("meta.xml", _SAID))


class _Body:
    def __init__(self, writing: Writing) -> None:
        self._writing = writing
        self._page = 0
        self._in_body = False
        self._in_sheets = False
        self._open: list[tuple[list[str], int]] = []  # words and level of each open paragraph
        self._rows: list[list[list[str]]] = []
        self._repeated = 1
        self._unseen = 0

    def start(self, tag: str, attributes: Attributes) -> None:
        self._unseen += tag in _UNSEEN
        match tag:
            case "body":
                self._in_body = True
            case "spreadsheet":
                self._in_sheets = True
            case "page" if self._in_body:
                self._page += 1
            case "table" if self._in_sheets and not self._rows:
                self._writing.add("heading", attributes.get("name", ""), level=1)
            case "p" | "h":
                level = attributes.get("outline-level", "1") if tag == "h" else "0"
                self._open.append(([], int(level) if level.isdigit() else 1))
            case "s":
                count = attributes.get("c", "1")
                self._say(" " * min(int(count) if count.isdigit() else 1, _SPACES_MAX))
            case "tab":
                self._say(" ")
            case "line-break":
                self._say("\n")
            case "table-row":
                self._rows.append([])
            case "table-cell" | "covered-table-cell" if self._rows:
                repeated = attributes.get("number-columns-repeated", "1")
                self._repeated = int(repeated) if repeated.isdigit() else 1
                self._rows[-1].append([])
            case _:
                pass

    def end(self, tag: str) -> None:
        self._unseen -= tag in _UNSEEN
        match tag:
            case "p" | "h" if self._open:
                words, level = self._open.pop()
                said = "".join(words)
                if self._rows and self._rows[-1]:
                    self._rows[-1][-1].append(said)
                elif not self._unseen and self._in_body:
                    kind = "heading" if level else "text"
                    self._writing.add(kind, said, level=level, page=self._page)
            case "table-cell" | "covered-table-cell" if self._rows and self._rows[-1]:
                row = self._rows[-1]
                # Of empty cells there are sixteen thousand at the end of a row; one keeps the columns apart.
                more = self._repeated - 1 if any(row[-1]) else min(self._repeated - 1, 1)
                row.extend([row[-1]] * min(more, _CELLS_MAX - len(row)))
                self._repeated = 1
            case "table-row" if self._rows:
                cells = [" ".join(cell) for cell in self._rows.pop()]
                while cells and not cells[-1]:
                    cells.pop()
                if self._rows and self._rows[-1]:
                    self._rows[-1][-1].append(" ".join(cells))
                else:
                    self._writing.row(cells, page=self._page)
            case _:
                pass

    def text(self, words: str) -> None:
        self._say(words)

    def _say(self, words: str) -> None:
        if self._open and not self._unseen:
            self._open[-1][0].append(words)
