"""One process per system, and the interleaved rounds of a workload over them."""

import contextlib
import json
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import IO, Any

from engine_harness import Values
from engine_report import Measured
from engine_rivals import Entry
from engine_workloads import Workload

__all__ = ["Pool", "Settings", "run_workload"]

HERE = Path(__file__).parent
CALL_MAX_S = 150.0  # one call to a system; then its process is ended and the workload failed
SPENT_MAX_S = 7.0  # per system and workload: a slow system is measured in fewer rounds
SPENT_MAX_QUICK_S = 0.8
STOP_MAX_S = 5.0


@dataclass(frozen=True)
class Settings:
    """What the command line asked for."""

    workloads: tuple[Workload, ...]
    systems: tuple[Entry, ...]
    quick: bool
    loop: str
    rivals_python: str


class Worker:
    """The process that one system is measured in."""

    def __init__(self, entry: Entry, settings: Settings, room: Path) -> None:
        python = settings.rivals_python if entry.group == "rival" else sys.executable
        room.mkdir()
        self.errors = room.parent / f"{room.name}.err"
        with self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [python, HERE / "engine_worker.py", entry.module, entry.cls, room, settings.loop],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self.room = room
        self.warmed: set[str] = set()
        self.overdue = False

    @cached_property
    def hello(self) -> dict[str, Any]:
        """What it said first, once it had started: loop and versions, or why it cannot run."""
        return self._read()

    def call(self, method: str, size: int, repeats: int = 1) -> dict[str, Any]:
        """Run one method of the system; the answer of the worker, or an error."""
        command = {"call": method, "size": size, "repeats": repeats}
        try:
            self._pipe(self.process.stdin).write(json.dumps(command) + "\n")
            self._pipe(self.process.stdin).flush()
        except BrokenPipeError:
            return {"error": self._last_words()}
        return self._read()

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def stop(self) -> None:
        """Ask it to end, then make it; its files go too."""
        with contextlib.suppress(BrokenPipeError):
            self._pipe(self.process.stdin).close()
        try:
            self.process.wait(STOP_MAX_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.room, ignore_errors=True)

    def _read(self) -> dict[str, Any]:
        timer = threading.Timer(CALL_MAX_S, self._give_up)
        timer.start()
        try:
            line = self._pipe(self.process.stdout).readline()
        finally:
            timer.cancel()
        if line:
            return json.loads(line)
        self.process.wait()
        return {"error": self._last_words()}

    def _last_words(self) -> str:
        if self.overdue:
            return f"no answer within {CALL_MAX_S:.0f} s"
        lines = self.errors.read_text(errors="replace").strip().splitlines()
        return f"process ended with {self.process.wait()}: {lines[-1] if lines else 'no message'}"

    def _give_up(self) -> None:
        self.overdue = True
        self.process.kill()

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        assert pipe is not None, "stdin and stdout are pipes"
        return pipe


class Pool:
    """One worker per system, kept between workloads, replaced when fresh memory is needed."""

    def __init__(self, settings: Settings, scratch: Path) -> None:
        self.settings = settings
        self.scratch = scratch
        self.workers: dict[Entry, Worker] = {}
        self.hellos: dict[Entry, dict[str, Any]] = {}
        self.started = 0

    def start(self, entry: Entry) -> Worker:
        self.started += 1
        return Worker(entry, self.settings, self.scratch / f"room-{self.started}")

    def start_all(self) -> list[Entry]:
        """Start every system once; those that can run here."""
        started = {entry: self.start(entry) for entry in self.settings.systems}
        for entry, worker in started.items():
            self.hellos[entry] = worker.hello
            if {"unavailable", "error"} & worker.hello.keys():
                worker.stop()
            else:
                self.workers[entry] = worker
        return list(self.workers)

    def measure(self, entry: Entry, workload: Workload) -> dict[str, Any]:
        """One round of one system; absent, error or values."""
        quick = self.settings.quick
        if (workload.fresh and not quick) or not self.workers[entry].alive:
            self.workers[entry].stop()
            self.workers[entry] = self.start(entry)
        worker = self.workers[entry]
        if "error" in worker.hello:
            return worker.hello
        warms = workload.warm_size > 0 and (workload.quick_warm or not quick)
        if warms and workload.name not in worker.warmed:
            worker.warmed.add(workload.name)
            warm = worker.call(workload.name, workload.warm_size)
            if "values" not in warm:
                return warm
        return worker.call(workload.name, workload.sized(quick), workload.repeats)

    def close(self) -> None:
        for worker in self.workers.values():
            worker.stop()


def run_workload(pool: Pool, workload: Workload, entries: list[Entry]) -> Measured:
    """All rounds of one workload, interleaved over the systems that can do it."""
    quick = pool.settings.quick
    spent_max_s = SPENT_MAX_QUICK_S if quick else SPENT_MAX_S
    measured = Measured(workload, workload.sized(quick))
    spent_s = dict.fromkeys(entries, 0.0)
    samples: dict[Entry, list[Values]] = {entry: [] for entry in entries}
    absent: set[Entry] = set()
    for _ in range(workload.rounded(quick)):
        for entry in entries:
            if entry in absent or entry in measured.failures or spent_s[entry] > spent_max_s:
                continue
            started = perf_counter()
            answer = pool.measure(entry, workload)
            spent_s[entry] += perf_counter() - started
            if "values" in answer:
                samples[entry].append(answer["values"])
            elif "error" in answer:
                measured.failures[entry] = answer["error"]
            else:
                absent.add(entry)
    measured.samples = {entry: values for entry, values in samples.items() if values}
    return measured
