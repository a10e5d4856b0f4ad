import asyncio
import json
import sys
from pathlib import Path

import pytest

from batuta.testing.ledger import Ledger
from batuta.testing.ledger.book import Book, BookError


async def write(path: Path, *keys: str) -> None:
    book = Book(path)
    for key in keys:
        book.append("effect", key, {"name": "mail", "body": None})
    await book.settle()
    await book.close()


async def opened(path: Path) -> list[object]:
    book = Book(path)
    keys: list[object] = [entry["key"] for entry in book.entries]
    await book.close()
    return keys


async def test_a_book_knows_after_opening_what_it_knew_before(tmp_path: Path) -> None:
    book = Book(tmp_path / "book")
    book.open_account("A", "Ada", 10)
    book.append("payment", "k", {"account": "A", "amount_cents": 7, "reference": "r"})
    book.append("payment", "k", {"account": "A", "amount_cents": 7, "reference": "r"})
    await book.close()
    again = Book(tmp_path / "book")
    assert again.entries == book.entries
    assert (again.counts(), again.balance_cents("A")) == ({"k": 2}, 24)
    again.open_account("A", "Ada", 10)
    again.append("reversal", "u", {"account": "A", "amount_cents": 7, "reverses": 1})
    assert (again.entries[-1]["n"], again.balance_cents("A")) == (3, 17)
    await again.close()
    kinds = [json.loads(line)["kind"] for line in (tmp_path / "book").read_text().splitlines()]
    assert kinds == ["account", "payment", "payment", "reversal"]


async def test_a_torn_last_line_is_cut_off_and_its_number_given_again(tmp_path: Path) -> None:
    path = tmp_path / "book"
    await write(path, "a", "b")
    path.write_bytes(path.read_bytes()[:-1])
    assert await opened(path) == ["a"]
    await write(path, "c")
    assert await opened(path) == ["a", "c"]


async def test_what_settled_is_in_the_file_under_many_writers(tmp_path: Path) -> None:
    book = Book(tmp_path / "book")

    async def write_some(writer: int) -> None:
        for index in range(20):
            entry = book.append("effect", f"{writer}-{index}", {"name": "n", "body": 1})
            await book.settle()
            assert len(book.path.read_bytes().splitlines()) >= entry["n"]

    await asyncio.gather(*(write_some(writer) for writer in range(10)))
    await book.close()
    assert sorted(book.counts()) == sorted(str(key) for key in await opened(book.path))
    assert [entry["n"] for entry in book.entries] == list(range(1, 201))


async def test_giving_up_waiting_takes_nobody_elses_wait_away(tmp_path: Path) -> None:
    book = Book(tmp_path / "book")
    book.append("effect", "k", {"name": "n", "body": 1})
    impatient, patient = asyncio.create_task(book.settle()), asyncio.create_task(book.settle())
    await asyncio.sleep(0)
    impatient.cancel()
    await patient
    assert (impatient.cancelled(), len(book.path.read_bytes().splitlines())) == (True, 1)
    await book.close()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ('{"kind": "effect", "n": 5, "key": null}', "n is 5, expected 2"),
        ('{"kind": "effect", "n": 2}', "no valid 'key'"),
        ('{"n": 2}', "no valid 'kind'"),
        ('{"kind": "payment", "n": 2, "account": [], "key": "k"}', "no valid"),
    ],
)
async def test_a_damaged_line_is_refused_with_its_place(
    tmp_path: Path, line: str, why: str
) -> None:
    path = tmp_path / "book"
    await write(path, "a")
    with path.open("a") as file:
        file.write(line + "\n")
    before = path.read_bytes()
    with pytest.raises(BookError, match=f"line 2: .*{why}"):
        Book(path)
    assert path.read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="no whole-file locks there")
async def test_a_book_in_use_is_refused(tmp_path: Path) -> None:
    book = Book(tmp_path / "book")
    with pytest.raises(BookError, match="in use by another ledger"):
        Book(tmp_path / "book")
    await book.close()
    assert await opened(tmp_path / "book") == []


@pytest.mark.parametrize("path", ["/dev/full", "/dev/null", "/", "/no/such/folder/book"])
def test_a_path_that_is_no_file_is_refused(path: str) -> None:
    if not path.startswith("/no") and not Path(path).exists():
        pytest.skip(f"no {path} here")
    with pytest.raises(BookError, match="; give a "):
        Book(Path(path))


@pytest.mark.skipif(sys.platform != "linux", reason="limits another process' files")
def test_a_full_disk_is_told_and_after_a_restart_only_what_was_answered_counts() -> None:
    import resource

    with Ledger() as ledger:
        assert ledger.request("POST", "/effects/mail", key="fits")[0] == 201
        room_bytes = ledger.path.stat().st_size + 10
        resource.prlimit(ledger.pid, resource.RLIMIT_FSIZE, (room_bytes, room_bytes))
        status, answer = ledger.request("POST", "/effects/mail", key="does not fit")
        assert (status, "cannot be written" in answer["error"]) == (503, True)
        assert ledger.request("POST", "/effects/mail", key="nor this")[0] == 503
        assert ledger.request("GET", "/book")[0] == 503
        assert ledger.counts() == {"fits": 1}
        ledger.restart()
        assert ledger.request("GET", "/counts") == (200, {"fits": 1})
        assert ledger.request("POST", "/effects/mail", key="fits now")[0] == 201
