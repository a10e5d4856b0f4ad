"""What is in a file is held against its reference, before and while it is read."""

import hashlib
import os

import pytest

from batuta.capabilities.files import content
from batuta.capabilities.files.content import opened, reference_of, whole
from batuta.capabilities.files.trouble import Trouble
from tests.capabilities.files.folders import Files


def test_a_file_that_changes_while_it_is_read_is_told(files: Files) -> None:
    files.put("a.txt", "one")
    with pytest.raises(Trouble) as caught, opened(files.folder, "a.txt"):
        files.put("a.txt", "two!")
    assert (caught.value.code, caught.value.may_retry) == ("changed", True)


def test_a_file_that_vanishes_while_it_is_read_is_told(files: Files) -> None:
    files.put("a.txt", "one")
    with pytest.raises(Trouble) as caught, opened(files.folder, "a.txt"):
        (files.root / "a.txt").unlink()
    assert caught.value.code == "changed"


def test_a_hash_is_remembered_until_anything_about_the_file_is_different(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    sha256 = hashlib.sha256

    def counting() -> object:
        counted.append("once more")
        return sha256()

    files.put("a.txt", "one")
    os.utime(files.root / "a.txt", (1_000, 1_000))
    monkeypatch.setattr(content.hashlib, "sha256", counting)
    first = reference_of(files.folder, "a.txt")
    assert (reference_of(files.folder, "a.txt"), len(counted)) == (first, 1)
    # The same size, and the same time by its owner's word.
    files.put("a.txt", "two")
    os.utime(files.root / "a.txt", (1_000, 1_000))
    assert reference_of(files.folder, "a.txt") != first
    assert len(counted) == 2


def test_a_file_that_was_just_written_is_hashed_every_time(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.put("a.txt", "one")
    reference_of(files.folder, "a.txt")
    monkeypatch.setattr(content, "_hashed", lambda file: "0" * 64)
    assert reference_of(files.folder, "a.txt")["sha256"] == "0" * 64


def test_a_whole_file_is_hashed_as_it_was_read(files: Files) -> None:
    files.put("a.txt", "one")
    read, reference = whole(files.folder, "a.txt", 3)
    assert (read, reference["sha256"]) == (b"one", hashlib.sha256(b"one").hexdigest())
    with pytest.raises(Trouble, match="more than 2 bytes"):
        whole(files.folder, "a.txt", 2)
