"""Several real processes on one file: they compete, die, and notice each other."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from batuta.journal.file.check import check_journal
from batuta.journal.file.connection import connect
from batuta.journal.file.owners import is_alive, living, owners_dir
from batuta.journal.sqlite import open_sqlite
from batuta.spec.facts import Claimed, Skipped

PROGRAM = Path(__file__).with_name("process.py")
PATIENCE_S = 90.0

Spawn = Callable[[Path, str], Awaitable[asyncio.subprocess.Process]]


@pytest.fixture
async def spawn() -> AsyncIterator[Spawn]:
    started: list[asyncio.subprocess.Process] = []

    async def spawn(path: Path, command: str) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(PROGRAM), str(path), command,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        started.append(process)
        return process

    yield spawn
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def _line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), PATIENCE_S)).decode().strip()


def _tell(process: asyncio.subprocess.Process) -> None:
    assert process.stdin is not None
    process.stdin.write(b"go\n")


async def test_a_killed_owner_lets_go_and_a_living_one_does_not(
    tmp_path: Path, spawn: Spawn
) -> None:
    path = tmp_path / "journal"
    driver = await spawn(path, "drive")
    owner = await _line(driver)
    journal = open_sqlite(path)
    assert await journal.claim("run") is False
    assert [row.owner for row in await journal.runs()] == [owner]
    assert await journal.runs(due_at=99.0) == []
    driver.kill()
    await driver.wait()
    assert [row.owner for row in await journal.runs(due_at=0.0)] == [""]
    assert await journal.claim("run") is True
    assert not (owners_dir(path) / owner).exists()
    claimed = Claimed(at=2.0, owner=journal.owner, term=2)
    await journal.commit(journal.append("run", [claimed], after=2))
    await journal.close()


async def test_a_fact_from_another_process_is_noticed(tmp_path: Path, spawn: Spawn) -> None:
    path = tmp_path / "journal"
    journal = open_sqlite(path)
    await journal.commit(
        journal.append("run", [Skipped(at=1.0, path="a", term=1, why="")], after=0)
    )
    heard = asyncio.Event()
    undo = journal.watch("run", heard.set)
    other = await spawn(path, "cancel")
    assert await journal.wait("run", after=1, timeout_s=PATIENCE_S) is True
    await asyncio.wait_for(heard.wait(), PATIENCE_S)
    assert await _line(other) == "done"
    undo()
    await journal.close()


async def test_processes_that_compete_for_a_stream_never_lose_or_double_a_fact(
    tmp_path: Path, spawn: Spawn
) -> None:
    path = tmp_path / "journal"
    await open_sqlite(path).close()
    rivals = [await spawn(path, "compete") for _ in range(2)]
    assert [await _line(rival) for rival in rivals] == ["ready", "ready"]
    for rival in rivals:
        _tell(rival)
    lost = [int(await _line(rival)) for rival in rivals]
    assert all(n >= 0 for n in lost)
    journal = open_sqlite(path)
    rows = await journal.read("run")
    by_owner: dict[str, list[str]] = {}
    for row in rows:
        assert isinstance(row.fact, Skipped)
        by_owner.setdefault(row.fact.path, []).append(row.fact.why)
    assert [row.seq for row in rows] == list(range(1, 401))
    assert list(by_owner.values()) == [[str(n) for n in range(200)]] * 2
    await journal.close()


async def test_kill_9_takes_nothing_that_was_acknowledged(tmp_path: Path, spawn: Spawn) -> None:
    path = tmp_path / "journal"
    for kill in range(5):
        process = await spawn(path, "acknowledge")
        acknowledged = 0
        for _ in range(10 + 7 * kill):
            acknowledged = int(await _line(process))
        process.kill()
        rest, _ = await process.communicate()
        complete = rest.decode().split("\n")[:-1]
        acknowledged = int(complete[-1]) if complete else acknowledged
        journal = open_sqlite(path)
        assert len(await journal.read("run")) >= acknowledged
        await journal.close()
    db = connect(path)
    check_journal(db, path)
    db.close()


@pytest.mark.parametrize("owner", ["", "../journal", "gate/..", "x" * 500, "0" * 16])
def test_who_was_never_an_owner_is_not_alive(tmp_path: Path, owner: str) -> None:
    assert not is_alive(tmp_path / "journal", owner)


async def test_a_closed_journal_leaves_no_owner_behind(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal, other = open_sqlite(path), open_sqlite(path)
    assert sorted(living(path)) == sorted([journal.owner, other.owner])
    await journal.close()
    assert living(path) == [other.owner]
    assert not is_alive(path, journal.owner)
    await other.close()
    assert [file.name for file in owners_dir(path).iterdir()] == ["gate"]
