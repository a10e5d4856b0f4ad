"""Copies of a file that is in use are whole, or are not there."""

from pathlib import Path

import pytest

from batuta.errors import KnowledgeError
from batuta.storage.connection import Connection
from batuta.storage.copies import check_file, copy_file, put_back
from tests.storage.test_connection import KIND


def box(path: Path, *numbers: int) -> Connection:
    made = Connection(path, KIND, create=True)
    made.changed(
        lambda db: db.executemany("INSERT INTO one VALUES (?)", [(one,) for one in numbers])
    )
    return made


def numbers(path: Path) -> list[int]:
    opened = Connection(path, KIND)
    try:
        return [one for (one,) in opened.rows("SELECT x FROM one")]
    finally:
        opened.close()


def test_a_copy_has_what_is_committed_and_never_replaces_a_file(tmp_path: Path) -> None:
    original = box(tmp_path / "box", 1, 2)
    copy_file(tmp_path / "box", tmp_path / "copy", KIND)
    assert numbers(tmp_path / "copy") == [1, 2]
    with pytest.raises(KnowledgeError, match="exists"):
        copy_file(tmp_path / "box", tmp_path / "copy", KIND)
    original.close()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["box", "copy"]


def test_what_is_put_back_is_there_for_who_has_the_file_open_and_the_old_one_is_kept(
    tmp_path: Path,
) -> None:
    opened = box(tmp_path / "box", 1)
    copy_file(tmp_path / "box", tmp_path / "copy", KIND)
    opened.changed(lambda db: db.execute("INSERT INTO one VALUES (2)"))
    aside = put_back(tmp_path / "copy", tmp_path / "box", KIND, at=0.0)
    assert (opened.rows("SELECT x FROM one"), numbers(aside)) == ([(1,)], [1, 2])
    assert aside.name == "box.before-restore-19700101T000000Z"
    opened.close()


def test_where_nothing_was_the_copy_becomes_the_file(tmp_path: Path) -> None:
    box(tmp_path / "copy", 1).close()
    aside = put_back(tmp_path / "copy", tmp_path / "box", KIND, at=0.0)
    assert (numbers(tmp_path / "box"), aside.exists()) == ([1], False)


def test_a_bad_copy_changes_nothing(tmp_path: Path) -> None:
    box(tmp_path / "box", 1).close()
    (tmp_path / "copy").write_bytes(b"SQLite format 3\0" + b"x" * 8_000)
    for bad in (
        lambda: check_file(tmp_path / "copy", tmp_path / "box", KIND),
        lambda: put_back(tmp_path / "copy", tmp_path / "box", KIND, at=0.0),
        lambda: copy_file(tmp_path / "copy", tmp_path / "other", KIND),
    ):
        with pytest.raises(KnowledgeError):
            bad()
    assert numbers(tmp_path / "box") == [1]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["box", "copy"]
