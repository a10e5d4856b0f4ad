"""What is particular to the journal in a file: sharing, sizes, retention in turns, the list of runs, looking only."""

# ruff: noqa: ASYNC240 (nobody else is on the loop)

import asyncio
import random
from pathlib import Path

import apsw
import msgspec
import pytest

from batuta.errors import JournalBroken, JournalError, NotFound
from batuta.journal.file.check import check_journal
from batuta.journal.file.connection import connect
from batuta.journal.sqlite import SqliteJournal, open_sqlite
from batuta.journal.values import GRACE_S
from batuta.spec.facts import (
    Accepted,
    CancelRequested,
    Claimed,
    Ended,
    Expanded,
    Fact,
    Finished,
    Parked,
    Skipped,
    Started,
    Waited,
)  # fmt: skip
from batuta.spec.request import Request
from batuta.spec.value import Value, digest, encode

T0 = 1_763_800_000.123456


class _Clock:
    def __init__(self, now: float = T0) -> None:
        self.time = now

    def now(self) -> float:
        return self.time


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def _accepted(run: str) -> Fact:
    return Accepted(at=T0, run=run, request=Request(plan="plan"), salt="00")


def _skipped(n: int) -> Fact:
    return Skipped(at=T0, path=f"s{n}", term=1, why="")


def _stored(journal: SqliteJournal, data: object) -> Value:
    body = encode(data)
    return Value(ref=journal.put(body), size=len(body), mark=digest(body)[:24])


def _parked_run(journal: SqliteJournal, run: str) -> list[Fact]:
    """The facts of a run that waits for a person, as the engine writes them, with a plan of 3 KB."""
    plan = _stored(
        journal, {"name": "refund", "steps": {f"step{n}": {"use": "x" * 80} for n in range(30)}}
    )
    cards = _stored(journal, {f"capability{n}": "c" * 60 for n in range(20)})
    question = {
        "text": f"Refund 129.90 to customer {run}?",
        "show": {"order": "o-1", "amount": 129.9},
    }
    mark = "0123456789abcdef01234567"
    return [
        Accepted(
            at=T0, run=run, salt="5a" * 16,
            request=Request(plan="refunds", inputs=Value(data=msgspec.Raw(b'{"order":"o-1"}'), mark=mark)),
        ),
        Claimed(at=T0, owner=journal.owner, term=1),
        Expanded(
            at=T0, path="", attempt=1, term=1, plan=plan, plan_digest="d" * 32, cards=cards,
            inputs=Value(data=msgspec.Raw(b'{"order":"o-1","amount":129.9}'), mark=mark),
        ),
        Started(
            at=T0, path="approve", attempt=1, term=1, capability="approve", effect="read", key="k" * 32,
            args_digest="a" * 32, deadline=T0 + 300,
        ),
        Waited(
            at=T0, path="approve", attempt=1, term=1, kind="answer",
            question=Value(data=msgspec.Raw(encode(question)), mark=mark), digest="d" * 32,
        ),
        Parked(at=T0, term=1, waiting=("approve",)),
    ]  # fmt: skip


async def test_a_parked_run_takes_at_most_two_and_a_half_kilobytes(path: Path) -> None:
    journal = open_sqlite(path)
    runs = 2_000
    for n in range(runs):
        run = f"{n:06d}-0123456789abcdefghij"
        for start, facts in enumerate(_parked_run(journal, run)):
            journal.append(run, [facts], after=start)
    await journal.flush()
    assert len(await journal.runs(status="waiting", limit=runs + 1)) == runs
    await journal.close()
    assert path.stat().st_size / runs <= 2_500


async def test_a_long_stream_is_read_whole_and_lets_others_run(path: Path) -> None:
    journal = open_sqlite(path)
    await journal.commit(journal.append("run", [_skipped(n) for n in range(10_000)], after=0))
    ran: list[int] = []

    async def other() -> None:
        for n in range(3):
            ran.append(n)
            await asyncio.sleep(0)

    rows, _ = await asyncio.gather(journal.read("run"), other())
    assert ([row.seq for row in rows], ran) == (list(range(1, 10_001)), [0, 1, 2])
    assert len(await journal.read("run", after=9_990)) == 10
    await journal.close()


