"""Files that a pattern fits, as references."""

import hashlib
from pathlib import Path

from tests.capabilities.files.folders import Files


async def test_references_come_in_the_order_of_their_paths(files: Files) -> None:
    for path in (
        "data/b.csv",
        "data/a.csv",
        "data/deep/c.csv",
        "data/d.txt",
        ".hidden/e.csv",
        "data/.f.csv",
    ):
        files.put(path, path)
    found = await files.call("list", glob="data/**/*.csv")
    assert [one["path"] for one in found["files"]] == [
        "data/a.csv",
        "data/b.csv",
        "data/deep/c.csv",
    ]
    assert found["files"][0] == {
        "path": "data/a.csv",
        "bytes": 10,
        "sha256": hashlib.sha256(b"data/a.csv").hexdigest(),
    }
    assert not found["more"]


async def test_more_than_the_limit_is_said(files: Files) -> None:
    for number in range(4):
        files.put(f"{number}.txt", "x")
    found = await files.call("list", glob="*.txt", limit=3)
    assert ([one["path"] for one in found["files"]], found["more"]) == (
        ["0.txt", "1.txt", "2.txt"],
        True,
    )


async def test_nothing_is_found_where_there_is_nothing(files: Files) -> None:
    assert await files.call("list", glob="nowhere/**") == {"files": [], "more": False}


async def test_links_out_of_the_folder_are_nothing_that_is_found(tmp_path: Path) -> None:
    files = Files(tmp_path / "ws")
    files.put("a.txt", "x")
    (tmp_path / "b.txt").write_text("x")
    (files.root / "link.txt").symlink_to(tmp_path / "b.txt")
    (files.root / "up").symlink_to(tmp_path)
    (files.root / "loop").symlink_to(files.root)
    assert [one["path"] for one in (await files.call("list", glob="**"))["files"]] == ["a.txt"]


async def test_a_pattern_does_not_lead_out(files: Files) -> None:
    assert (await files.refusal("list", glob="../**"))[0] == "forbidden"
