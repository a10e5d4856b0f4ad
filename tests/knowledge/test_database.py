"""The file of the store: made when wanted, and what is wrong with it said in our words."""

from pathlib import Path

import apsw
import pytest

from batuta.errors import KnowledgeError
from batuta.knowledge.store import Store


def said(path: Path, *, create: bool = False) -> str:
    with pytest.raises(KnowledgeError) as caught:
        Store(path, create=create).find("x")
    return caught.value.in_one_line


def test_there_is_none_unless_it_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / ".batuta" / "knowledge.sqlite"
    assert "batuta knowledge add" in said(path)
    Store(path, create=True).close()
    assert (path.stat().st_mode & 0o777, Store(path).find("x")) == (0o600, None)


def test_another_file_is_not_taken_for_it(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("hello, I am not a database at all. " * 40)
    assert "damaged" in said(tmp_path / "a")
    other = apsw.Connection(str(tmp_path / "b"))
    other.execute("CREATE TABLE x (y)")
    other.close()
    assert "not a store of knowledge" in said(tmp_path / "b", create=True)


def test_a_newer_one_is_left_alone(tmp_path: Path) -> None:
    Store(tmp_path / "a", create=True).close()
    other = apsw.Connection(str(tmp_path / "a"))
    other.execute("PRAGMA user_version = 99")
    other.close()
    assert "another version" in said(tmp_path / "a")


def test_who_only_looks_changes_nothing(tmp_path: Path) -> None:
    Store(tmp_path / "a", create=True).close()
    looked = Store(tmp_path / "a", read_only=True)
    assert looked.find("x") is None
    with pytest.raises(KnowledgeError, match="cannot be opened or written"):
        looked.make("x")
    looked.close()


def test_a_folder_in_its_place_is_said(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    assert "cannot be opened" in said(tmp_path / "a")
