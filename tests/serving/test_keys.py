"""What is kept of keys, and who is let in by it."""

import multiprocessing
from pathlib import Path

import pytest

from batuta.errors import InputError, NotFound
from batuta.serving.keys import KEYS_FILE, Keys


def test_a_key_is_found_by_its_text_while_it_counts(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    issued, text = keys.add("ada", ("read", "run"), 100.0, expires_at=200.0)
    assert keys.find(text, 150.0) == issued
    assert keys.find(text, 200.0) is None
    assert keys.find(text[:-1], 150.0) is None
    assert keys.find(f"{text}x", 150.0) is None
    assert keys.find(text.replace("batuta_", "other_"), 150.0) is None


def test_what_another_process_changes_counts_at_once(tmp_path: Path) -> None:
    here, there = Keys(tmp_path), Keys(tmp_path)
    issued, text = there.add("ada", ("read",), 1.0)
    assert here.find(text, 2.0) == issued
    revoked = there.revoke(issued.id, 3.0)
    assert here.find(text, 4.0) is None
    assert here.all() == [revoked]
    assert there.revoke(issued.id, 5.0) == revoked


def test_two_keys_with_one_name_are_two_keys(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    texts = {keys.add("ada", ("read",), 1.0)[1] for _ in range(5)}
    assert len(texts) == len(keys.all()) == 5


def _add(folder: str) -> None:
    for _ in range(5):
        Keys(folder).add("many", ("read",), 1.0)


def test_none_is_lost_where_several_processes_make_keys(tmp_path: Path) -> None:
    fork = multiprocessing.get_context("spawn")
    processes = [fork.Process(target=_add, args=(str(tmp_path),)) for _ in range(2)]
    for one in processes:
        one.start()
    for one in processes:
        one.join(60)
    assert len(Keys(tmp_path).all()) == 10


def test_a_file_that_cannot_be_read_lets_nobody_in(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    _, text = keys.add("ada", ("read",), 1.0)
    (tmp_path / KEYS_FILE).write_text("{")
    with pytest.raises(InputError, match="cannot be read"):
        keys.find(text, 2.0)


def test_a_key_that_is_none_is_told_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        Keys(tmp_path).revoke("nobody", 1.0)
