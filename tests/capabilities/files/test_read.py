"""The text of a file, as it was when the run was given it."""

from pathlib import Path

from batuta.reading.files import FilesConfig
from tests.capabilities.files.folders import Files


async def test_the_text_comes_with_what_it_was_written_in_and_its_reference(files: Files) -> None:
    files.put("a.txt", "Grüße\n".encode("utf-8-sig"))
    found = await files.call("read", file="a.txt")
    assert (found["text"], found["encoding"]) == ("Grüße\n", "utf-8")
    assert found["file"] == (await files.call("list", glob="a.txt"))["files"][0]


async def test_another_encoding_has_to_be_named(files: Files) -> None:
    files.put("a.txt", "one\ntwo\nGrüße".encode("cp1252"))
    assert await files.refusal("read", file="a.txt") == (
        "invalid_data",
        "a.txt:3: this is not UTF-8 text (byte 0xfc); say what it is written in, for example "
        "`encoding: windows-1252`, or save it as UTF-8",
    )
    assert (await files.call("read", file="a.txt", encoding="windows-1252"))[
        "text"
    ] == "one\ntwo\nGrüße"


async def test_a_reference_does_not_hold_any_more_once_the_file_was_changed(files: Files) -> None:
    files.put("a.txt", "one")
    reference = (await files.call("read", file="a.txt"))["file"]
    files.put("a.txt", "two")
    assert (await files.refusal("read", file=reference))[0] == "changed"
    (files.root / "a.txt").unlink()
    assert (await files.refusal("read", file=reference))[0] == "not_found"


async def test_a_text_that_is_too_long_for_a_value_is_refused(tmp_path: Path) -> None:
    files = Files(tmp_path)
    with (tmp_path / "a.txt").open("wb") as file:
        file.truncate(17 * 1_024 * 1_024)
    assert (await files.refusal("read", file="a.txt"))[0] == "too_large"
    small = Files(tmp_path, FilesConfig(bytes_max=10))
    small.put("b.txt", "x" * 11)
    assert (await small.refusal("read", file="b.txt"))[0] == "too_large"
