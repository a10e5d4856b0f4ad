"""Values as they stand in the file: packed where that saves room, and held against their names when they are read."""

import hashlib
from pathlib import Path

import pytest

from batuta.errors import JournalBroken
from batuta.journal.file.connection import connect
from batuta.journal.sqlite import open_sqlite
from batuta.journal.values import packed, verify
from batuta.spec.value import encode, value_key

KEY = b"k" * 32
PROSE = encode({"text": "It is sought where the orders of the last weeks are. " * 40})
SMALL = encode("It is sought. " * 10)
ODD = encode([f"{n * 7919:x}" for n in range(20)])


@pytest.mark.parametrize("encoded", [PROSE, SMALL, ODD, b'"x"', b"null"])
def test_what_was_packed_is_read_as_it_was(encoded: bytes) -> None:
    assert verify(value_key(encoded, KEY), packed(encoded), None, KEY) == encoded


def test_prose_takes_half_the_room_and_what_is_small_stays_as_it_is() -> None:
    assert len(packed(PROSE)) < len(PROSE) / 2
    assert (packed(SMALL), packed(ODD)) == (SMALL, ODD)


def test_what_cannot_be_packed_stays_as_it_is() -> None:
    noise = b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(100))
    assert packed(noise) == noise


@pytest.mark.parametrize("body", [packed(PROSE)[:-9], b"x", b"xx", packed(SMALL + b" ")])
def test_what_is_not_what_its_name_says_is_damaged(body: bytes) -> None:
    with pytest.raises(JournalBroken, match="damaged"):
        verify(value_key(PROSE, KEY), body, None, KEY)


async def test_the_file_holds_them_packed_and_gives_them_back(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal = open_sqlite(path)
    ref = journal.put(PROSE)
    await journal.flush()
    assert await journal.get(ref) == PROSE
    await journal.close()
    db = connect(path)
    ((stored,),) = db.execute("SELECT length(body) FROM vals").fetchall()
    db.close()
    assert stored == len(packed(PROSE)) < len(PROSE) / 2
