"""Files that are built beside and then given their name, so that they are either whole or not there."""

import contextlib
import os
import secrets
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["draft_of", "give_name", "sync_file", "sync_folder"]

_NEIGHBOURS = ("", "-wal", "-shm")


@contextmanager
def draft_of(target: Path) -> Generator[Path]:
    """A private file beside `target`, gone afterwards unless it was renamed."""
    draft = target.with_name(f"{target.name}.draft-{secrets.token_hex(4)}")
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    try:
        yield draft
    finally:
        for end in _NEIGHBOURS:
            with contextlib.suppress(OSError):
                Path(f"{draft}{end}").unlink(missing_ok=True)


def give_name(draft: Path, target: Path, *, keep: bool = False) -> None:
    """Give the file `draft` the name `target` instead; `keep`: too. Raises `FileExistsError` if that is taken."""
    try:
        os.link(draft, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if target.exists():
            raise FileExistsError(str(target)) from None
        if keep:
            shutil.copy2(draft, target)
        else:
            draft.rename(target)


def sync_file(path: Path) -> None:
    """Make the contents of the file at `path` durable."""
    fd = os.open(path, os.O_RDWR)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_folder(path: Path) -> None:
    """Make the name of `path` durable. Windows has no such call and needs none."""
    if os.name == "nt":
        return
    fd = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
