"""Tables as typed rows: what is in them, and where they are wrong."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.capabilities.files.folders import Files

TICKETS = (
    "id,subject,amount,day,zip,open\n"
    "1,Broken,12.50,2026-01-02,01234,true\n"
    '2,"Late, ""again""",3,2026-01-03,01235,false\n'
    "\n"
    '3,"two\nlines",,2026-01-04,1,true\n'
)


async def test_rows_have_the_types_that_are_in_the_columns(files: Files) -> None:
    files.put("t.csv", TICKETS)
    found = await files.call("rows", file="t.csv")
    assert found["rows"][1] == {
        "id": 2, "subject": 'Late, "again"', "amount": 3.0, "day": "2026-01-03", "zip": "01235", "open": False,
    }  # fmt: skip
    assert found["rows"][2]["amount"] is None
    assert found["columns"] == {
        "id": "integer", "subject": "string", "amount": "number", "day": "date", "zip": "string", "open": "boolean",
    }  # fmt: skip
    assert found["header"] == ["id", "subject", "amount", "day", "zip", "open"]
    assert (len(found["rows"]), found["more"], found["next"], found["notes"]) == (3, False, 3, [])


async def test_a_table_is_read_part_by_part(files: Files) -> None:
    files.put("t.csv", "n\n" + "".join(f"{n}\n" for n in range(10)))
    first = await files.call("rows", file="t.csv", limit=4)
    second = await files.call("rows", file="t.csv", limit=4, skip=first["next"])
    last = await files.call("rows", file="t.csv", limit=4, skip=second["next"])
    assert [row["n"] for part in (first, second, last) for row in part["rows"]] == list(range(10))
    assert [part["more"] for part in (first, second, last)] == [True, True, False]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
async def test_the_delimiter_is_found_out(files: Files, delimiter: str) -> None:
    files.put(
        "t.csv", f"name{delimiter}n\n'a; b, c'{delimiter}1\nx{delimiter}2\n".replace("'", '"')
    )
    assert (await files.call("rows", file="t.csv"))["columns"] == {"name": "string", "n": "integer"}


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        (None, "naïve;n\né;1\n".encode("utf-8-sig")),
        (None, "naïve;n\né;1\n".encode("utf-16")),
        (None, "naïve;n\né;1\n".encode("utf-32")),
        ("utf-16-le", "naïve;n\né;1\n".encode("utf-16-le")),
        ("latin-1", "naïve;n\né;1\n".encode("latin-1")),
        ("Windows_1252", "naïve;n\né;1\n".encode("cp1252")),
    ],
)
async def test_encodings_are_told_by_their_mark_or_by_name(
    files: Files, encoding: str | None, content: bytes
) -> None:
    files.put("t.csv", content)
    assert (await files.call("rows", file="t.csv", encoding=encoding))["rows"] == [
        {"naïve": "é", "n": 1}
    ]


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        ("a,b\n1,2\n3\n4,5,6\n", "invalid_data", "t.csv:3: 1 cell under a header of 2; t.csv:4: 3 cells under"),
        ('a,b\n1,2\n3,"4\n5,6\n', "invalid_data", "t.csv:3: a quote is opened in this row and never closed"),
        ('a,b\n1,"2"x\n', "invalid_data", "t.csv:2: there is something between a closing quote and the next"),
        ("a,a\n1,2\n", "invalid_data", "t.csv:1: there are two columns called 'a'"),
        ("a,b\n" + "1,x\n" * 5_000 + "1,\xe9\n", "invalid_data", "t.csv:5002: this is not UTF-8 text (byte 0xe9)"),
        ("a\0b\n", "invalid_data", "t.csv is not UTF-8 text: it has zeros in it"),
        ("a,b\n" + "x" * 5_000_000, "too_large", "t.csv:2: the line has more than 4,194,304 characters"),
        ('a,b\n1,"' + "x\n" * 100_000, "too_large", "t.csv:2: a cell of this row has more than 131,072"),
        ("a," * 20_000 + "\n", "too_large", "t.csv:1: 20,001 cells in a row"),
    ],
)  # fmt: skip
async def test_what_is_no_table_is_told_with_its_place(
    files: Files, content: str, code: str, message: str
) -> None:
    files.put("t.csv", content.encode("latin-1"))
    found = await files.refusal("rows", file="t.csv")
    assert (found[0], found[1][: len(message)]) == (code, message)


