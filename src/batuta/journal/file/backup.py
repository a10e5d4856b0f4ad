"""Copies of a journal, and going back to one.

A backup is taken while runs go on, and is read through before it gets its name. A restore never destroys: what was
there is kept beside. It begins a new epoch, so that no effect whose outcome the backup does not know runs unasked.
"""

import os
import secrets
import time
from pathlib import Path

import apsw

from batuta.errors import JournalError, NotFound
from batuta.journal.codec import encode_fact
from batuta.journal.file.check import check_journal, epoch_of
from batuta.journal.file.connection import check_file, connect
from batuta.journal.file.failures import translated
from batuta.journal.file.owners import gate, living
from batuta.journal.file.store import Store
from batuta.journal.intake import Append
from batuta.ports import WORKSPACE
from batuta.spec.facts import Restored
from batuta.storage.copies import copy_pages
from batuta.storage.drafts import draft_of, give_name, sync_file, sync_folder

__all__ = ["copy_journal", "restore"]

_NEIGHBOURS = ("", "-wal", "-shm")


def copy_journal(source: Path, path: Path) -> int:
    """Write a consistent copy of the journal at `source`, which may be in use, to `path`. Returns its facts.

    Raises:
        JournalError: the file exists, or cannot be written.
        JournalBroken: the source is damaged; there is no copy then.
    """
    target = path.absolute()
    if target.exists():
        raise JournalError(
            f"{target} exists, and a backup never replaces a file", remedy="choose another name"
        )
    if not target.parent.is_dir():
        raise JournalError(
            f"{target} cannot be written: there is no folder {target.parent}",
            remedy="create the folder",
        )
    with translated(str(target)), draft_of(target) as draft:
        facts = _copy(source, draft)
        give_name(draft, target)
        sync_folder(target)
    return facts


def restore(
    backup: str | os.PathLike[str], path: str | os.PathLike[str], *, at: float | None = None
) -> Path:
    """Put the journal in the file `backup` in the place of the one at `path`.

    What stood at `path` is kept as `<path>.before-restore-<time>`; returns that name, under which there is no
    file if there was no journal. A new epoch begins. `at`: the time to record, now by default.

    Raises:
        JournalBroken: `backup` is not a good journal; nothing is changed.
        JournalError: somebody uses the journal at `path`; nothing is changed.
    """
    source, target = Path(backup).absolute(), Path(path).absolute()
    now = time.time() if at is None else at
    if not source.exists():
        raise NotFound(f"there is no backup at {source}", remedy="check the name of the file")
    if not target.parent.is_dir():
        raise JournalError(
            f"there is no folder {target.parent} to restore to", remedy="create the folder"
        )
    with translated(str(target)), gate(target), draft_of(target) as draft:
        users = living(target)
        if users:
            raise JournalError(
                f"{target} is in use by {len(users)} process(es)",
                remedy="end whatever drives runs in this workspace, then restore",
            )
        _copy(source, draft)
        _begin_epoch_after(draft, now, _settle(target))
        sync_file(draft)
        aside = _move_aside(target, now)
        draft.replace(target)
        sync_folder(target)
    return aside


def _copy(source: Path, draft: Path) -> int:
    """Copy through SQLite, which sees one state of the source, and read the copy through."""
    check_file(source)
    with translated(str(source)):
        copy_pages(source, draft)
    try:
        db = connect(draft)
        try:
            facts = check_journal(db, draft)
        finally:
            db.close()
    except JournalError as error:  # what is wrong with the copy is wrong with the original
        said = error.message.replace(str(draft), str(source))
        raise type(error)(said, remedy="use another backup") from error
    sync_file(draft)
    return facts


def _begin_epoch_after(draft: Path, now: float, epoch: int) -> None:
    db = connect(draft)
    try:
        fact = Restored(at=now, epoch=max(epoch, epoch_of(db, draft)) + 1)
        append = Append(0, WORKSPACE, None, 0, [fact], [encode_fact(fact)], [])
        store = Store(db, lambda: now)
        store.transact(lambda: store.append_here(append))
    finally:
        db.close()


def _settle(target: Path) -> int:
    """Bring the old journal into one file, as far as it is sound; its epoch, which never comes again."""
    if not target.exists():
        return 0
    try:
        db = connect(target)
    except JournalError:
        return 0  # what is broken is kept as it is
    try:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return epoch_of(db, target)
    except (apsw.Error, JournalError):
        return 0
    finally:
        db.close()


def _move_aside(target: Path, now: float) -> Path:
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    aside = Path(f"{target}.before-restore-{stamp}")
    if aside.exists():
        aside = Path(f"{aside}-{secrets.token_hex(2)}")
    for end in _NEIGHBOURS[1:]:
        old = Path(f"{target}{end}")
        if old.exists():
            old.rename(f"{aside}{end}")
    if target.exists():
        # The name must never be free: whoever opened it then would begin an empty journal.
        give_name(target, aside, keep=True)
    return aside
