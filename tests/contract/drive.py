"""One process that drives runs, to be killed. It says what it does as lines of JSON on its standard output.

    run FOLDER PLAN INPUTS           accept a run and drive it: {"run": …} once that is durable, then {"document": …}
    resume FOLDER [RUN …]            drive these runs, or all that are due: {"resuming": […]}, a {"document": …} each
    start FOLDER PLAN INPUTS COUNT   accept so many runs and drive none: {"started": […]}
    tell FOLDER METHOD [ARGUMENT …]  call a method of the application, or `backup`, with arguments in JSON: {"told": …}
    serve FOLDER                     read such command lines as JSON lists and fork a process for each: {"pid": …}

On SIGUSR1, time passes in it: what is due later is due at once, and a slow disk goes on.
What the application refuses is said as {"refused": kind of error, "message": …}. Everything is the real thing; with
`--disk` the journal stands on a file system (`fatal.py`) that kills this process when a certain fact reaches the disk.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

from batuta.app import JOURNAL_FILE, App
from batuta.errors import BatutaError
from batuta.housekeeping import backup
from batuta.journal.sqlite import SqliteJournal, open_sqlite
from batuta.plans.build import plan_from_file
from batuta.ports import Journal, Receipt
from batuta.spec.facts import Ended, Fact, Started
from tests.hurry import hurry


def main(arguments: list[str]) -> int:
    """Do as the arguments say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("run", "resume", "start", "tell", "serve"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("words", nargs="*")
    parser.add_argument("--disk", nargs=3, metavar=("PATTERN", "WHEN", "STALL_S"))
    parser.add_argument("--hasty", action="store_true", help="a broken build: wait for no commit")
    parser.add_argument("--stop-at", metavar="STEP", help="SIGSTOP between its intent and its call")
    parser.add_argument("--accept", action="store_true")
    parser.add_argument("--at-once", type=int, default=64, help="runs driven at once by `resume`")
    given = parser.parse_args(arguments)
    if given.what == "serve":
        return _serve()
    try:
        asyncio.run(_main(given))
    except BatutaError as error:
        _say(refused=type(error).__name__, message=str(error))
        return error.exit_code
    return 0


async def _main(given: argparse.Namespace) -> None:
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, _hurry)
    app = await App.open(given.folder, journal=_journal(given))
    try:
        await _DO[given.what](app, given)
    finally:
        await app.close()


def _hurry() -> None:
    hurry()
    for disk in _KEPT:
        disk.go_on()


def _journal(given: argparse.Namespace) -> Journal | None:
    path = given.folder / JOURNAL_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    if given.stop_at:
        return cast("Journal", _Stopping(open_sqlite(path), given.stop_at))
    if given.disk is None:
        return None
    import fatal  # beside this file, which is a program

    pattern, when, stall_s = given.disk
    _KEPT.append(fatal.install(pattern.encode(), when, float(stall_s)))
    journal = open_sqlite(path, vfs=fatal.NAME)
    return cast("Journal", _Hasty(journal)) if given.hasty else journal


class _Around:
    """A journal around a journal; it knows which appends are of a certain kind."""

    def __init__(self, journal: SqliteJournal) -> None:
        self._journal = journal
        self._marked: set[int] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    def append(self, stream: str, facts: Sequence[Fact], *, after: int | None) -> Receipt:
        receipt = self._journal.append(stream, facts, after=after)
        if any(map(self._marks, facts)):
            self._marked.add(receipt.number)
        return receipt

    def _marks(self, fact: Fact) -> bool:
        raise NotImplementedError


class _Hasty(_Around):
    """Nobody waits for intents and ends to be durable: what a broken build would be."""

    def _marks(self, fact: Fact) -> bool:
        return isinstance(fact, Started | Ended)

    async def commit(self, receipt: Receipt) -> None:
        if receipt.number not in self._marked:
            await self._journal.commit(receipt)


class _Stopping(_Around):
    """The process is stopped when the intent of `step` is durable, before anybody hears of it."""

    def __init__(self, journal: SqliteJournal, step: str) -> None:
        super().__init__(journal)
        self._step = step

    def _marks(self, fact: Fact) -> bool:
        return isinstance(fact, Started) and fact.path == self._step

    async def commit(self, receipt: Receipt) -> None:
        await self._journal.commit(receipt)
        if receipt.number in self._marked:
            self._marked.clear()
            os.kill(os.getpid(), signal.SIGSTOP)


async def _run(app: App, given: argparse.Namespace) -> None:
    plan, inputs = given.words
    run = await app.start(plan_from_file(plan).plan, json.loads(inputs))
    _say(run=run)
    _say(document=await app.resume(run))


async def _start(app: App, given: argparse.Namespace) -> None:
    path, inputs, count = given.words
    plan = plan_from_file(path).plan
    runs = [await app.start(plan, json.loads(inputs)) for _ in range(int(count))]
    _say(started=runs)


async def _resume(app: App, given: argparse.Namespace) -> None:
    runs = given.words or await app.due()
    _say(resuming=runs)
    lanes = asyncio.Semaphore(given.at_once)

    async def resume(run: str) -> None:
        async with lanes:
            _say(document=await app.resume(run, accept=given.accept))

    await asyncio.gather(*map(resume, runs))


async def _tell(app: App, given: argparse.Namespace) -> None:
    method, *arguments = given.words
    told = partial(backup, app) if method == "backup" else getattr(app, method)
    _say(told=await told(*map(json.loads, arguments)))


def _serve() -> int:
    """Processes by the dozen: what they need is imported once, and each is as much a process as any other."""
    for line in sys.stdin:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        pid = os.fork()
        if pid == 0:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            code = main(json.loads(line))
            sys.stderr.flush()
            os._exit(code)
        _say(pid=pid)
    return 0


def _say(**what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


_DO = {"run": _run, "resume": _resume, "start": _start, "tell": _tell}
# A registered file system lives as long as this refers to it.
_KEPT: list[Any] = []

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
