"""The floor: the same work on a bare event loop, and with the fewest SQLite commits that keep it.

No engine can be faster than these; the ratio to them is what an engine costs.
"""

import asyncio
import sqlite3
import sys
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

from engine_harness import (
    ANSWER,
    PAYLOAD,
    Footprint,
    System,
    Values,
    begin,
    expect,
    tally,
)


async def diamond() -> str:
    """a -> (b, c, d) -> e."""
    first = await tally.step()
    middle = await asyncio.gather(*(tally.step(first) for _ in range(3)))
    return await tally.step(middle)


class Asyncio(System):
    """Bare asyncio: one task per step, results passed on in memory."""

    name = "bare asyncio"
    kind = "floor"
    loop = "asyncio"

    async def chain(self, size: int) -> Values:
        started = begin()
        value = ""
        for _ in range(size):
            value = await asyncio.create_task(tally.step(value))
        elapsed_s = perf_counter() - started
        expect(value, PAYLOAD, size)
        return {"step_us": elapsed_s / size * 1e6}

    async def fanout(self, size: int) -> Values:
        started = begin()
        source = await tally.step()
        parts = await asyncio.gather(*(tally.step(source) for _ in range(size)))
        result = await tally.step(parts)
        elapsed_s = perf_counter() - started
        expect((result, len(parts)), (PAYLOAD, size), size + 2)
        return {"total_ms": elapsed_s * 1e3}

    async def diamonds(self, size: int) -> Values:
        started = begin()
        results = await asyncio.gather(*(diamond() for _ in range(size)))
        elapsed_s = perf_counter() - started
        expect(results, [PAYLOAD] * size, size * 5)
        return {"total_s": elapsed_s}

    async def parked(self, size: int) -> Values:
        async def run(answer: asyncio.Future[str]) -> str:
            draft = await tally.step()
            return await tally.step((draft, await answer))

        loop = asyncio.get_running_loop()
        footprint = Footprint()
        answers = [loop.create_future() for _ in range(size)]
        runs = [asyncio.create_task(run(answer)) for answer in answers]
        await asyncio.sleep(0)
        cost = footprint.per_run(size)
        started = begin()
        for answer in answers:
            answer.set_result(ANSWER)
        results = await asyncio.gather(*runs)
        elapsed_s = perf_counter() - started
        expect(results, [PAYLOAD] * size, size)
        return {**cost, "resume_s": elapsed_s}


class Uvloop(Asyncio):
    """The same on uvloop."""

    name = "bare uvloop"
    loop = "uvloop"
    packages = ("uvloop",)

    @classmethod
    def available(cls) -> str | None:
        return None if find_spec("uvloop") else "uvloop is not installed"

    def cold_argv(self) -> list[str]:
        return [*super().cold_argv(), "uvloop"]


class Sqlite(System):
    """One row per step and per question in SQLite (WAL, synchronous=FULL), the fewest commits.

    Read steps and the runs that are started together share one commit; a write step needs two.
    The statements run on the loop's thread: nothing waits but the disk.
    """

    name = "bare loop + SQLite rows"
    kind = "floor"

    async def start(self) -> None:
        self.db = open_rows(self.room)
        self.runs = 1  # number of the next run; 0 is shared by the workloads that read nothing

    async def stop(self) -> None:
        self.db.close()

    def add(self, run: int, step: int, body: str = PAYLOAD) -> None:
        self.db.execute("INSERT INTO fact (run, step, body) VALUES (?, ?, ?)", (run, step, body))

    async def chain(self, size: int) -> Values:
        started = begin()
        self.db.execute("BEGIN IMMEDIATE")
        value = ""
        for step in range(size):
            value = await asyncio.create_task(tally.step(value))
            self.add(0, step, value)
        self.db.execute("COMMIT")
        elapsed_s = perf_counter() - started
        expect(value, PAYLOAD, size)
        return {"step_us": elapsed_s / size * 1e6}

    async def writes(self, size: int) -> Values:
        started = begin()
        value = ""
        for step in range(size):
            self.add(0, step, "intent")  # autocommit: durable before the effect
            value = await asyncio.create_task(tally.step(value))
            self.add(0, step, value)
        elapsed_s = perf_counter() - started
        expect(value, PAYLOAD, size)
        return {"step_us": elapsed_s / size * 1e6}

    async def fanout(self, size: int) -> Values:
        started = begin()
        self.db.execute("BEGIN IMMEDIATE")
        self.add(0, 0, await tally.step())
        parts = await asyncio.gather(*(tally.step() for _ in range(size)))
        for step, part in enumerate(parts):
            self.add(0, step, part)
        result = await tally.step(parts)
        self.add(0, size, result)
        self.db.execute("COMMIT")
        elapsed_s = perf_counter() - started
        expect((result, len(parts)), (PAYLOAD, size), size + 2)
        return {"total_ms": elapsed_s * 1e3}

    async def diamonds(self, size: int) -> Values:
        started = begin()
        self.db.execute("BEGIN IMMEDIATE")
        results = await asyncio.gather(*(diamond() for _ in range(size)))
        for run in range(size):
            for step in range(5):
                self.add(run, step)
        self.db.execute("COMMIT")
        elapsed_s = perf_counter() - started
        expect(results, [PAYLOAD] * size, size * 5)
        return {"total_s": elapsed_s}

    async def parked(self, size: int) -> Values:
        first = self.runs
        self.runs += size
        footprint = Footprint(self.room)
        self.db.execute("BEGIN IMMEDIATE")
        for run in range(first, self.runs):
            self.add(run, 0, await tally.step())
            self.add(run, 1, "waiting")
        self.db.execute("COMMIT")
        cost = footprint.per_run(size)
        started = begin()
        self.db.execute("BEGIN IMMEDIATE")
        results: list[str] = []
        for run in range(first, self.runs):
            drafts = self.db.execute("SELECT body FROM fact WHERE run = ? AND step = 0", (run,))
            results.append(await tally.step(drafts.fetchone()))
            self.add(run, 2, results[-1])
        self.db.execute("COMMIT")
        elapsed_s = perf_counter() - started
        expect(results, [PAYLOAD] * size, size)
        return {**cost, "resume_s": elapsed_s}

    def cold_argv(self) -> list[str]:
        return [*super().cold_argv(), "sqlite"]


def open_rows(room: Path) -> sqlite3.Connection:
    """The database of facts: WAL, every commit on the disk before it returns."""
    db = sqlite3.connect(room / "floor.db", isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute(
        "CREATE TABLE IF NOT EXISTS fact"
        " (id INTEGER PRIMARY KEY, run INTEGER, step INTEGER, body TEXT)"
    )
    db.execute("CREATE INDEX IF NOT EXISTS by_run ON fact (run, step)")
    return db


async def cold(room: Path, with_rows: bool) -> str:
    result = await diamond()
    if with_rows:
        db = open_rows(room)
        db.execute("BEGIN IMMEDIATE")
        for step in range(5):
            db.execute("INSERT INTO fact (run, step, body) VALUES (0, ?, ?)", (step, result))
        db.execute("COMMIT")
        db.close()
    return result


def main() -> None:
    _, room, *variant = sys.argv[1:]
    if "uvloop" in variant:
        import uvloop

        print(uvloop.run(cold(Path(room), with_rows=False)))
    else:
        print(asyncio.run(cold(Path(room), "sqlite" in variant)))


if __name__ == "__main__":
    main()
