"""What every measured system shares: payload, step counter, the class to fill in, probes.

This module is imported by the cold-start programs too, so it imports next to nothing: a heavy
import here would be charged to every system.
"""

import gc
import os
import sys
from pathlib import Path
from time import perf_counter

PAYLOAD = "x" * 200
"""What every step returns: 200 bytes."""

ANSWER = "approved"
"""What the person answers in the `parked` workload."""

Values = dict[str, float]
"""One sample: metric key -> value in the unit the workload table names."""


class WrongResult(Exception):
    """A system gave another result, or did another amount of work, than the workload asks for."""


class Tally:
    """Counts the step bodies that really ran, so that a shortcut cannot pass for speed."""

    def __init__(self) -> None:
        self.calls = 0

    async def step(self, value: object = None) -> str:
        """The no-op step: counts itself and returns the 200-byte payload."""
        self.calls += 1
        return PAYLOAD


tally = Tally()


class System:
    """One measured system. A subclass names itself and adds one `async def` per workload it can do.

    A workload method takes the size (steps, branches, runs or turns) and returns its `Values`. It
    does its own timing, so that only the work is on the clock, and calls `expect` before it
    returns. A workload without a method is shown as "–".

    `loop` is "auto" (uvloop where it is installed), "asyncio" or "uvloop".
    """

    name = ""
    kind = ""  # "floor" | "memory" | "durable"
    loop = "auto"
    packages: tuple[str, ...] = ()  # distributions whose versions go into the JSON file

    def __init__(self, room: Path) -> None:
        self.room = room
        """A directory of this process alone, in the file system that is measured."""

    @classmethod
    def available(cls) -> str | None:
        """None if the system can run here, else the reason. A missing import is caught earlier."""
        return None

    async def start(self) -> None:
        """Open databases and engines; not timed."""

    async def stop(self) -> None:
        """Close what `start` opened; not timed."""

    def cold_argv(self) -> list[str]:
        """The program that the `cold` workload starts: imports, builds and runs one diamond."""
        file = sys.modules[type(self).__module__].__file__
        assert file is not None, "a system lives in a file"
        return [sys.executable, file, self.kind, str(self.room)]

    async def cold(self, size: int) -> Values:
        """Wall time of a whole process, from its start to its exit (ms)."""
        elapsed_s, out = run_process(self.cold_argv())
        if PAYLOAD not in out:
            raise WrongResult(f"the cold program printed {out[:80]!r}")
        return {"cold_ms": elapsed_s * 1e3}


def expect(result: object, wanted: object, calls: int | None = None) -> None:
    """Raises WrongResult if the result or the number of step bodies run since `begin` is wrong."""
    if result != wanted:
        raise WrongResult(f"wanted {str(wanted)[:60]!r}, got {str(result)[:60]!r}")
    if calls is not None and tally.calls != calls:
        raise WrongResult(f"wanted {calls} steps to run, {tally.calls} did")


def begin() -> float:
    """Zero the step counter, collect garbage, and start the clock (seconds)."""
    tally.calls = 0
    gc.collect()
    return perf_counter()


def run_process(argv: list[str]) -> tuple[float, str]:
    """Run a process to its end: wall seconds, stdout. Raises WrongResult unless it exits 0."""
    import subprocess

    # What is installed has its byte code; the first run writes ours, which is a warm-up.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = perf_counter()
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False, env=env)
    elapsed_s = perf_counter() - started
    if done.returncode != 0:
        raise WrongResult(f"{argv[1:3]} exited {done.returncode}: {done.stderr.strip()[-200:]}")
    return elapsed_s, done.stdout


def rss_bytes() -> int:
    """Resident memory of this process after a full collection."""
    gc.collect()
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return int(run_process(["ps", "-o", "rss=", "-p", str(os.getpid())])[1]) * 1024


class Footprint:
    """What parked runs cost: memory of this process and, with a room, bytes on the disk."""

    def __init__(self, room: Path | None = None) -> None:
        self.room = room
        self.rss, self.disk = rss_bytes(), disk_bytes(room) if room else 0

    def per_run(self, size: int) -> Values:
        """What came since this was made, per run (KB = 1024 bytes)."""
        values = {"rss_kb": (rss_bytes() - self.rss) / size / 1024}
        if self.room:
            values["disk_kb"] = (disk_bytes(self.room) - self.disk) / size / 1024
        return values


def disk_bytes(room: Path) -> int:
    """Bytes of all files below `room`, write-ahead logs folded in first.

    The checkpoint runs in a process of its own: two SQLite libraries on one file in one process
    would drop each other's POSIX locks.
    """
    fold = (
        "import sqlite3, sys\n"
        "for name in sys.argv[1:]:\n"
        "    sqlite3.connect(name, timeout=5).execute('PRAGMA wal_checkpoint(TRUNCATE)')\n"
    )
    logs = sorted(room.rglob("*-wal"))
    if logs:
        run_process([sys.executable, "-c", fold, *(str(log)[: -len("-wal")] for log in logs)])
    return sum(file.stat().st_size for file in room.rglob("*") if file.is_file())
