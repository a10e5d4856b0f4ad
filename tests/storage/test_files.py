"""Files that a command writes: whole, and never instead of what is no file."""

import os
from pathlib import Path

import pytest

from batuta.errors import InputError
from batuta.storage.files import write_whole


def test_a_file_is_written_over_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    path.write_text("before")
    write_whole(path, "after", replace=True)
    assert (path.read_text(), os.listdir(tmp_path)) == ("after", ["a.svg"])


@pytest.mark.skipif(os.name == "nt", reason="rights are others there")
def test_the_rights_of_a_file_stay_and_a_new_one_has_those_of_any(tmp_path: Path) -> None:
    secret, new, usual = (tmp_path / name for name in ("secret", "new", "usual"))
    secret.touch(mode=0o600)
    usual.touch()
    for path in (secret, new):
        write_whole(path, "x", replace=True)
    modes = [one.stat().st_mode & 0o777 for one in (secret, new)]
    assert modes == [0o600, usual.stat().st_mode & 0o777]


def test_what_a_link_leads_to_is_written_and_the_link_stays(tmp_path: Path) -> None:
    path, link = tmp_path / "a.svg", tmp_path / "link.svg"
    path.write_text("before")
    link.symlink_to(path)
    write_whole(link, "after", replace=True)
    assert (path.read_text(), link.is_symlink()) == ("after", True)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
def test_a_pipe_is_written_into_and_stays_a_pipe(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    write_whole(path, "text", replace=True)
    assert (os.read(reader, 100), path.is_fifo()) == (b"text", True)
    os.close(reader)


def test_links_in_a_circle_are_an_error_in_words(tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    path.symlink_to(path)
    with pytest.raises(InputError, match="cannot be written"):
        write_whole(path, "text", replace=True)


def test_what_is_there_stays_unless_it_may_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("mine")
    with pytest.raises(InputError, match="is there already"):
        write_whole(path, "yours", replace=False)
    assert path.read_text() == "mine"
