"""Streams of every kind: closed, full, broken, in another encoding, with nobody at the other end."""

import json
import os
import subprocess
import sys
from typing import IO

import pytest

from tests.doors.cli.command import WAIT_S, Folder
from tests.nursery import surroundings


def test_output_is_utf_8_whatever_the_locale_says(folder: Folder) -> None:
    said = folder.batuta(
        "run", "--plan", "hello.yaml", "--input", "name=Žofie 日本", LANG="C", LC_ALL="C"
    )
    assert (said.code, said.out) == (0, "Hello Žofie 日本\n")
    assert "✓ greet" in said.err


def test_output_is_utf_8_even_where_python_is_told_otherwise(folder: Folder) -> None:
    said = folder.batuta(
        "run", "--plan", "hello.yaml", "--input", "name=日本", "--json",
        PYTHONIOENCODING="ascii", PYTHONUTF8="0",
    )  # fmt: skip
    assert said.document["result"] == "Hello 日本"


def test_bytes_that_are_no_text_do_not_stop_anything(folder: Folder) -> None:
    command = [sys.executable, "-P", "-m", "batuta", "run", "--plan", "hello.yaml", "--json"]
    ended = subprocess.run(
        [*[word.encode() for word in command], b"--input", b"name=\xff\xfe"],
        cwd=folder.path,
        env=surroundings(),
        capture_output=True,
        timeout=WAIT_S,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert json.loads(ended.stdout)["status"] == "succeeded"


def printing_to(
    stdout: IO[bytes], folder: Folder, *words: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "batuta", *words],
        cwd=folder.path,
        env=surroundings(),
        timeout=WAIT_S,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
    )


def test_a_reader_that_left_is_no_error_and_changes_no_exit_code(folder: Folder) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as nobody:
        ended = printing_to(nobody, folder, "run", "--plan", "boom.yaml", "--json")
    assert (ended.returncode, ended.stderr) == (1, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_output_that_cannot_be_written_is_said_and_the_run_is_safe(folder: Folder) -> None:
    with open("/dev/full", "wb") as full:
        ended = printing_to(full, folder, "run", "--plan", "hello.yaml", "--input", "name=A")
    assert ended.returncode == 1
    assert b"standard output cannot be written" in ended.stderr
    assert b"Traceback" not in ended.stderr
    assert [run["status"] for run in folder.runs()] == ["succeeded"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&-"])
def test_streams_that_were_closed_before_are_no_reason_to_fail(folder: Folder, closed: str) -> None:
    command = f'"$0" -P -m batuta run --plan hello.yaml --input name=A {closed}'
    ended = subprocess.run(
        ["bash", "-c", command, sys.executable],
        cwd=folder.path,
        env=surroundings(),
        capture_output=True,
        timeout=WAIT_S,
        check=False,
    )
    assert (ended.returncode, b"Traceback" in ended.stderr) == (0, False)


def test_a_bug_of_ours_exits_70_with_one_message_and_no_traceback(folder: Folder) -> None:
    broken = "import batuta.app as a; a.App.runs = lambda *_, **__: 1 / 0; "
    call = "from batuta.doors.cli import main; import sys; sys.exit(main(sys.argv[1:]))"
    folder.waiting()

    def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", broken + call, "runs", *words],
            cwd=folder.path, env=surroundings(**environment), capture_output=True, encoding="utf-8",
            timeout=WAIT_S, check=False,
        )  # fmt: skip

    ended = run()
    assert (ended.returncode, ended.stdout) == (70, "")
    assert "please report it" in ended.stderr
    assert "Traceback" not in ended.stderr
    document = json.loads(run("--json").stdout)
    assert (document["status"], document["error"]["code"]) == ("error", "bug")
    assert "Traceback" in run(BATUTA_DEBUG="1").stderr
