"""Both journals obey the laws that are shipped for all journals."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from batuta.journal.memory import MemoryJournal
from batuta.journal.sqlite import SqliteJournal, open_sqlite
from batuta.ports import Journal
from batuta.testing.conformance_journal import JOURNAL_LAWS, JournalWorld, Law
from batuta.testing.journal_laws import log, runs, sharing, values


class MemoryWorld:
    def __init__(self) -> None:
        self.first = MemoryJournal()

    def open(self) -> Journal:
        return self.first.view()

    def kill(self, journal: Journal) -> None:
        assert isinstance(journal, MemoryJournal)
        journal.crash()

    async def end(self) -> None:
        return


class SqliteWorld:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.opened: list[SqliteJournal] = []

    def open(self) -> Journal:
        journal = open_sqlite(self.path)
        self.opened.append(journal)
        return journal

    def kill(self, journal: Journal) -> None:
        """What the kernel does to the lock of a process that dies; the file stays."""
        assert isinstance(journal, SqliteJournal)
        owner = journal._owner
        assert owner is not None
        os.close(owner._fd)
        owner._fd = -1

    async def end(self) -> None:
        await asyncio.gather(*(journal.close() for journal in self.opened))


@pytest.fixture(params=["memory", "sqlite"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[JournalWorld]:
    world = MemoryWorld() if request.param == "memory" else SqliteWorld(tmp_path / "journal")
    yield world
    await world.end()


@pytest.mark.parametrize("law", JOURNAL_LAWS, ids=lambda law: law.__name__)
async def test_a_journal_obeys(law: Law, world: JournalWorld) -> None:
    await law(world)


def test_every_law_is_in_the_list() -> None:
    written = {
        name
        for laws in (log, runs, sharing, values)
        for name, item in vars(laws).items()
        if asyncio.iscoroutinefunction(item) and name in laws.__all__
    }
    assert written == {law.__name__ for law in JOURNAL_LAWS}
