"""Many continue one conversation at once: no message is lost, none is there twice, and whoever answers has read."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batuta.errors import CallFailed
from batuta.memory.database import open_memory
from batuta.memory.threads import Threads
from batuta.memory.workspace import MEMORY_FILE
from tests.memory.said import by, user

# Adds `count` messages under keys of its own, each behind the head it has read; says every one that is durable.
WRITER = """
import sys
from pathlib import Path
from batuta.errors import CallFailed
from batuta.memory.database import By, open_memory
from batuta.memory.threads import Threads
path, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
threads = Threads(open_memory(path, create=True))
for at in range(count):
    text = f"{name}-{at}"
    while True:
        head = threads.read("t", 1)["head"]
        try:
            threads.add("t", [{"role": "user", "text": text}], By(1.0, name, "s", text), after=head)
            break
        except CallFailed as error:
            assert error.code == "moved", error
    print(text, flush=True)
"""


def writer(path: Path, name: str, count: int) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", WRITER, str(path), name, str(count)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def said(path: Path) -> list[str]:
    connection = open_memory(path, create=False)
    connection.check()
    try:
        return [one["text"] for one in Threads(connection).read("t", 1_000)["messages"]]
    finally:
        connection.close()


def test_processes_that_add_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / MEMORY_FILE
    names, count = ("a", "b", "c"), 25
    for process in [writer(path, name, count) for name in names]:
        process.communicate()
        assert process.returncode == 0
    found = said(path)
    for name in names:
        mine = [text for text in found if text.startswith(name)]
        assert mine == [f"{name}-{at}" for at in range(count)]
    assert len(found) == len(names) * count


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9")
def test_a_writer_that_is_killed_again_and_again_has_said_everything_once(tmp_path: Path) -> None:
    path = tmp_path / MEMORY_FILE
    count = 40
    for after in (1, 7, 13, 19, 31):
        process = writer(path, "a", count)
        assert process.stdout is not None
        told = [process.stdout.readline().strip() for _ in range(after)]
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        assert said(path)[: len(told)] == told  # what was acknowledged is there
    process = writer(path, "a", count)
    process.communicate()
    assert (process.returncode, said(path)) == (0, [f"a-{at}" for at in range(count)])


# (what, which run, how many messages)
WISHES = st.lists(
    st.tuples(
        st.sampled_from(["read", "add", "add blindly", "again", "forget"]),
        st.integers(0, 3),
        st.integers(1, 3),
    ),
    max_size=40,
)


@given(WISHES)
@settings(max_examples=60, deadline=None)
def test_a_conversation_is_what_was_added_behind_what_was_read(
    tmp_path_factory: pytest.TempPathFactory, wishes: list[tuple[str, int, int]]
) -> None:
    connection = open_memory(tmp_path_factory.mktemp("m") / "m.sqlite", create=True)
    threads = Threads(connection)
    there: list[str] = []
    read: dict[int, tuple[int, list[str]]] = {run: (0, []) for run in range(4)}
    done: dict[int, tuple[str, list[str], int | None, dict[str, Any]]] = {}
    for at, (what, run, count) in enumerate(wishes):
        texts = [f"{at}.{one}" for one in range(count)]
        if what == "read":
            found = threads.read("t", 1_000)
            read[run] = found["head"], [one["text"] for one in found["messages"]]
            assert read[run][1] == there
        elif what == "forget":
            threads.forget("t", by())
            there = []
        elif what == "again" and run in done:
            key, before, after, answer = done[run]
            assert threads.add("t", user(*before), by(key), after=after) == answer
        else:
            after = read[run][0] if what == "add" else None
            try:
                answer = threads.add("t", user(*texts), by(f"k{at}"), after=after)
            except CallFailed as moved:
                answer = {"code": moved.code}
            if "code" in answer:
                assert (answer["code"], read[run][1] == there) == ("moved", False)
                continue
            assert after is None or read[run][1] == there
            there = there + texts
            done[run] = f"k{at}", texts, after, answer
    assert [one["text"] for one in threads.read("t", 1_000)["messages"]] == there
    connection.close()


def test_ten_thousand_messages_are_read_by_their_end(tmp_path: Path) -> None:
    connection = open_memory(tmp_path / MEMORY_FILE, create=True)
    threads = Threads(connection)
    for at in range(100):
        threads.add("t", user(*(f"{at * 100 + one}" for one in range(100))), by())
    assert [one["text"] for one in threads.read("t", 2)["messages"]] == ["9998", "9999"]
    assert threads.listed()[0]["messages"] == 10_000
    connection.close()
