"""file.rows: a table in a file as typed rows, a part of it at a time."""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from typing import Annotated, Any, Literal, TypedDict

import msgspec

from batuta.capabilities.files.cells import CellType, check_json, kinds_of_json
from batuta.capabilities.files.content import opened
from batuta.capabilities.files.encodings import Text
from batuta.capabilities.files.folder import Folder, Opened
from batuta.capabilities.files.from_csv import DELIMITERS
from batuta.capabilities.files.from_json import ROW_CHARS_MAX, rows_of_json, rows_of_lines
from batuta.capabilities.files.tables import FLAWS_MAX, Reading, layout_of, typed
from batuta.capabilities.files.trouble import Trouble, flawed
from batuta.capabilities.function import capability
from batuta.reading.nearest import did_you_mean
from batuta.spec.call import Call
from batuta.spec.file import FileReference

__all__ = ["LIMIT_DEFAULT", "LIMIT_MAX", "Rows", "rows_of"]

LIMIT_DEFAULT = 10_000
LIMIT_MAX = 100_000
# Characters of the rows of one call; what is longer is given in parts.
CHARS_MAX = 16 * 1_024 * 1_024

Format = Literal["csv", "json", "jsonl"]
_FORMATS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".txt": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}


class Rows(TypedDict):
    """Rows as maps; the types of their columns; whether there are more, and the `skip` that goes on with them.

    `header`: the columns in the order of the file. `notes`: what somebody should look at, each with its place
    (`tickets.csv:17: …`).
    """

    rows: list[dict[str, Any]]
    columns: dict[str, str]
    header: list[str]
    more: bool
    next: int
    notes: list[str]


def rows_of(folder: Folder) -> Callable[..., Rows]:
    """The capability for the files of `folder`."""

    @capability("file.rows", effect="read", reach="local", timeout="10m")
    def rows(
        file: Annotated[
            str | FileReference, msgspec.Meta(description="a path, or a reference to a file")
        ],
        call: Call,
        columns: Annotated[
            dict[str, CellType] | None,
            msgspec.Meta(
                description="types by column; the others are found out from what is in it"
            ),
        ] = None,
        skip: Annotated[int, msgspec.Meta(ge=0, description="rows to leave out first")] = 0,
        limit: Annotated[
            int, msgspec.Meta(ge=1, le=LIMIT_MAX, description="rows at most")
        ] = LIMIT_DEFAULT,
        format: Annotated[
            Format | None,
            msgspec.Meta(description="what it is; by the ending of its name by default"),
        ] = None,
        encoding: Annotated[
            str | None,
            msgspec.Meta(
                description='"windows-1252": what the text is written in; UTF-8 by default'
            ),
        ] = None,
        delimiter: Annotated[
            str | None, msgspec.Meta(description="what separates cells; found out by default")
        ] = None,
    ) -> Rows:
        """Reads a table (CSV, a JSON list of maps, or a map on each line) as rows with typed cells, part by part.

        In a column of texts an empty cell is "", in all others null. The place of what is wrong is told.
        """
        if delimiter is not None and delimiter not in DELIMITERS:
            raise Trouble(
                "invalid",
                f"delimiter: {delimiter[:10]!r} separates nothing",
                "it is one of , ; | and tab",
            )
        source = _Source(folder, file, format, encoding, delimiter)
        return _read(source, columns or {}, skip, limit, lambda: _in_time(call))

    return rows


class _Source(msgspec.Struct, frozen=True):
    folder: Any
    file: Any
    format: Format | None
    encoding: str | None
    delimiter: str | None


def _read(
    source: _Source, columns: dict[str, CellType], skip: int, limit: int, watch: Callable[[], None]
) -> Rows:
    with opened(source.folder, source.file) as (one, reference):
        notes: tuple[str, ...] = ()
        kinds: dict[str, str] = {}
        if (source.format or _format_of(one)) == "csv":
            reading = Reading(one.path, reference["sha256"], source.encoding, source.delimiter)
            layout = layout_of(one.file, reading, watch)
            kinds = {**dict(zip(layout.header, layout.kinds, strict=True)), **columns}
            _check_columns(columns, layout.header, one.path)
            notes = tuple(
                note
                for note in layout.notes
                if not any(f"column {name}:" in note for name in columns)
            )
            found = typed(one.file, reading, layout, columns, skip, watch)
        else:
            lines = (source.format or _format_of(one)) == "jsonl"
            found = _json_rows(one, lines, source.encoding, columns, skip, watch)
        with closing(found):
            rows, more = _taken(found, limit)
    kinds = kinds or {**kinds_of_json(rows), **columns}
    return {
        "rows": rows,
        "columns": kinds,
        "header": list(kinds),
        "more": more,
        "next": skip + len(rows),
        "notes": list(notes),
    }


def _taken(rows: Iterator[dict[str, Any]], limit: int) -> tuple[list[dict[str, Any]], bool]:
    taken: list[dict[str, Any]] = []
    chars = 0
    for row in rows:
        if len(taken) == limit or chars > CHARS_MAX:
            return taken, True
        taken.append(row)
        chars += _size(row)
    return taken, False


def _size(row: dict[str, Any]) -> int:
    size = 0
    for name, value in row.items():
        size += len(name) + 4
        if isinstance(value, str):
            size += len(value)
        elif isinstance(value, dict | list):
            size += len(msgspec.json.encode(value))
        else:
            size += 8
    return size


def _format_of(one: Opened) -> Format:
    suffix = "." + one.path.rpartition(".")[2].lower() if "." in one.path else ""
    known = _FORMATS.get(suffix)
    if known is None:
        raise Trouble(
            "unsupported",
            f"{one.path}: no table is called {suffix or 'like this'}",
            "say `format: csv`, `json` or `jsonl`; file.read gives any text",
        )
    return known


def _check_columns(columns: dict[str, CellType], header: tuple[str, ...], path: str) -> None:
    for name in columns:
        if name not in header:
            raise Trouble(
                "invalid",
                f"columns: {path} has no column {name[:80]!r}",
                did_you_mean(name[:80], list(header), "columns"),
            )


def _json_rows(
    one: Opened,
    lines: bool,
    encoding: str | None,
    columns: dict[str, CellType],
    skip: int,
    watch: Callable[[], None],
) -> Generator[dict[str, Any]]:
    flaws: list[str] = []
    with Text(one.file, one.path, encoding, ROW_CHARS_MAX) as text:
        rows = enumerate(rows_of_lines(text) if lines else rows_of_json(text))
        for count, (line, row) in rows:
            if not count % 4_096:
                watch()
            if count < skip:
                continue
            for name, kind in columns.items():
                try:
                    if name in row:
                        row[name] = check_json(row[name], kind)
                except ValueError as error:
                    flaws.append(f"{one.path}:{line}: {name}: {error}")
            if len(flaws) >= FLAWS_MAX:
                break
            if not flaws:
                yield row
    if flaws:
        raise flawed(flaws, "correct the file, or the types in `columns`")


def _in_time(call: Call) -> None:
    """The thread of a call that nobody waits for any more goes on otherwise, through all of 2 GB."""
    if time.time() > call.deadline:
        raise Trouble(
            "timeout", "the table was not read in time", "ask for fewer rows", may_retry=True
        )
