"""From the name of an office file and its bytes to a document."""

from collections.abc import Callable, Mapping
from pathlib import PurePath

from batuta.knowledge.document import Document, Unusable
from batuta.knowledge.formats.office.archive import Archive
from batuta.knowledge.formats.office.opendocument import read_opendocument
from batuta.knowledge.formats.office.sheets import read_sheets
from batuta.knowledge.formats.office.slides import read_slides
from batuta.knowledge.formats.office.word import read_word

__all__ = ["OFFICE", "read_office"]

_READERS: Mapping[str, Callable[[Archive], Document]] = {
    ".docx": read_word,
    ".docm": read_word,
    ".pptx": read_slides,
    ".pptm": read_slides,
    ".xlsx": read_sheets,
    ".xlsm": read_sheets,
    ".odt": read_opendocument,
    ".ods": read_opendocument,
    ".odp": read_opendocument,
}
# Told of, for somebody may look for what is in them.
_OLD = (".doc", ".xls", ".ppt", ".rtf")
OFFICE = (*_READERS, *_OLD)


def read_office(name: str, content: bytes) -> Document:
    """The document in the office file `name`. No macro is run, and no link is followed.

    Raises:
        Unusable: it is damaged, encrypted, too large, or in a form of before 2007.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix in _OLD:
        raise Unusable(
            "unsupported",
            f"{suffix} is a form of before 2007, which is not read",
            remedy="save it as .docx, .xlsx, .pptx or PDF beside it",
        )
    return _READERS[suffix](Archive(content))
