"""What is forgotten is in no file any more, and what its time has come for is forgotten."""

from pathlib import Path

import pytest

from batuta.memory.database import open_memory
from batuta.memory.index import Index
from batuta.memory.keeping import counts, erase
from batuta.memory.memories import Memories, make_collection
from batuta.memory.threads import Threads
from batuta.memory.workspace import MEMORY_FILE
from batuta.reading.memory import MemoryConfig
from batuta.storage.connection import Connection
from tests.memory.said import by, user

SECRET = "Zwerchfellbruch"
VECTOR = b"\x3c\x5a" * 64


def on_disk(folder: Path, *words: str) -> list[str]:
    """Which of these words stand anywhere in the files of the memory, as they are or as the index has them."""
    content = b"".join(
        path.read_bytes() for path in (folder / ".batuta").iterdir() if path.is_file()
    ).lower()
    return [word for word in words if word.lower().encode() in content]


def many(memories: Memories, threads: Threads, number: int = 300) -> None:
    for at in range(number):
        memories.remember(f"customer {at} likes number {at}", by(), about=f"c-{at}")
        threads.add(f"c-{at}", user(f"hello, I am customer {at} " * 20), by())


@pytest.mark.parametrize("other", [False, True], ids=["alone", "another connection is open"])
def test_words_that_are_forgotten_are_overwritten(
    tmp_path: Path, connection: Connection, memories: Memories, threads: Threads, other: bool
) -> None:
    another = open_memory(tmp_path / MEMORY_FILE, create=False) if other else None
    many(memories, threads, 150)
    id_ = memories.remember(
        f"suffers from {SECRET}", by(), about="kundin-4711", source="brief-0815"
    )["id"]
    index = Index(connection, make_collection(connection, "customers"))
    (newest, *_) = index.without_vector("e", 1)
    index.keep_vectors("e", [(newest[0], VECTOR)])
    memories.correct(id_, f"has no {SECRET}", by())
    threads.add("kundin-4711", user(f"my {SECRET} " * 500), by())
    many(memories, threads, 150)
    every = (SECRET, "kundin-4711", "brief-0815")
    assert on_disk(tmp_path, *every) == list(every)

    memories.forget(by(), about="kundin-4711")
    threads.forget("kundin-4711", by())
    connection.compact()

    assert on_disk(tmp_path, *every, SECRET[:12]) == []
    assert VECTOR not in (tmp_path / MEMORY_FILE).read_bytes()
    connection.check()
    if another is not None:
        assert len(Memories(another, make_collection(another, "customers")).listed()) > 100
        another.close()


def test_the_words_of_others_are_found_as_before(
    connection: Connection, memories: Memories, threads: Threads
) -> None:
    many(memories, threads, 100)
    index = Index(connection, make_collection(connection, "customers"))
    for at in range(0, 100, 3):
        memories.forget(by(), about=f"c-{at}")
    assert (len(index.matching("likes", 1_000)), index.frequency("number")) == (66, 66)
    assert len(index.matching('"42"', 9)) == 0 and len(index.matching('"43"', 9)) == 1


def test_what_its_time_has_come_for_is_erased(
    connection: Connection, memories: Memories, threads: Threads
) -> None:
    for at, text in ((100.0, "old"), (900.0, "young")):
        memories.remember(text, by(at=at))
        threads.add(text, user(text), by(at=at))
    settings = {"customers": MemoryConfig(keep_s=500.0), "never": MemoryConfig(keep_s=1.0)}
    told = erase(connection, settings, now=1_000.0, quiet_s=500.0, unfinished=())
    assert told == {"memories": 1, "threads": 1}
    assert counts(connection) == {"threads": 1, "messages": 1, "memories": {"customers": 1}}
    forever = {"customers": MemoryConfig()}
    assert erase(connection, forever, now=1e9, quiet_s=1e12, unfinished=())["memories"] == 0


def test_keys_go_when_their_run_has_ended_and_not_before(
    connection: Connection, threads: Threads
) -> None:
    for run in ("ended", "going"):
        threads.add("a", user(run), by(f"key of {run}", at=0.0, run=run))
    threads.add("a", user("new"), by("key of new", at=99_000.0, run="ended"))
    for unfinished in (None, {"going"}):
        erase(connection, {}, now=100_000.0, quiet_s=1e9, unfinished=unfinished)
        keys = [key for (key,) in connection.rows("SELECT key FROM done ORDER BY key")]
        assert keys == (
            ["key of ended", "key of going", "key of new"]
            if unfinished is None
            else ["key of going", "key of new"]
        )
