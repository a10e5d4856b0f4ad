"""Who is alive: each open journal holds an operating-system lock on a file of its own, which dies with its process.

The files stand in a folder beside the journal. No time-outs and no heartbeats: a stopped process still owns its runs,
a dead one does not, and the kernel knows which is which.
"""

import contextlib
import os
import secrets
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from batuta.errors import JournalError
from batuta.storage.locks import try_lock

__all__ = ["Owner", "gate", "is_alive", "living", "owners_dir"]

# How long an opening journal waits for a restore to finish (seconds), and how often it looks.
_GATE_WAIT_S = 10.0
_GATE_POLL_S = 0.01
# Ids are shorter than this (characters).
_ID_MAX = 64


def owners_dir(path: Path) -> Path:
    """The folder of the lock files of the journal at `path`."""
    return path.with_name(path.name + ".owners")


class Owner:
    """The identity of one open journal; `id` is alive until `release` or the end of the process."""

    def __init__(self, path: Path) -> None:
        self.id = secrets.token_hex(8)
        folder = owners_dir(path)
        folder.mkdir(mode=0o700, exist_ok=True)
        self._file = folder / self.id
        # Nobody knows this id yet, so nobody can be testing this lock.
        self._fd = os.open(self._file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        if not try_lock(self._fd):
            raise JournalError(
                f"{self._file} cannot be locked",
                remedy="keep the journal on a file system that supports locks",
            )

    def release(self) -> None:
        """Let go: what this owner drives can be claimed by others."""
        if self._fd < 0:
            return
        if (
            sys.platform != "win32"
        ):  # first the name, then the lock: nobody can lock a name that is gone
            self._file.unlink(missing_ok=True)
        os.close(self._fd)
        self._fd = -1
        with contextlib.suppress(OSError):
            self._file.unlink(missing_ok=True)


def is_alive(path: Path, owner: str) -> bool:
    """True if the process behind `owner` still runs. The file of a dead one is removed."""
    if not owner.isalnum() or len(owner) > _ID_MAX:
        return False  # no id of ours, and perhaps the way to some other file
    file = owners_dir(path) / owner
    try:
        fd = os.open(file, os.O_RDWR)
    except FileNotFoundError:
        return False
    except OSError:
        return (
            True  # we may not look (another user, another system): never take a run from the living
        )
    try:
        # Shared, so that two who look at the same time do not take each other for the owner.
        dead = try_lock(fd, shared=True)
        if dead and sys.platform != "win32":
            file.unlink(missing_ok=True)
        return not dead
    finally:
        os.close(fd)


def living(path: Path) -> list[str]:
    """Every owner of the journal at `path` that is alive."""
    folder = owners_dir(path)
    if not folder.is_dir():
        return []
    return [f.name for f in folder.iterdir() if f.name != "gate" and is_alive(path, f.name)]


@contextmanager
def gate(path: Path) -> Generator[None]:
    """Only one process at a time opens the journal for writing, or replaces it."""
    folder = owners_dir(path)
    folder.mkdir(mode=0o700, exist_ok=True)
    fd = os.open(folder / "gate", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        deadline = time.monotonic() + _GATE_WAIT_S
        while not try_lock(fd):
            if time.monotonic() > deadline:
                raise JournalError(
                    f"{path} is being restored or opened by another process",
                    remedy="try again when it has finished",
                )
            time.sleep(_GATE_POLL_S)
        yield
    finally:
        os.close(fd)
