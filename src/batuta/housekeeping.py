"""Keeping a workspace: erasing what is old, copying its journal while it is in use, putting a copy back."""

import asyncio
from pathlib import Path

from batuta.app import JOURNAL_FILE, App
from batuta.config import load_workspace
from batuta.journal.file.backup import copy_journal
from batuta.journal.file.backup import restore as restore_journal
from batuta.journal.file.failures import translated

__all__ = ["backup", "erase", "restore"]

_DAY_S = 86_400


async def erase(app: App, *, older_than_days: float | None = None) -> dict[str, int]:
    """Erase the payloads of runs that ended longer ago than the retention of the workspace (or the given days).

    Returns counts: runs, values, bytes. Raises `JournalError`.
    """
    days = app.workspace.retention.days if older_than_days is None else older_than_days
    now = app.engine.clock.now()
    return await app.engine.journal.gc(older_than=now - days * _DAY_S, now=now)


async def backup(app: App, file: str | Path) -> int:
    """Copy the journal of the workspace to `file` while it is in use; how many facts the copy holds.

    Raises `JournalError` if the file exists or cannot be written, `JournalBroken` if the journal is damaged.
    """
    await app.engine.journal.flush()
    source = Path(app.workspace.root) / JOURNAL_FILE
    return await asyncio.to_thread(copy_journal, source, Path(file))


def restore(folder: str | Path, file: str | Path) -> Path:
    """Put the copy in `file` in the place of the journal of the workspace in `folder`.

    Returns the path under which the old one is kept; nothing is there if there was none. A new epoch begins: no
    effect whose outcome is not in the restored log runs unasked (contract, 19).

    Raises `NotFound`, `JournalBroken`, and `JournalError` if somebody uses the journal; nothing is changed then.
    """
    workspace = load_workspace(folder)
    path = Path(workspace.root) / JOURNAL_FILE
    with translated(str(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
    return restore_journal(Path(file), path)
