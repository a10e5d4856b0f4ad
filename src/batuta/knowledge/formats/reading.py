"""From a file name and its bytes to a document."""

from collections.abc import Callable, Mapping
from pathlib import PurePath

import msgspec

from batuta.knowledge.document import CHARS_MAX, Document, Unusable
from batuta.knowledge.formats.encoding import decoded
from batuta.knowledge.formats.html import read_html
from batuta.knowledge.formats.markdown import read_markdown
from batuta.knowledge.formats.office.whole import OFFICE, read_office
from batuta.knowledge.formats.pdf import read_pdf
from batuta.knowledge.formats.plain import read_plain
from batuta.knowledge.formats.table import read_table

__all__ = ["FORMATS", "format_of", "read_document"]

# What a suffix stands for.
FORMATS: Mapping[str, str] = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".mdx": "markdown",
    ".txt": "text",
    ".text": "text",
    ".rst": "text",
    ".log": "text",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".csv": "csv",
    ".tsv": "csv",
    ".pdf": "pdf",
    **dict.fromkeys(OFFICE, "office"),
}

_OF_TEXT: Mapping[str, Callable[[str], Document]] = {
    "markdown": read_markdown,
    "text": read_plain,
    "html": read_html,
    "csv": read_table,
}


def format_of(name: str) -> str:
    """The format of the file `name` by its suffix; "" if it is none that can be read."""
    return FORMATS.get(PurePath(name).suffix.lower(), "")


def read_document(name: str, content: bytes) -> Document:
    """The document in the file `name`, which holds `content`.

    Raises:
        Unusable: it is damaged, encrypted, too large, empty, or in a format that needs something more.
    """
    kind = format_of(name)
    if not kind:
        raise Unusable("unsupported", f"there is no reader for {PurePath(name).suffix or 'it'!r}")
    try:
        document = _read(kind, name, content)
    except Unusable:
        raise
    except Exception as error:  # the file of a stranger must not be the end of all others
        raise Unusable(
            "damaged", f"it cannot be read ({type(error).__name__}: {error})"[:300]
        ) from error
    if len(document.text) > CHARS_MAX:
        raise Unusable("too_large", f"it has {len(document.text):,} characters")
    if not document.blocks:
        remedy = "" if kind != "pdf" else "if it is scanned, recognise its text first (OCR)"
        raise Unusable("empty", "there is no text in it", remedy=remedy)
    return document


def _read(kind: str, name: str, content: bytes) -> Document:
    if kind == "pdf":
        return read_pdf(content)
    if kind == "office":
        return read_office(name, content)
    text, note = decoded(content)
    document = _OF_TEXT[kind](text)
    return msgspec.structs.replace(document, note=note) if note else document
