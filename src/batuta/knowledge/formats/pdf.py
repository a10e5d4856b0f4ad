"""PDF: the text of its pages, as far as there is text in it."""

import io
import logging
import time
import warnings
from typing import Any

from batuta.knowledge.document import CHARS_MAX, Block, Document, Unusable
from batuta.knowledge.formats.plain import paragraphs

__all__ = ["read_pdf"]

_PAGES_MAX = 10_000
_TIME_S = 120.0
_BETWEEN = "\n\n"


def read_pdf(content: bytes) -> Document:
    """The document that the pages of `content` are. Offsets count the characters of the text that was found.

    Raises:
        Unusable: it is damaged, encrypted or too large, or pypdf is not installed.
    """
    try:
        import pypdf
    except ImportError:
        raise Unusable(
            "needs_extra", "reading PDF needs pypdf", remedy="pip install 'batuta[knowledge]'"
        ) from None
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what is odd inside a file is not news
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reader = pypdf.PdfReader(io.BytesIO(content), strict=False)
            if reader.is_encrypted and not reader.decrypt(""):
                raise Unusable("encrypted", "it is encrypted", remedy="save it without a password")
            return _document(reader)
    except Unusable:
        raise
    except MemoryError:
        raise Unusable("too_large", "there is not enough memory to read it") from None
    except Exception as error:  # a library that meets what others wrote raises anything
        said = f"{type(error).__name__}: {error}"[:200]
        raise Unusable("damaged", f"it cannot be read as a PDF ({said})") from None


def _document(reader: Any) -> Document:
    pieces: list[str] = []
    blocks: list[Block] = []
    length, empty, lost = 0, 0, 0
    give_up_at = time.monotonic() + _TIME_S
    pages = reader.pages
    if len(pages) > _PAGES_MAX:
        raise Unusable("too_large", f"it has {len(pages):,} pages, at most {_PAGES_MAX:,} are read")
    for number, page in enumerate(pages, 1):
        if time.monotonic() > give_up_at:
            raise Unusable("too_large", f"page {number} was not reached in {_TIME_S:.0f} s")
        try:
            text: str = page.extract_text() or ""
        except Exception:
            text, lost = "", lost + 1
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
        # Half of a surrogate pair cannot be stored.
        text = text.encode("utf-8", "replace").decode("utf-8")
        empty += not text.strip()
        if length + len(text) > CHARS_MAX:
            raise Unusable("too_large", f"it has more than {CHARS_MAX:,} characters")
        pieces.append(text)
        found = paragraphs(text, page=number)
        blocks += [Block("text", length + it.start, length + it.end, page=number) for it in found]
        length += len(text) + len(_BETWEEN)
    title = _title(reader)
    note = f"{lost} of {len(pages)} pages cannot be read" if lost else ""
    if empty > lost and blocks and not note:
        note = f"{empty} of {len(pages)} pages have no text"
    return Document(_BETWEEN.join(pieces), blocks, title=title, note=note)


def _title(reader: Any) -> str:
    try:
        said: Any = reader.metadata
        title = str(said["/Title"] or "") if said else ""
        return title[:500].strip().encode("utf-8", "replace").decode("utf-8")
    except Exception:  # no title, or a damaged one
        return ""