async def test_what_nobody_waits_for_reaches_the_disk_by_itself(path: Path) -> None:
    journal, other = open_sqlite(path), open_sqlite(path, read_only=True)
    journal.append("run", [_skipped(0)], after=0)
    assert await other.wait("run", after=0, timeout_s=10.0) is True
    await other.close()
    await journal.close()


async def test_looking_only_sees_everything_and_changes_nothing(path: Path) -> None:
    journal = open_sqlite(path)
    value = _stored(journal, "v" * 2_000)
    done = Finished(at=T0, path="a", attempt=1, value=value)
    claimed = Claimed(at=T0, owner=journal.owner, term=1)
    await journal.commit(journal.append("run", [_accepted("run"), claimed, done], after=0))
    look = open_sqlite(path, read_only=True)
    assert [row.fact for row in await look.read("run")][2] == done
    assert await look.get(value.ref) == encode("v" * 2_000)
    assert [row.owner for row in await look.runs()] == [journal.owner]
    assert look.owner == ""
    heard = asyncio.Event()
    undo = look.watch("run", heard.set)
    await journal.commit(journal.append("run", [CancelRequested(at=T0)], after=None))
    await asyncio.wait_for(heard.wait(), 60.0)
    undo()
    for forbidden in (
        lambda: look.append("run", [_skipped(1)], after=4),
        lambda: look.put(b"1"),
    ):
        with pytest.raises(JournalError, match="look only"):
            forbidden()
    with pytest.raises(JournalError, match="look only"):
        await look.claim("run")
    with pytest.raises(JournalError, match="look only"):
        await look.gc(older_than=0.0, now=0.0)
    await look.close()
    await journal.close()


async def test_the_list_of_runs_that_is_kept_is_the_one_that_the_log_makes(path: Path) -> None:
    journal = open_sqlite(path)
    for n in range(30):
        facts: list[Fact] = [
            _accepted(f"run{n}"),
            Claimed(at=T0 + 0.1, owner=journal.owner, term=1),
            Parked(at=T0 + 0.2, term=1, waiting=("a",), wake_at=T0 + 60.7),
            CancelRequested(at=T0 + 0.3),
            Claimed(at=T0 + 0.4, owner=journal.owner, term=2),
            Ended(at=T0 + 0.5, term=2, status="cancelled"),
        ]
        keep = n % 7
        for seq, fact in enumerate(facts[:keep]):
            journal.append(f"run{n}", [fact], after=seq)
            if not n % 5:
                await journal.flush()
    await journal.flush()
    db = connect(path)
    assert check_journal(db, path) == sum(n % 7 for n in range(30))
    db.execute("UPDATE runs SET status = 'succeeded' WHERE stream = 3")
    with pytest.raises(JournalBroken, match="list of runs"):
        check_journal(db, path)
    db.close()
    await journal.close()


async def test_retention_works_in_turns_between_drivers_and_frees_the_disk(path: Path) -> None:
    clock = _Clock()
    journal = open_sqlite(path, clock=clock)
    for n in range(150):
        done = Finished(at=T0, path="a", attempt=1, value=_stored(journal, [_odd(n), n]))
        ended = Ended(at=T0 + n, term=1, status="succeeded")
        journal.append(f"run{n}", [_accepted(f"run{n}"), done, ended], after=0)
    await journal.flush()
    db = connect(path)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    before = path.stat().st_size
    clock.time = T0 + 2 * GRACE_S
    driver = open_sqlite(path)

    async def drive() -> None:
        for n in range(100):
            await driver.commit(driver.append("live", [_skipped(n)], after=n))

    gc, _ = await asyncio.gather(journal.gc(older_than=T0 + 120, now=clock.time), drive())
    assert (gc["runs"], gc["values"]) == (120, 120)
    assert gc["bytes"] > 120 * 6_000
    assert [row.status for row in await journal.runs()] == ["succeeded"] * 150
    assert len(await journal.read("live")) == 100
    kept, gone = (await journal.read("run149"))[1].fact, (await journal.read("run1"))[1].fact
    assert isinstance(kept, Finished)
    assert isinstance(gone, Finished)
    assert await journal.get(kept.value.ref) == encode([_odd(149), 149])
    assert gone.value == Value(mark=gone.value.mark)
    with pytest.raises(NotFound):
        await journal.get(gone.value.ref)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    check_journal(db, path)
    db.close()
    assert path.stat().st_size < before / 2
    await driver.close()
    await journal.close()


