"""Nothing outside the folder is read or written, whatever a path says; and what is hidden stays so."""

import os
from pathlib import Path

import pytest

from batuta.capabilities.files.folder import Folder
from batuta.capabilities.files.trouble import Trouble
from batuta.reading.files import FilesConfig
from tests.capabilities.files.folders import Files


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("../secret.txt", "forbidden"),
        ("data/../../secret.txt", "forbidden"),
        ("..", "forbidden"),
        ("/etc/passwd", "forbidden"),
        ("a\0b", "invalid"),
        ("a\nb", "invalid"),
        ("", "invalid"),
        (" ", "invalid"),
        (".", "invalid"),
        ("C:/secret.txt", "invalid"),
        ("..\\secret.txt", "invalid"),
        ("\\\\server\\share", "invalid"),
        ("x" * 5_000, "invalid"),
        ("\ud800.txt", "invalid"),
        (".env", "forbidden"),
        ("data/.env", "forbidden"),
        (".batuta/journal.sqlite", "forbidden"),
        (".BATUTA/journal.sqlite", "forbidden"),
        ("nothing.txt", "not_found"),
        ("data/deep.txt/more", "not_found"),
        ("data", "invalid"),
    ],
)
def test_a_path_that_is_none_or_leads_out_is_refused(tmp_path: Path, path: str, code: str) -> None:
    files = Files(tmp_path / "ws")
    files.put("data/deep.txt", "x")
    files.put(".env", "TOKEN=1")
    files.put(".batuta/journal.sqlite", "x")
    (tmp_path / "secret.txt").write_text("x")
    with pytest.raises(Trouble) as caught:
        files.folder.open(path)
    assert caught.value.code == code


def test_a_path_may_go_up_as_long_as_it_stays_inside(files: Files) -> None:
    files.put("data/a.txt", "x")
    with (one := files.folder.open("data/../data/./a.txt")).file:
        assert one.path == "data/a.txt"


def test_links_out_of_the_folder_are_refused_and_links_inside_it_are_followed(
    tmp_path: Path,
) -> None:
    files = Files(tmp_path / "ws")
    files.put("data/a.txt", "inside")
    files.put(".env", "TOKEN=1")
    outside = tmp_path / "out.txt"
    outside.write_text("outside")
    links = {
        "in": "data/a.txt",
        "to_file": outside,
        "to_folder": tmp_path,
        "hidden": ".env",
        "nowhere": "gone",
    }
    for name, target in links.items():
        (files.root / name).symlink_to(target)
    with files.folder.open("in").file as file:
        assert file.read() == b"inside"
    codes: dict[str, str] = {}
    for path in ("to_file", "to_folder/out.txt", "hidden", "nowhere"):
        with pytest.raises(Trouble) as caught:
            files.folder.open(path)
        codes[path] = caught.value.code
    assert codes == {
        "to_file": "forbidden",
        "to_folder/out.txt": "forbidden",
        "hidden": "forbidden",
        "nowhere": "not_found",
    }


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_a_pipe_or_a_device_is_no_file_and_keeps_nobody_waiting(files: Files) -> None:
    os.mkfifo(files.root / "pipe.csv")
    with pytest.raises(Trouble, match="no file but a device"):
        files.folder.open("pipe.csv")


def test_what_the_workspace_does_not_name_is_not_read(tmp_path: Path) -> None:
    files = Files(tmp_path / "ws", FilesConfig(read=("data/**", ".config/a.json")))
    for path in ("data/a.txt", "b.txt", ".config/a.json", ".config/b.json"):
        files.put(path, "x")
    readable = {
        p: files.folder.readable(p)
        for p in ("data/a.txt", "b.txt", ".config/a.json", ".config/b.json")
    }
    assert readable == {
        "data/a.txt": True,
        "b.txt": False,
        ".config/a.json": True,
        ".config/b.json": False,
    }
    with pytest.raises(Trouble, match="is not to be read"):
        files.folder.open("b.txt")


def test_a_file_above_the_bound_is_refused(tmp_path: Path) -> None:
    files = Files(tmp_path / "ws", FilesConfig(bytes_max=10))
    files.put("a.txt", "x" * 11)
    with pytest.raises(Trouble, match="at most 10 are taken"):
        files.folder.open("a.txt")


@pytest.mark.parametrize(
    "path",
    [
        "a.txt", "batuta.yaml", "BATUTA.YAML", "out/../batuta.yaml", "out/.hidden", "out/.h/a", "../a", "/tmp/a", "out",
        ".batuta/a", "out/plan.yaml", "out/x/../../plans/p.yaml",
    ],
)  # fmt: skip
def test_only_what_the_workspace_names_is_written_and_never_its_own_files(
    tmp_path: Path, path: str
) -> None:
    folder = Folder(tmp_path, FilesConfig(), ("tools.py", "out/plan.yaml"))
    with pytest.raises(Trouble) as caught:
        folder.target(path)
    assert caught.value.code == "forbidden"


def test_no_pattern_makes_plans_and_modules_writable(tmp_path: Path) -> None:
    folder = Folder(tmp_path, FilesConfig(write=("**",)), ("tools.py", "plans/*.yaml"))
    assert folder.target("notes.txt")[0] == "notes.txt"
    for path in ("tools.py", "plans/a.yaml", "batuta.yaml", "PLANS/a.yaml"):
        with pytest.raises(Trouble, match="belongs to the workspace itself"):
            folder.target(path)


def test_a_folder_that_is_a_link_out_is_not_written_into(tmp_path: Path) -> None:
    files = Files(tmp_path / "ws")
    files.put("out/a.txt", "x")
    (files.root / "out" / "link").symlink_to(tmp_path)
    (files.root / "plans").mkdir()
    (files.root / "out" / "inner").symlink_to(files.root / "plans")
    for path in ("out/link/a.txt", "out/inner/a.yaml"):
        with pytest.raises(Trouble) as caught:
            files.folder.target(path)
        assert caught.value.code == "forbidden"
