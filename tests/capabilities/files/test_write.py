"""Files are written whole or not at all, where the workspace allows it."""

import errno
import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batuta.capabilities.files import atomic
from batuta.capabilities.files.trouble import Trouble
from batuta.errors import CallFailed
from tests.capabilities.files.folders import Files


async def test_a_text_is_written_as_it_is_and_its_reference_is_given(files: Files) -> None:
    reference = await files.call("write", path="out/2026/a.txt", text="Grüße\r\n")
    content = (files.root / "out/2026/a.txt").read_bytes()
    assert content == "Grüße\r\n".encode()
    assert reference == {
        "path": "out/2026/a.txt",
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    assert (await files.call("read", file=reference))["text"] == "Grüße\r\n"


@pytest.mark.parametrize(
    ("path", "args", "content"),
    [
        ("out/a.json", {"json": {"b": [1, None]}}, '{\n  "b": [\n    1,\n    null\n  ]\n}\n'),
        ("out/a.json", {"json": None}, "null\n"),
        (
            "out/a.csv",
            {"rows": [{"a": 1, "b": "x,y"}, {"a": None, "c": True}]},
            'a,b,c\n1,"x,y",\n,,true\n',
        ),
        ("out/a.csv", {"rows": [{"a": 1, "b": 2}], "columns": ["b", "a"]}, "b,a\n2,1\n"),
        ("out/a.csv", {"rows": [], "columns": ["b"]}, "b\n"),
        ("out/a.csv", {"rows": []}, ""),
        ("out/a.tsv", {"rows": [{"a": "x\ty", "b": [1]}]}, 'a\tb\n"x\ty"\t[1]\n'),
        ("out/a.jsonl", {"rows": [{"a": "é"}, {"a": 2}]}, '{"a": "é"}\n{"a": 2}\n'),
        (
            "out/a.json",
            {"rows": [{"a": 1, "b": 2}], "columns": ["a"]},
            '[\n  {\n    "a": 1\n  }\n]\n',
        ),
    ],
)
async def test_values_and_rows_are_written_as_the_ending_says(
    files: Files, path: str, args: dict[str, Any], content: str
) -> None:
    await files.call("write", path=path, **args)
    assert (files.root / path).read_text(encoding="utf-8") == content


async def test_rows_that_were_written_are_read_back_as_they_were(files: Files) -> None:
    rows = [
        {"id": 1, "text": 'a "b"\nc', "n": 1.5, "ok": True},
        {"id": 2, "text": "", "n": None, "ok": False},
    ]
    await files.call("write", path="out/a.csv", rows=rows)
    assert (await files.call("rows", file="out/a.csv"))["rows"] == rows


_TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
_ODD = st.text(st.sampled_from(list("\r\n\"',;|\t =a1")), max_size=8)


@given(st.lists(st.fixed_dictionaries({"a": _TEXTS | _ODD, "b;c": _ODD}), max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
async def test_any_text_in_any_cell_is_read_back_as_it_was(
    files: Files, rows: list[dict[str, str]]
) -> None:
    await files.call("write", path="out/a.csv", rows=rows, columns=["a", "b;c"])
    declared = {"a": "string", "b;c": "string"}
    assert (await files.call("rows", file="out/a.csv", columns=declared))["rows"] == rows


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ({"path": "out/a.txt"}, "invalid"),
        ({"path": "out/a.txt", "text": "x", "json": 1}, "invalid"),
        ({"path": "out/a.txt", "text": None}, "invalid"),
        ({"path": "out/a.txt", "rows": [{"a": 1}]}, "unsupported"),
        ({"path": "a.txt", "text": "x"}, "forbidden"),
        ({"path": "out/../../a.txt", "text": "x"}, "forbidden"),
        ({"path": "out/a.txt/b.txt", "text": "x"}, "unavailable"),
        ({"path": "out/folder", "text": "x"}, "invalid"),
        ({"path": "out/" + "x" * 300, "text": "x"}, "unavailable"),
    ],
)
async def test_what_cannot_be_written_changes_nothing(
    files: Files, args: dict[str, Any], code: str
) -> None:
    (files.root / "out/folder").mkdir(parents=True)
    files.put("out/a.txt", "old")
    before = sorted(files.root.rglob("*"))
    assert (await files.refusal("write", **args))[0] == code
    assert sorted(files.root.rglob("*")) == before
    assert (files.root / "out/a.txt").read_text() == "old"


async def test_the_same_content_again_leaves_the_file_alone(files: Files) -> None:
    first = await files.call("write", path="out/a.txt", text="same")
    os.utime(files.root / "out/a.txt", (1, 1))
    assert await files.call("write", path="out/a.txt", text="same") == first
    assert (files.root / "out/a.txt").stat().st_mtime == 1


async def test_a_link_at_the_path_is_replaced_and_what_it_leads_to_is_not(files: Files) -> None:
    files.put("data.txt", "mine")
    (files.root / "out").mkdir()
    (files.root / "out/a.txt").symlink_to(files.root / "data.txt")
    await files.call("write", path="out/a.txt", text="new")
    assert ((files.root / "data.txt").read_text(), (files.root / "out/a.txt").is_symlink()) == (
        "mine",
        False,
    )


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
@pytest.mark.parametrize("name", ["fsync", "replace"])
def test_a_disk_that_is_full_or_broken_leaves_the_old_file_and_nothing_else(
    files: Files, monkeypatch: pytest.MonkeyPatch, number: int, name: str
) -> None:
    files.put("out/a.txt", "old")

    def broken(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(atomic.os, name, broken)
    with pytest.raises(Trouble) as caught:
        atomic.write_whole(files.folder, "out/a.txt", b"new", "key")
    monkeypatch.undo()
    assert (caught.value.code, caught.value.may_retry) == (
        "unavailable" if number == errno.EIO else "full",
        True,
    )
    assert [path.name for path in (files.root / "out").iterdir()] == ["a.txt"]
    assert (files.root / "out/a.txt").read_text() == "old"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_device_is_told_as_such(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open

    def full(path: Any, flags: int, *more: Any) -> int:
        return (
            real("/dev/full", os.O_WRONLY)
            if str(path).endswith(".part")
            else real(path, flags, *more)
        )

    monkeypatch.setattr(atomic.os, "open", full)
    with pytest.raises(CallFailed) as caught:
        atomic.write_whole(files.folder, "out/a.txt", b"x" * 1_000_000, "key")
    assert caught.value.code == "full"


def test_what_an_earlier_attempt_left_behind_is_taken_away_by_the_next(files: Files) -> None:
    atomic.write_whole(files.folder, "out/a.txt", b"one", "key")
    mark = hashlib.blake2b(b"key\0out/a.txt", digest_size=6).hexdigest()
    files.put(f"out/.batuta-{mark}-dead.part", "half")
    atomic.write_whole(files.folder, "out/a.txt", b"two", "key")
    assert [path.name for path in (files.root / "out").iterdir()] == ["a.txt"]


KILLED = """
import sys
from pathlib import Path
from batuta.capabilities.files.atomic import write_whole
from batuta.capabilities.files.folder import Folder
folder, number = Folder(Path(sys.argv[1])), 0
print("ready", flush=True)
while True:
    number += 1
    write_whole(folder, "out/a.txt", bytes([65 + number % 26]) * 3_000_000, "key")
"""


def test_kill_9_never_leaves_half_a_file(files: Files) -> None:
    for round_ in range(5):
        writer = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(files.root)], stdout=subprocess.PIPE
        )
        try:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"ready\n"
            # Wherever it stands then.
            deadline = time.monotonic() + 20
            while not (files.root / "out/a.txt").exists() and time.monotonic() < deadline:
                time.sleep(0.002)
            time.sleep(0.013 * round_)
        finally:
            writer.send_signal(signal.SIGKILL)
            writer.wait(timeout=20)
            if writer.stdout is not None:
                writer.stdout.close()
        content = (files.root / "out/a.txt").read_bytes()
        assert (len(content), len(set(content))) == (3_000_000, 1)
