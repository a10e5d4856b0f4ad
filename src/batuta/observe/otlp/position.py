"""How far a journal was told, beside it: a position that outlives the process, and a lock for who tells."""

import os
from pathlib import Path

import msgspec

from batuta.ports import WORKSPACE, Journal
from batuta.spec.facts import Restored
from batuta.storage.files import write_whole
from batuta.storage.locks import try_lock

__all__ = ["Told"]


class _Position(msgspec.Struct, frozen=True):
    epoch: int
    after: int


class Told:
    """The position in `folder`. One process tells at a time; who has not the lock leaves it to the other."""

    def __init__(self, folder: Path, journal: Journal) -> None:
        self._file = folder / "traces.json"
        self._lock = folder / "traces.lock"
        self._journal = journal
        self._fd = -1

    async def begin(self) -> None:
        """Where nothing was told yet, begin at the end: what was long ago is nobody's news."""
        if not self._file.exists():
            self.save(await _end(self._journal))

    @property
    def held(self) -> bool:
        """True while it is ours to tell."""
        return self._fd >= 0

    def mine(self) -> bool:
        """True if it is ours to tell."""
        if self._fd < 0:
            fd = os.open(self._lock, os.O_CREAT | os.O_RDWR, 0o600)
            if not try_lock(fd):
                os.close(fd)
                return False
            self._fd = fd
        return True

    async def after(self) -> int:
        """The position behind which is news. Raises `JournalError`."""
        try:
            position = msgspec.json.decode(self._file.read_bytes(), type=_Position)
        except (OSError, msgspec.DecodeError, msgspec.ValidationError):
            return await _end(self._journal)
        if position.epoch == self._journal.epoch:
            return position.after
        # Restored from a backup: what stands behind the restore is new, whatever number it has.
        for row in reversed(await self._journal.read(WORKSPACE)):
            if isinstance(row.fact, Restored) and row.fact.epoch == self._journal.epoch:
                return min(position.after, row.gseq)
        return position.after

    def save(self, after: int) -> None:
        """Everything up to `after` was told. Raises `InputError` if that cannot be written down."""
        position = _Position(self._journal.epoch, after)
        write_whole(self._file, msgspec.json.encode(position).decode(), replace=True)

    def close(self) -> None:
        """Let somebody else tell."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


async def _end(journal: Journal) -> int:
    """The position of the last fact."""
    rows = await journal.read_all(after=-1, limit=1)
    return rows[-1].gseq if rows else 0
