"""CSV: one block a row; the header holds for all of them."""

import csv
import io

from batuta.knowledge.document import Block, Document, Unusable

__all__ = ["read_table"]

_PROBE_CHARS = 8_192
_DELIMITERS = ",;\t|"
_CAPTION_CHARS_MAX = 500


def read_table(text: str) -> Document:
    """The document that the rows of `text` are, with its own offsets.

    Raises:
        Unusable: a field has no end within reason.
    """
    lines = io.StringIO(text)
    reader = csv.reader(lines, delimiter=_delimiter(text))
    blocks: list[Block] = []
    header: list[str] = []
    end = 0
    try:
        for row in reader:
            start, end = end, lines.tell()
            if not any(field.strip() for field in row):
                continue
            if not header:
                header = [field.strip() for field in row]
                continue
            blocks.append(Block("row", start, start + len(text[start:end].rstrip())))
    except csv.Error as error:
        raise Unusable("damaged", f"line {reader.line_num:,}: {error}") from None
    if header and not blocks:  # a single row is no header
        return Document(text, [Block("row", 0, len(text.rstrip()))])
    return Document(text, blocks, caption=", ".join(filter(None, header))[:_CAPTION_CHARS_MAX])


def _delimiter(text: str) -> str:
    """What separates the fields: of the usual ones, that which the first line has most of."""
    line = text[:_PROBE_CHARS].lstrip().partition("\n")[0]
    return max(_DELIMITERS, key=line.count)