async def test_utf_16_without_a_mark_is_told_what_to_say(files: Files) -> None:
    files.put("t.csv", "a;b\n1;2\n".encode("utf-16-be"))
    assert 'say `encoding: "utf-16-be"`' in (await files.refusal("rows", file="t.csv"))[1]


@pytest.mark.parametrize(
    "encoding", ["zlib_codec", "unicode_escape", "utf-7", "rot13", "x" * 10_000, "\0"]
)
async def test_a_codec_that_is_no_encoding_of_text_is_refused(files: Files, encoding: str) -> None:
    files.put("t.csv", "a\n1\n")
    code, message = await files.refusal("rows", file="t.csv", encoding=encoding)
    assert code == "invalid"
    assert "there is no encoding" in message


async def test_cells_that_are_not_of_the_declared_type_are_all_named(files: Files) -> None:
    files.put("t.csv", "id,n\na,1\nb,x\nc,2.5\n")
    code, message = await files.refusal("rows", file="t.csv", columns={"n": "integer"})
    assert code == "invalid_data"
    assert message.split("; ") == [
        "t.csv:3: column n: 'x' is no whole number",
        "t.csv:4: column n: '2.5' is no whole number",
        "correct the file, or the types in `columns`",
        "a cell that holds the delimiter stands in double quotes",
    ]


async def test_what_to_do_is_said_however_many_flaws_there_are(files: Files) -> None:
    files.put("t.csv", "n\n" + "a rather long text that is no number\n" * 1_000)
    message = (await files.refusal("rows", file="t.csv", columns={"n": "integer"}))[1]
    assert "; and more; correct the file" in message
    assert len(message) < 1_000


async def test_a_column_that_is_not_there_is_told_with_the_nearest(files: Files) -> None:
    files.put("t.csv", "amount\n1\n")
    assert await files.refusal("rows", file="t.csv", columns={"amuont": "integer"}) == (
        "invalid",
        "columns: t.csv has no column 'amuont'; did you mean 'amount'?",
    )


async def test_one_odd_cell_makes_a_column_text_and_is_noted(files: Files) -> None:
    files.put("t.csv", "n\n" + "5\n" * 30 + "n/a\n")
    found = await files.call("rows", file="t.csv")
    assert found["columns"] == {"n": "string"}
    assert found["notes"] == [
        "t.csv:32: column n: 'n/a' is no integer as the others are; the column is read as text"
    ]
    declared = await files.call("rows", file="t.csv", columns={"n": "string"})
    assert declared["notes"] == []


async def test_lists_of_maps_in_json_are_rows(files: Files) -> None:
    rows = [{"a": 1, "b": ["x"]}, {"a": 2.5, "b": None}]
    files.put("t.json", json.dumps(rows))
    files.put("t.jsonl", "\n".join(map(json.dumps, rows)) + "\n\n")
    for path in ("t.json", "t.jsonl"):
        found = await files.call("rows", file=path)
        assert (found["rows"], found["columns"]) == (rows, {"a": "number", "b": "list"})
        assert (await files.call("rows", file=path, skip=1, limit=1))["rows"] == rows[1:]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"a": 1}', "t.json:1: a table in JSON is a list of maps, and this is a map"),
        ("", "t.json:1: a table in JSON is a list of maps, and this is something else"),
        ('[{"a": 1},\n{"a": x}]', "t.json:2: this is not JSON: expecting value"),
        ('[{"a": 1},\n{"a": ', "t.json:2: this is not JSON"),
        ('[{"a": 1}\n{"a": 1}]', "t.json:2: expected , or ] behind a row"),
        ("[\n1]", "t.json:2: every row is a map"),
        ('[{"a": 1}] []', "t.json:1: there is something behind the list"),
        ('[{"a": 1, "a": 2}]', "t.json:1: the key 'a' stands twice in one map"),
        ('[{"a": NaN}]', "t.json:1: NaN is no JSON"),
        ('[{"a": 1e999}]', "t.json:1: 1e999 is larger than any number"),
        (
            '[{"a": ' + "9" * 5_000 + "}]",
            "t.json:1: 999999999999999999999999 has more than 64 bits",
        ),
        ('[{"a": ' + "[" * 200_000 + "]" * 200_000 + "}]", "t.json:1: a row is nested too deep"),
        (
            '[{"a": "' + "x" * 10_000_000 + '"}]',
            "t.json:1: a row has more than 4,194,304 characters",
        ),
    ],
)
async def test_what_is_no_rows_of_json_is_told_with_its_line(
    files: Files, content: str, message: str
) -> None:
    files.put("t.json", content)
    assert (await files.refusal("rows", file="t.json"))[1][: len(message)] == message


