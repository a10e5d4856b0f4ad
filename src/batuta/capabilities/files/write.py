"""file.write: a text, data or rows become a file, whole or not at all."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import msgspec

from batuta.capabilities.files.atomic import write_whole
from batuta.capabilities.files.folder import Folder
from batuta.capabilities.files.trouble import Trouble
from batuta.capabilities.function import capability
from batuta.spec.call import Call
from batuta.spec.file import FileReference

__all__ = ["write_of"]

_DELIMITERS = {".tsv": "\t", ".tab": "\t"}


def write_of(folder: Folder) -> Callable[..., FileReference]:
    """The capability for the files of `folder`."""

    @capability("file.write", effect="idempotent", reach="local", timeout="1m")
    def write(
        path: Annotated[str, msgspec.Meta(description='where, for example "out/drafts.csv"')],
        call: Call,
        text: Annotated[str | None, msgspec.Meta(description="a text, as it is, in UTF-8")] = None,
        json: Annotated[Any, msgspec.Meta(description="any value, as JSON")] = None,
        rows: Annotated[
            list[dict[str, Any]] | None,
            msgspec.Meta(
                description="maps, as the ending says: .csv, .tsv, .jsonl, or a list in .json"
            ),
        ] = None,
        columns: Annotated[
            list[str] | None,
            msgspec.Meta(description="which columns, in which order; all of the rows by default"),
        ] = None,
    ) -> FileReference:
        """Writes a file whole: what was there before is there until the new content is. Gives its reference.

        Exactly one of `text`, `json` and `rows` is given.
        """
        given = [name for name in ("text", "json", "rows") if name in call.args]
        if len(given) != 1:
            raise Trouble(
                "invalid",
                f"{' and '.join(given)} are given" if given else "there is nothing to write",
                "give one of text, json and rows",
            )
        if rows is not None:
            content = _table(path, rows, columns)
        elif text is not None and given == ["text"]:
            content = text
        elif given == ["json"]:
            content = _json(json)
        else:
            raise Trouble("invalid", f"{given[0]} is null", f"give {given[0]}, or something else")
        return write_whole(folder, path, content.encode("utf-8", "replace"), call.key)

    return write


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _table(path: str, rows: Sequence[dict[str, Any]], columns: list[str] | None) -> str:
    suffix = "." + path.rpartition(".")[2].lower()
    header = (
        columns
        if columns is not None
        else list(dict.fromkeys(name for row in rows for name in row))
    )
    if suffix in (".json", ".jsonl", ".ndjson"):
        if columns is not None:
            rows = [{name: row.get(name) for name in header} for row in rows]
        if suffix == ".json":
            return _json(list(rows))
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    if suffix not in (".csv", *_DELIMITERS):
        raise Trouble(
            "unsupported",
            f"{path[:120]}: no table is called like this",
            "end the path in .csv, .tsv, .json or .jsonl",
        )
    lines = [header] if header else []
    lines += [[_cell(row.get(name)) for name in header] for row in rows]
    return _separated(lines, _DELIMITERS.get(suffix, ","))


def _separated(lines: Sequence[Sequence[Any]], delimiter: str) -> str:
    written = io.StringIO(newline="")
    plain = csv.writer(written, delimiter=delimiter, lineterminator="\n")
    quoting = csv.writer(written, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for cells in lines:
        # A carriage return ends a line for whoever reads it; csv quotes only the line ends that it writes.
        bare = any(isinstance(cell, str) and "\r" in cell for cell in cells)
        (quoting if bare else plain).writerow(cells)
    return written.getvalue()


def _cell(value: Any) -> Any:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case dict() | list():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return value
