"""DBOS Transact with a SQLite system database. It has no in-memory form.

Workflows and steps are async functions; every step's result is recorded before the next one runs.
The database file is put into WAL mode, which DBOS does not do by itself: it is the faster setting
that still waits for the disk.
"""

# pyright: basic, reportMissingImports=false
import asyncio
import sqlite3
import sys
from contextlib import closing
from itertools import count
from pathlib import Path
from time import perf_counter

from dbos import DBOS, DBOSConfig, SetWorkflowID

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

ANSWER_TIMEOUT_S = 3600.0


@DBOS.step()
async def step(value: object = None) -> str:
    return await tally.step(value)


@DBOS.workflow()
async def chain(size: int) -> str:
    value = ""
    for _ in range(size):
        value = await step(value)
    return value


@DBOS.workflow()
async def fan(size: int) -> str:
    first = await step()
    parts = await asyncio.gather(*(step(first) for _ in range(size)))
    return await step(parts)


@DBOS.workflow()
async def ask() -> str:
    draft = await step()
    answer = await DBOS.recv_async("answer", timeout_seconds=ANSWER_TIMEOUT_S)
    return f"{answer} {await step((draft, answer))}"


class Durable(System):
    """DBOS with SQLite."""

    name = "DBOS"
    kind = "durable"
    packages = ("dbos", "SQLAlchemy")

    async def start(self) -> None:
        self.ids = count()
        self.path = self.room / "dbos.db"
        launch(self.path)

    async def stop(self) -> None:
        DBOS.destroy(workflow_completion_timeout_sec=0)

    async def chain(self, size: int) -> Values:
        started = begin()
        value = await chain(size)
        elapsed_s = perf_counter() - started
        expect(value, PAYLOAD, size)
        return {"step_us": elapsed_s / size * 1e6}

    async def fanout(self, size: int) -> Values:
        started = begin()
        result = await fan(size)
        elapsed_s = perf_counter() - started
        expect(result, PAYLOAD, size + 2)
        return {"total_ms": elapsed_s * 1e3}

    async def diamonds(self, size: int) -> Values:
        started = begin()
        results = await asyncio.gather(*(fan(3) for _ in range(size)))
        elapsed_s = perf_counter() - started
        expect(results, [PAYLOAD] * size, size * 5)
        return {"total_s": elapsed_s}

    async def parked(self, size: int) -> Values:
        footprint = Footprint(self.room)
        waiting = self.count_waiting() + size
        handles = []
        for _ in range(size):
            with SetWorkflowID(f"ask-{next(self.ids)}"):
                handles.append(await DBOS.start_workflow_async(ask))
        while self.count_waiting() < waiting:
            await asyncio.sleep(0.05)
        cost = footprint.per_run(size)
        started = begin()
        await asyncio.gather(
            *(DBOS.send_async(each.get_workflow_id(), ANSWER, "answer") for each in handles)
        )
        results = await asyncio.gather(*(each.get_result() for each in handles))
        elapsed_s = perf_counter() - started
        expect(results, [f"{ANSWER} {PAYLOAD}"] * size, size)
        return {**cost, "resume_s": elapsed_s}

    def count_waiting(self) -> int:
        """Workflows that have ever begun to wait: their time-out is recorded first."""
        query = "SELECT count(*) FROM operation_outputs WHERE function_name = 'DBOS.sleep'"
        with closing(sqlite3.connect(self.path)) as db:
            return db.execute(query).fetchone()[0]


def launch(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
    config: DBOSConfig = {
        "name": "bench",
        "system_database_url": f"sqlite:///{path}",
        "log_level": "ERROR",
    }
    DBOS(config=config)
    DBOS.launch()


async def cold(room: Path) -> str:
    launch(room / "cold.db")
    result = await fan(3)
    DBOS.destroy(workflow_completion_timeout_sec=0)
    return result


if __name__ == "__main__":
    print(asyncio.run(cold(Path(sys.argv[2]))))
