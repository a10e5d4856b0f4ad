"""Which files belong to a collection."""

import os
from pathlib import Path

from batuta.knowledge.folder import files_of


def fill(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("words")


def found(root: Path, *patterns: str) -> list[tuple[str, str]]:
    return [(one.source, one.code) for one in files_of(root, patterns)]


def test_two_stars_and_a_folder_stand_for_everything_below(tmp_path: Path) -> None:
    fill(tmp_path, "docs/a.md", "docs/deep/er/b.txt", "docs/c.exe", "other/d.md")
    everything = [("docs/a.md", ""), ("docs/deep/er/b.txt", "")]
    assert found(tmp_path, "docs/**") == everything
    assert found(tmp_path, "docs") == everything
    assert found(tmp_path, "docs/**", "docs/*.md", "docs/") == everything
    assert found(tmp_path, "**/*.md") == [("docs/a.md", ""), ("other/d.md", "")]


def test_hidden_files_are_left_out_unless_they_are_named(tmp_path: Path) -> None:
    fill(tmp_path, ".git/a.md", "docs/.b.md", ".notes/c.md")
    assert found(tmp_path, "**") == []
    assert found(tmp_path, ".notes/*") == [(".notes/c.md", "")]


def test_a_file_that_is_named_and_has_no_reader_is_told_of(tmp_path: Path) -> None:
    fill(tmp_path, "a.exe")
    assert (found(tmp_path, "a.exe"), found(tmp_path, "*")) == ([("a.exe", "unsupported")], [])


def test_a_link_out_of_the_workspace_is_not_followed(tmp_path: Path) -> None:
    fill(tmp_path, "secret/key.md", "space/docs/a.md")
    root = tmp_path / "space"
    (root / "docs/out.md").symlink_to(tmp_path / "secret/key.md")
    (root / "docs/in.md").symlink_to(root / "docs/a.md")
    (root / "docs/gone.md").symlink_to(root / "nowhere.md")
    (root / "docs/loop.md").symlink_to(root / "docs/loop.md")
    (root / "docs/folder").symlink_to(tmp_path / "secret")
    assert found(root, "docs/**") == [
        ("docs/a.md", ""),
        ("docs/gone.md", "missing"),
        ("docs/in.md", ""),
        ("docs/loop.md", "missing"),
        ("docs/out.md", "outside"),
    ]
    assert found(root, "docs/folder/*.md") == [("docs/folder/key.md", "outside")]


def test_what_is_not_there_is_nothing(tmp_path: Path) -> None:
    assert found(tmp_path, "docs/**", "a.md") == []


def test_a_name_that_is_no_text_is_told_as_far_as_it_is(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/a\xff.md")).write_text("words")
    assert found(tmp_path, "*") == [("a?.md", "")]
