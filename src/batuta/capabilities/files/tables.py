"""Tables as typed rows: which columns there are and of which types, told once and kept to."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, BinaryIO, NamedTuple

from batuta.capabilities.files.cells import Guess, read_cell
from batuta.capabilities.files.encodings import Text
from batuta.capabilities.files.from_csv import (
    LINE_CHARS_MAX,
    Record,
    delimiter_of,
    header_of,
    records,
)
from batuta.capabilities.files.trouble import flawed

__all__ = ["FLAWS_MAX", "Layout", "Reading", "layout_of", "typed"]

# So much of a file says what types its columns have: all of it, as a rule, and a second of work.
SAMPLE_CHARS = 16 * 1_024 * 1_024
# Flaws that are looked for; the rest is more of the same.
FLAWS_MAX = 20
_SHOWN_CHARS = 40
_KNOWN_MAX = 64

# How the rows of a file are gone through: (call it between rows; raises when it is too late).
Watch = Callable[[], None]


class Reading(NamedTuple):
    """How a table is read. `encoding` and `delimiter` None: found out."""

    path: str
    sha256: str
    encoding: str | None
    delimiter: str | None


class Layout(NamedTuple):
    """A table as such. `notes`: cells that made a column of numbers one of texts, each with its place."""

    delimiter: str
    header: tuple[str, ...]
    kinds: tuple[str, ...]
    notes: tuple[str, ...]


_known: OrderedDict[Reading, Layout] = OrderedDict()
_lock = threading.Lock()


def layout_of(file: BinaryIO, reading: Reading, watch: Watch) -> Layout:
    """The columns of the table in `file`, which is read from its beginning; remembered as long as it is the same.

    Raises `Trouble`, and what `watch` raises.
    """
    with _lock:
        known = _known.get(reading)
    if known is None:
        known = _looked_at(file, reading, watch)
        with _lock:
            _known[reading] = known
            if len(_known) > _KNOWN_MAX:
                _known.popitem(last=False)
    return known


def _looked_at(file: BinaryIO, reading: Reading, watch: Watch) -> Layout:
    delimiter = reading.delimiter
    if delimiter is None:
        with Text(file, reading.path, reading.encoding, LINE_CHARS_MAX) as text:
            delimiter = delimiter_of(text)
    with Text(file, reading.path, reading.encoding, LINE_CHARS_MAX) as text:
        rows = records(text, delimiter)
        first = next(rows, None)
        if first is None:
            return Layout(delimiter, (), (), ())
        header = header_of(first, reading.path)
        guesses = [Guess() for _ in header]
        chars = 0
        for record in _watched(rows, watch):
            # What does not fit the header is told when it is read.
            for guess, cell in zip(guesses, record.cells, strict=False):
                guess.see(record.line, cell)
            chars += sum(map(len, record.cells)) + len(header)
            if chars > SAMPLE_CHARS:
                break
    notes = [
        note
        for name, one in zip(header, guesses, strict=True)
        for note in _odd(reading.path, name, one)
    ]
    return Layout(
        delimiter, tuple(header), tuple(one.kind for one in guesses), tuple(notes[:FLAWS_MAX])
    )


def _odd(path: str, name: str, guess: Guess) -> Iterator[str]:
    if mostly := guess.mostly:
        for line, cell in guess.odd:
            yield (
                f"{path}:{line}: column {name}: {_shown(cell)} is no {mostly} as the others are; "
                "the column is read as text"
            )


def typed(
    file: BinaryIO,
    reading: Reading,
    layout: Layout,
    declared: Mapping[str, str],
    skip: int,
    watch: Watch,
) -> Generator[dict[str, Any]]:
    """The rows of a table behind the first `skip`, with typed cells. `declared`: types by name of column, where they
    are not to be found out.

    Raises `Trouble` with the places of flaws, and what `watch` raises.
    """
    columns = [
        (name, declared.get(name, kind))
        for name, kind in zip(layout.header, layout.kinds, strict=True)
    ]
    flaws: list[str] = []
    guessed: set[str] = set()
    with Text(file, reading.path, reading.encoding, LINE_CHARS_MAX) as text:
        rows = _watched(records(text, layout.delimiter), watch)
        for record in islice(rows, 1 + skip, None):
            row, wrong = _row(record, columns, reading.path)
            flaws += [what for what, _ in wrong]
            guessed |= {name for _, name in wrong if name and name not in declared}
            if len(flaws) >= FLAWS_MAX:
                break
            if not flaws:
                yield row
    if flaws:
        raise flawed(flaws, _remedy(guessed, declared))


def _row(
    record: Record, columns: Sequence[tuple[str, str]], path: str
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The typed row, and its flaws, each with the column that it is in ("" if that is not it)."""
    if len(record.cells) != len(columns):
        return {}, [(_ragged(path, record, len(columns)), "")]
    row: dict[str, Any] = {}
    wrong: list[tuple[str, str]] = []
    for (name, kind), cell in zip(columns, record.cells, strict=True):
        try:
            row[name] = read_cell(cell, kind)
        except ValueError as error:
            wrong.append((f"{path}:{record.line}: column {name}: {_shown(cell)} {error}", name))
    return row, wrong


def _ragged(path: str, record: Record, count: int) -> str:
    cells = len(record.cells)
    what = "1 cell" if cells == 1 else f"{cells:,} cells"
    return f"{path}:{record.line}: {what} under a header of {count:,}"


def _remedy(guessed: set[str], declared: Mapping[str, str]) -> str:
    if guessed:
        name = min(guessed)
        return f"if it is right as it is, say `columns: {{{name}: string}}`"
    types = ", or the types in `columns`" if declared else ""
    return f"correct the file{types}; a cell that holds the delimiter stands in double quotes"


def _shown(cell: str) -> str:
    cell = " ".join(cell[: 4 * _SHOWN_CHARS].split())
    return repr(cell if len(cell) <= _SHOWN_CHARS else cell[: _SHOWN_CHARS - 1] + "…")


def _watched(rows: Iterator[Record], watch: Watch) -> Iterator[Record]:
    for count, record in enumerate(rows):
        if not count % 4_096:
            watch()
        yield record
