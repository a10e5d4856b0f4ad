"""Tables of separated values, row by row: a file of any size takes the memory of one row."""

import csv
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from batuta.capabilities.files.encodings import Text
from batuta.capabilities.files.trouble import Trouble

__all__ = ["DELIMITERS", "LINE_CHARS_MAX", "Record", "delimiter_of", "header_of", "records"]

DELIMITERS = (",", ";", "\t", "|")
# A line of a table that is longer is none.
LINE_CHARS_MAX = 4 * 1_024 * 1_024
COLUMNS_MAX = 10_000
_SNIFFED_LINES = 20
_SNIFFED_CHARS = 256 * 1_024


class Record(NamedTuple):
    """One row as texts; `line` is where it begins, from 1."""

    line: int
    cells: list[str]


def delimiter_of(text: Text) -> str:
    """What separates the cells: what cuts the first lines of the file into the same number of cells, and the most.

    Reads from `text`, which has to be opened anew to be read.
    """
    lines: list[str] = []
    chars = 0
    for line in text:
        lines.append(line)
        chars += len(line)
        if len(lines) >= _SNIFFED_LINES or chars > _SNIFFED_CHARS:
            break
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        counts = _counts(lines, delimiter)
        if not counts or counts[0] < 2:
            continue
        same = sum(count == counts[0] for count in counts) / len(counts)
        if (same, counts[0]) > best_score:
            best, best_score = delimiter, (same, counts[0])
    return best


def _counts(lines: Sequence[str], delimiter: str) -> list[int]:
    counts: list[int] = []
    try:
        for cells in csv.reader(iter(lines), delimiter=delimiter, strict=True):
            if cells:
                counts.append(len(cells))
    except csv.Error:
        # A cell goes on behind what was looked at, as a rule; what was cut until there counts.
        pass
    return counts


def records(text: Text, delimiter: str) -> Iterator[Record]:
    """The rows of `text`, the header first; empty lines are left out.

    Raises:
        Trouble: the text cannot be cut into cells; with the line where the row begins.
    """
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    while True:
        begin = text.line + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _no_table(text, begin, error) from None
        if cells:
            if len(cells) > COLUMNS_MAX:
                raise Trouble(
                    "too_large",
                    f"{text.path}:{begin}: {len(cells):,} cells in a row; at most {COLUMNS_MAX:,}",
                )
            yield Record(begin, cells)


def header_of(record: Record, path: str) -> list[str]:
    """The names of the columns. One without a name is called by its number.

    Raises:
        Trouble: two have the same name.
    """
    names = [cell.strip() or f"column_{index}" for index, cell in enumerate(record.cells, 1)]
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise Trouble(
                "invalid_data",
                f"{path}:{record.line}: there are two columns called {name[:80]!r}",
                "give each column a name of its own in the first line",
            )
        seen.add(name)
    return names


def _no_table(text: Text, begin: int, error: csv.Error) -> Trouble:
    place = f"{text.path}:{begin}"
    said = str(error)
    if said.startswith("unexpected end"):
        return Trouble(
            "invalid_data",
            f"{place}: a quote is opened in this row and never closed",
            'close it; a quote inside a quoted cell is written ""',
        )
    if said.startswith("field larger"):
        return Trouble(
            "too_large",
            f"{place}: a cell of this row has more than {csv.field_size_limit():,} characters",
            'a quote that is never closed looks like this, too; inside a quoted cell it is written ""',
        )
    if "expected after" in said:
        return Trouble(
            "invalid_data",
            f"{place}: there is something between a closing quote and the next cell",
            'a quote inside a quoted cell is written ""',
        )
    return Trouble("invalid_data", f"{place}: {said}")