async def test_rows_of_json_are_held_against_declared_types(files: Files) -> None:
    files.put("t.jsonl", '{"n": 1}\n{"n": "x"}\n')
    assert await files.refusal("rows", file="t.jsonl", columns={"n": "integer"}) == (
        "invalid_data",
        "t.jsonl:2: n: is string, not integer; correct the file, or the types in `columns`",
    )


async def test_a_file_that_is_called_otherwise_needs_its_format(files: Files) -> None:
    files.put("t.dat", "a,b\n1,2\n")
    assert (await files.refusal("rows", file="t.dat"))[0] == "unsupported"
    assert (await files.call("rows", file="t.dat", format="csv"))["rows"] == [{"a": 1, "b": 2}]


async def test_an_empty_file_has_no_rows(files: Files) -> None:
    files.put("t.csv", "")
    assert (await files.call("rows", file="t.csv"))["rows"] == []


async def test_a_reference_holds_only_for_what_was_in_the_file_then(files: Files) -> None:
    files.put("t.csv", "n\n1\n")
    (reference,) = (await files.call("list", glob="t.csv"))["files"]
    assert (await files.call("rows", file=reference))["rows"] == [{"n": 1}]
    files.put("t.csv", "n\n2\n")
    assert await files.refusal("rows", file=reference) == (
        "changed",
        "t.csv was changed since the run was given it; put the old content back, or start a new run",
    )


async def test_rows_of_one_call_are_bounded_in_size(files: Files) -> None:
    files.put("t.csv", "a\n" + ("x" * 100_000 + "\n") * 300)
    found = await files.call("rows", file="t.csv")
    assert found["more"]
    assert 150 < len(found["rows"]) < 200


MEASURED = """
import asyncio, resource, sys, time
from pathlib import Path
from batuta.capabilities.files.built_in import file_capabilities
from batuta.capabilities.files.folder import Folder
from batuta.capabilities.threads import Threads
from batuta.errors import CallFailed
from batuta.spec.call import Call
known = {one.card.name: one for one in file_capabilities(Folder(Path(sys.argv[1])), Threads())}
async def go(path, **args):
    try:
        await known["file.rows"](Call("r", "s", 1, "k", {"file": path, **args}, time.time() + 1_000))
    except CallFailed as error:
        return error.code
    return "done"
async def main():
    await go("small.csv")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(await go("rows.csv", skip=1_000_000, limit=10), await go("line.csv"), await go("sparse.csv"))
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="measured in KiB of Linux")
def test_a_large_file_takes_the_memory_of_a_row(tmp_path: Path) -> None:
    (tmp_path / "small.csv").write_text("a\n1\n")
    with (tmp_path / "rows.csv").open("wb") as file:
        file.write(b"id,text,amount\n")
        for _ in range(40):
            file.write(b"12345,a text as they are usual,12.50\n" * 50_000)
    with (tmp_path / "line.csv").open("wb") as file:
        for _ in range(100):
            file.write(b"x" * 1_000_000)
    with (tmp_path / "sparse.csv").open("wb") as file:
        file.write(b"a,b\n1,2\n")
        file.truncate(300_000_000)
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(tmp_path)],
        capture_output=True, text=True, timeout=240, check=True,
    )  # fmt: skip
    said, grown_mib = done.stdout.splitlines()
    assert said == "done too_large invalid_data"
    # 74 MB of rows, a line of 100 MB and 300 MB of nothing.
    assert int(grown_mib) < 48
