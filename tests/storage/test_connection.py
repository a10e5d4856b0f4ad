"""A file of a room: whole or not there, of its kind, brought up to date, and its troubles in words."""

import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest

from batuta.errors import Bug, KnowledgeError
from batuta.memory.database import open_memory
from batuta.storage.connection import Connection, Database, Kind

FIRST = "CREATE TABLE one (x INTEGER)"
SECOND = "CREATE TABLE two (y INTEGER)"
KIND = Kind(
    application_id=0x1234,
    migrations=(FIRST,),
    noun="a box",
    error=KnowledgeError,
    absent=("there is no box", "make one"),
    lost="buy another",
    synchronous="FULL",
)
NEWER = msgspec.structs.replace(KIND, migrations=(FIRST, SECOND))


def trouble(path: Path, kind: Kind = KIND, **more: Any) -> str:
    with pytest.raises(KnowledgeError) as caught:
        Connection(path, kind, **more)
    return caught.value.in_one_line


def test_it_is_made_when_it_is_wanted_for_its_owner_alone_and_nothing_else_is_left(
    tmp_path: Path,
) -> None:
    path = tmp_path / "deep" / "box"
    assert trouble(path) == "there is no box; make one"
    Connection(path, KIND, create=True).close()
    assert (path.stat().st_mode & 0o777, [one.name for one in path.parent.iterdir()]) == (
        0o600, ["box"]
    )  # fmt: skip
    assert Connection(path, KIND).rows("PRAGMA synchronous") == [(2,)]


def test_who_makes_it_at_once_makes_one(tmp_path: Path) -> None:
    path = tmp_path / "box"
    gate = threading.Barrier(8)

    def make(at: int) -> None:
        gate.wait()
        box = Connection(path, KIND, create=True)
        box.changed(lambda db: db.execute("INSERT INTO one VALUES (?)", (at,)))
        box.close()

    makers = [threading.Thread(target=make, args=(at,)) for at in range(8)]
    for one in makers:
        one.start()
    for one in makers:
        one.join()
    assert Connection(path, KIND).rows("SELECT sum(x) FROM one") == [(28,)]


def test_an_older_one_is_brought_up_to_date_and_keeps_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "box"
    box = Connection(path, KIND, create=True)
    box.changed(lambda db: db.execute("INSERT INTO one VALUES (7)"))
    box.close()
    newer = Connection(path, NEWER)
    assert (newer.rows("SELECT x FROM one"), newer.rows("SELECT y FROM two")) == ([(7,)], [])
    newer.close()
    assert "written by another version" in trouble(path)


def test_who_only_looks_brings_nothing_up_to_date_and_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "box"
    assert trouble(path, read_only=True) == "there is no box; make one"
    Connection(path, KIND, create=True).close()
    before = path.read_bytes()
    newer = msgspec.structs.replace(NEWER, older="open it for writing")
    said = "was written by an older batuta and must be brought up to date; open it for writing"
    assert said in trouble(path, newer, read_only=True)
    looked = Connection(path, KIND, read_only=True)
    assert looked.rows("SELECT x FROM one") == []
    looked.check()
    with pytest.raises(KnowledgeError, match="cannot be opened or written"):
        looked.changed(lambda db: db.execute("INSERT INTO one VALUES (1)"))
    looked.close()
    assert path.read_bytes() == before
    Connection(path, NEWER).close()
    assert "written by another version" in trouble(path, read_only=True)


LOOK = """
import os, pathlib, sys, urllib.parse  # the last, that Python imports late, from where nobody may read
from batuta.memory.database import open_memory
if os.geteuid() == 0:
    os.setuid(65_534)
looked = open_memory(pathlib.Path(sys.argv[1]), read_only=True)
print(looked.rows("SELECT count(*) FROM threads"))
looked.check()
"""


def test_what_nobody_writes_is_read_in_a_folder_that_cannot_be_written() -> None:
    with tempfile.TemporaryDirectory(prefix="batuta-still-") as name:
        path = Path(name) / "memory.sqlite"
        open_memory(path, create=True).close()
        path.chmod(0o444)
        os.chmod(name, 0o555)
        found = subprocess.run(
            [sys.executable, "-P", "-c", LOOK, str(path)], capture_output=True, text=True
        )
        os.chmod(name, 0o755)
        assert (found.stderr, found.stdout) == ("", "[(0,)]\n")
        assert [one.name for one in path.parent.iterdir()] == ["memory.sqlite"]


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "box"
    Connection(path, KIND, create=True).close()
    wrong = msgspec.structs.replace(KIND, migrations=(FIRST, f"{SECOND}; SELECT nonsense"))
    with pytest.raises(Bug):
        Connection(path, wrong)
    assert Connection(path, KIND).rows("PRAGMA user_version") == [(1,)]


def test_what_is_no_box_is_not_taken_for_one(tmp_path: Path) -> None:
    path = tmp_path / "box"
    other = apsw.Connection(str(path))
    other.execute("CREATE TABLE x (y)")
    other.close()
    assert "is not a box" in trouble(path, create=True)
    path.write_text("no database at all " * 40)
    assert "damaged" in trouble(path) and "buy another" in trouble(path)


def test_a_change_is_whole_or_not_there(tmp_path: Path) -> None:
    box = Connection(tmp_path / "box", KIND, create=True)

    def half(db: Database) -> None:
        db.execute("INSERT INTO one VALUES (1)")
        raise KeyError("half")

    with pytest.raises(KeyError):
        box.changed(half)
    assert box.rows("SELECT * FROM one") == []


def test_what_need_not_last_is_not_waited_for_and_the_next_change_is(tmp_path: Path) -> None:
    box = Connection(tmp_path / "box", KIND, create=True)
    how: list[int] = []

    def look(db: Database) -> None:
        how.append(db.execute("PRAGMA synchronous").fetchall()[0][0])

    box.changed(look)
    box.changed(look, durable=False)
    box.changed(look)
    assert how == [2, 1, 2]


def test_a_page_that_was_overwritten_is_found_by_reading_through(tmp_path: Path) -> None:
    path = tmp_path / "box"
    box = Connection(path, KIND, create=True)
    box.changed(
        lambda db: db.executemany("INSERT INTO one VALUES (?)", [(at,) for at in range(5_000)])
    )
    box.check()
    box.compact()
    box.close()
    content = bytearray(path.read_bytes())
    content[8_192:8_400] = b"\xff" * 208
    path.write_bytes(content)
    with pytest.raises(KnowledgeError, match="damaged"):
        Connection(path, KIND).check()