def _odd(number: int) -> str:
    """A text that takes some 7,000 bytes in the file, however it is packed."""
    return random.Random(number).randbytes(6_000).hex()


async def test_a_value_stored_again_is_young_again(path: Path) -> None:
    clock = _Clock()
    journal = open_sqlite(path, clock=clock)
    ref = journal.put(encode("x" * 2_000))
    await journal.commit(journal.append("run", [_skipped(0)], after=0))
    clock.time = T0 + 3 * GRACE_S
    assert journal.put(encode("x" * 2_000)) == ref
    await journal.gc(older_than=0.0, now=clock.time + GRACE_S / 2)
    done = Finished(at=T0, path="a", attempt=1, value=Value(ref=ref, size=1))
    await journal.commit(journal.append("run", [done], after=1))
    assert (await journal.gc(older_than=0.0, now=clock.time + 9 * GRACE_S))["values"] == 0
    await journal.close()


async def test_a_value_that_was_changed_on_disk_is_refused(path: Path) -> None:
    journal = open_sqlite(path)
    ref = journal.put(encode({"amount": 100}))
    await journal.commit(journal.append("run", [_skipped(0)], after=0))
    db = connect(path)
    db.execute("UPDATE vals SET body = CAST(? AS BLOB)", ('{"amount":900}',))
    db.close()
    with pytest.raises(JournalBroken, match="does not fit its name"):
        await journal.get(ref)
    await journal.close()


async def test_a_fact_that_was_changed_on_disk_is_refused(path: Path) -> None:
    journal = open_sqlite(path)
    await journal.commit(journal.append("run", [_skipped(0), _skipped(1)], after=0))
    db = connect(path)
    for statement in (
        "UPDATE facts SET body = replace(body, 's1', 's7')",
        "UPDATE facts SET body = replace(body, 's7', 's1'), seq = 3 - seq",
        "DELETE FROM facts WHERE seq = 2",
    ):
        try:
            db.execute(statement)
        except apsw.ConstraintError:
            db.execute("UPDATE facts SET seq = seq + 10; UPDATE facts SET seq = 13 - seq")
        with pytest.raises(JournalBroken):
            await journal.read("run")
    db.close()
    with pytest.raises(JournalBroken, match="missing"):
        await journal.commit(journal.append("run", [_skipped(2)], after=2))
    await journal.close()


async def test_one_journal_serves_several_event_loops(path: Path) -> None:
    journal = open_sqlite(path)

    async def drive(stream: str) -> int:
        for n in range(50):
            await journal.commit(journal.append(stream, [_skipped(n)], after=n))
        return len(await journal.read(stream))

    def in_thread(stream: str) -> int:
        return asyncio.run(drive(stream))

    counts = await asyncio.gather(
        drive("a"), asyncio.to_thread(in_thread, "b"), asyncio.to_thread(in_thread, "c")
    )
    assert counts == [50, 50, 50]
    await journal.close()


async def test_a_loop_that_ended_while_it_waited_disturbs_nobody(path: Path) -> None:
    journal = open_sqlite(path)

    async def leave() -> None:
        journal.watch("run", lambda: None)
        waiting = asyncio.ensure_future(journal.wait("run", after=9, timeout_s=60.0))
        commit = asyncio.ensure_future(
            journal.commit(journal.append("run", [_skipped(0)], after=0))
        )
        await asyncio.sleep(0)
        del waiting, commit

    await asyncio.to_thread(asyncio.run, leave())
    await journal.commit(journal.append("run", [_skipped(1)], after=1))
    await journal.commit(journal.append("run", [CancelRequested(at=T0)], after=None))
    assert len(await journal.read("run")) == 3
    await journal.close()


async def test_an_owner_that_is_locked_out_of_the_file_says_so_and_goes_on_later(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("batuta.journal.file.connection._BUSY_TIMEOUT_MS", 50)
    journal = open_sqlite(path)
    await journal.commit(journal.append("run", [_skipped(0)], after=0))
    rude = connect(path)
    rude.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalError, match="locked by another process"):
        await journal.commit(journal.append("run", [_skipped(1)], after=1))
    assert len(await journal.read("run")) == 1
    rude.execute("ROLLBACK")
    rude.close()
    await journal.commit(journal.append("run", [_skipped(1)], after=1))
    await journal.close()
