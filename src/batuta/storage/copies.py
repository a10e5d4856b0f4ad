"""Copies of a file that is in use, and going back to one."""

import time
from pathlib import Path

import apsw

from batuta.storage.connection import Connection, Kind, translated
from batuta.storage.drafts import draft_of, give_name, sync_file, sync_folder

__all__ = ["check_file", "copy_file", "copy_pages", "put_back"]


def copy_pages(source: Path, target: Path) -> None:
    """Copy the database at `source` over that at `target`; both may be in use, and each is seen in one state."""
    original = apsw.Connection(str(source), flags=apsw.SQLITE_OPEN_READONLY)
    copy = apsw.Connection(str(target))
    try:
        with copy.backup("main", original, "main") as run:
            while not run.done:
                run.step(-1)  # all at once: writers are not held up, and never make it start again
    finally:
        original.close()
        copy.close()


def copy_file(source: Path, target: Path, kind: Kind) -> None:
    """A copy of `source` under the name `target`, read through before it gets that.

    Raises:
        kind.error: the source is damaged, or the copy cannot be written. There is no copy then.
    """
    with translated(target, kind), draft_of(target) as draft:
        _copied(source, draft, kind)
        give_name(draft, target)
        sync_folder(target)


def check_file(source: Path, path: Path, kind: Kind) -> None:
    """Raise `kind.error` if `source` is no good copy of a file of that kind; by a copy of it beside `path`."""
    with translated(source, kind), draft_of(path) as draft:
        _copied(source, draft, kind)


def put_back(source: Path, path: Path, kind: Kind, *, at: float) -> Path:
    """Put what is in `source` in the place of what is at `path`, which may be in use.

    What stood there is kept as `<path>.before-restore-<time>`; returns that name, under which nothing is if there was
    nothing. `at`: the time.

    Raises:
        kind.error: the source is no good copy. Nothing is changed then.
    """
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))
    aside = Path(f"{path}.before-restore-{stamp}")
    with translated(path, kind), draft_of(path) as draft:
        _copied(source, draft, kind)
        if not path.exists():
            give_name(draft, path)
        else:
            if not aside.exists():
                with draft_of(aside) as old:
                    copy_pages(path, old)
                    sync_file(old)
                    give_name(old, aside)
            # Who has the file open goes on with the one that was restored.
            copy_pages(draft, path)
        sync_folder(path)
    return aside


def _copied(source: Path, draft: Path, kind: Kind) -> None:
    """Copy, and read the copy through."""
    copy_pages(source, draft)
    copy = Connection(draft, kind)
    try:
        copy.check()
    finally:
        copy.close()
    sync_file(draft)
