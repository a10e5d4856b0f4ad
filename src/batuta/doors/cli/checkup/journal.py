"""What `doctor` looks at in a journal: whole or damaged, how large, and which runs are stuck in it."""

import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

from batuta.doors.cli.checkup.item import Looked, problem, warning, well
from batuta.doors.cli.terminal.text import ago, clock, size
from batuta.errors import JournalError
from batuta.journal.file.check import check_journal, count_runs
from batuta.journal.file.connection import connect
from batuta.journal.sqlite import open_sqlite
from batuta.ports import Journal, RunRow
from batuta.spec.facts import Doubted, Resolved
from batuta.spec.figures import plural

__all__ = ["READ_BYTES_MAX", "bytes_of", "journal"]

# Read through without being asked, in bytes; about a second.
READ_BYTES_MAX = 64 * 1_024**2
# A question that stands for longer (s) is one that nobody has seen.
_WAITING_LONG_S = 7 * 86_400.0
# Facts from the future, by more than clocks of different machines differ (s).
_FUTURE_S = 60.0
# Runs looked at one by one, and listed at all.
_LOOKED_INTO_MAX = 200
_LISTED_MAX = 100_000


async def journal(path: Path, *, full: bool, say: Callable[[str], None]) -> AsyncIterator[Looked]:
    """Everything about the journal at `path`. `full`: read it through however large it is. `say` announces that."""
    bytes_ = bytes_of(path)
    if bytes_ is None:
        yield well("journal", "none yet: nothing was ever run here")
        return
    try:
        for one in _read_through(path, bytes_, full, say):
            yield one
        opened = open_sqlite(path, read_only=True)
    except JournalError as error:
        yield problem("journal", error.message, error.remedy or "restore a backup")
        return
    try:
        async for one in _runs(opened, time.time()):
            yield one
    except JournalError as error:
        yield problem("runs", error.message, error.remedy or "restore a backup")
    finally:
        await opened.close()


def bytes_of(path: Path) -> int | None:
    """What a file of SQLite takes on the disk; None if there is none."""
    if not path.exists():
        return None
    return sum(one.stat().st_size for one in (path, Path(f"{path}-wal")) if one.exists())


def _read_through(
    path: Path, bytes_: int, full: bool, say: Callable[[str], None]
) -> Iterator[Looked]:
    db = connect(path, read_only=True)
    try:
        if full or bytes_ <= READ_BYTES_MAX:
            if bytes_ > READ_BYTES_MAX:
                say(f"reading the journal through ({size(bytes_)}) …")
            facts = check_journal(db, path)
            yield well("journal", f"{size(bytes_)}, {plural(facts, 'fact')}, read through")
        else:
            yield well("journal", f"{size(bytes_)}; `batuta doctor --full` reads it through")
        found = count_runs(db, path)
        said = ", ".join(f"{number:,} {status}" for status, number in sorted(found.items()))
        yield well("runs", said or "none")
    finally:
        db.close()


async def _runs(journal: Journal, now: float) -> AsyncIterator[Looked]:
    newest = await journal.runs(limit=1)
    if newest and newest[0].updated_at > now + _FUTURE_S:
        yield problem(
            "clock", f"the newest run was written at {clock(newest[0].updated_at)}, which is to come",
            "the clock of this machine was set back, or that of another was ahead: correct it",
        )  # fmt: skip
    due = await journal.runs(due_at=now, limit=_LISTED_MAX)
    if due:
        yield warning(
            "due", f"{plural(len(due), 'run')} could go on, and nobody drives them: {_some(due)}",
            "batuta resume --all",
        )  # fmt: skip
    waiting = await journal.runs(status="waiting", limit=_LISTED_MAX)
    long = [row for row in waiting if now - row.updated_at > _WAITING_LONG_S]
    if long:
        yield warning(
            "waiting",
            f"{plural(len(long), 'run')} waiting for an answer for more than a week:"
            f" {_some(long)}, since {ago(now - long[-1].updated_at)}",
            f"batuta show {long[-1].run}, then answer or cancel it",
        )
    doubtful = [row for row in waiting[-_LOOKED_INTO_MAX:] if await _in_doubt(journal, row.run)]
    if doubtful:
        yield warning(
            "in doubt",
            f"{plural(len(doubtful), 'run')} with a write of which nobody knows what became: {_some(doubtful)}",
            f"batuta show {doubtful[-1].run} has the commands that end the doubt",
        )
    if not (due or long or doubtful):
        yield well("stuck", "no run is due without a driver, waiting for long, or in doubt")


async def _in_doubt(journal: Journal, run: str) -> bool:
    """True if a write of `run` was sent, not answered, and not resolved since."""
    open_: set[str] = set()
    for row in await journal.read(run):
        if isinstance(row.fact, Doubted):
            open_.add(row.fact.path)
        elif isinstance(row.fact, Resolved):
            open_.discard(row.fact.path)
    return bool(open_)


def _some(rows: list[RunRow]) -> str:
    """The oldest of them by name."""
    names = [row.run for row in reversed(rows[-3:])]
    return ", ".join(names) + (", …" if len(rows) > len(names) else "")
