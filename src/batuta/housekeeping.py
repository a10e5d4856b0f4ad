"""Keeping a workspace: erasing what is old, copying what it holds while that is in use, putting a copy back."""

import asyncio
import time
from pathlib import Path

from batuta.app import JOURNAL_FILE, App
from batuta.config import load_workspace
from batuta.errors import JournalError
from batuta.journal.file.backup import copy_journal
from batuta.journal.file.backup import restore as restore_journal
from batuta.journal.file.failures import translated
from batuta.memory.database import MEMORY
from batuta.memory.workspace import MEMORY_FILE
from batuta.storage.copies import check_file, copy_file, put_back

__all__ = ["backup", "erase", "memory_beside", "restore"]

_DAY_S = 86_400
# Runs that are told apart from those that have ended.
_UNFINISHED_MAX = 100_000


async def erase(app: App, *, older_than_days: float | None = None) -> dict[str, int]:
    """Erase the payloads of runs that ended longer ago than the retention of the workspace (or the given days).

    Memories whose `keep` is over are erased, too, and threads that were quiet for so long as `retention` says.
    Returns counts: runs, values, bytes, memories, threads. Raises `JournalError`, `MemoryFileError`.
    """
    retention = app.workspace.retention
    days = retention.days if older_than_days is None else older_than_days
    now = app.engine.clock.now()
    erased = await app.engine.journal.gc(older_than=now - days * _DAY_S, now=now)
    rows = await app.runs(status=("running", "waiting"), limit=_UNFINISHED_MAX)
    unfinished = {row.run for row in rows} if len(rows) < _UNFINISHED_MAX else None
    forgotten = await asyncio.to_thread(
        app.memory.erase, quiet_s=retention.threads * _DAY_S, unfinished=unfinished
    )
    return erased | forgotten


async def backup(app: App, file: str | Path) -> int:
    """Copy the journal of the workspace to `file` while it is in use; how many facts the copy holds.

    Its memory, if it has any, is copied to `memory_beside(file)`. The journal is first: what a call has added to the
    memory meanwhile is known there by its key, and is not added again when its run goes on from the copy.

    Raises `JournalError` if the file exists or cannot be written, `JournalBroken` if the journal is damaged,
    `MemoryFileError`.
    """
    await app.engine.journal.flush()
    source = Path(app.workspace.root) / JOURNAL_FILE
    return await asyncio.to_thread(_copy_both, source, app.memory.path, Path(file))


def _copy_both(journal: Path, memory: Path, target: Path) -> int:
    beside = memory_beside(target)
    if beside.exists():
        raise JournalError(
            f"{beside} exists, and a backup never replaces a file", remedy="choose another name"
        )
    facts = copy_journal(journal, target)
    if memory.exists():
        try:
            copy_file(memory, beside, MEMORY)
        except BaseException:
            target.unlink()  # half of a backup is none
            raise
    return facts


def memory_beside(file: str | Path) -> Path:
    """Where the memory is that belongs to the backup `file`."""
    return Path(f"{file}.memory")


def restore(folder: str | Path, file: str | Path) -> Path:
    """Put the copy in `file` in the place of the journal of the workspace in `folder`.

    Returns the path under which the old one is kept; nothing is there if there was none. A new epoch begins: no
    effect whose outcome is not in the restored log runs unasked (contract, 19).

    The memory beside the copy is put back, too; the old one is kept as well. Without one, the memory stays as it is.

    Raises `NotFound`, `JournalBroken`, `MemoryFileError`, and `JournalError` if somebody uses the journal; nothing is
    changed then.
    """
    workspace = load_workspace(folder)
    path, memory = Path(workspace.root) / JOURNAL_FILE, Path(workspace.root) / MEMORY_FILE
    with translated(str(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
    beside = memory_beside(file)
    if not beside.exists():
        return restore_journal(Path(file), path)
    check_file(beside, memory, MEMORY)
    kept = restore_journal(Path(file), path)
    put_back(beside, memory, MEMORY, at=time.time())
    return kept
