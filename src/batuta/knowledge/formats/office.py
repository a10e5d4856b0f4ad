"""Files of office programs, read by a library that is an extra of its own."""

from batuta.knowledge.document import Document, Unusable

__all__ = ["OFFICE", "read_office"]

OFFICE = (".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".rtf", ".doc", ".xls", ".ppt")


def read_office(name: str, content: bytes) -> Document:
    """Not yet: says what to do instead.

    Raises:
        Unusable: always.
    """
    raise Unusable(
        "needs_extra",
        "files of office programs are not read here",
        remedy="save it as PDF, HTML, CSV or text beside it",
    )
