"""The journal in one SQLite file: write-ahead log, every commit on the disk before it returns."""

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from batuta.errors import JournalError
from batuta.journal.clock import SystemClock
from batuta.journal.file.check import epoch_of
from batuta.journal.file.collect import collect
from batuta.journal.file.connection import connect, create, tenant_key_of
from batuta.journal.file.failures import translated
from batuta.journal.file.owners import Owner, gate, is_alive
from batuta.journal.file.reader import Reader
from batuta.journal.file.writer import Writer
from batuta.journal.values import GRACE_S
from batuta.journal.watchers import Watchers
from batuta.ports import Clock, Receipt, Row, RunRow
from batuta.spec.facts import Fact
from batuta.spec.value import value_key

__all__ = ["SqliteJournal", "open_sqlite"]

# Rows read in one go on the event loop (about 4 ms); longer streams let others run in between.
_READ_MAX = 2_000
# Values that this process stored lately are not sent to the writer again; so many names are remembered.
_NAMES_MAX = 4_096
# The names of the latest values by what they are, unless they are larger: a step hands on what another one answered.
_LATEST_MAX = 64
_LATEST_BYTES_MAX = 64 * 1_024


def open_sqlite(
    path: str | os.PathLike[str],
    *,
    tenant_key: bytes | None = None,
    read_only: bool = False,
    clock: Clock | None = None,
    vfs: str | None = None,
) -> "SqliteJournal":
    """Open the journal at `path`, creating it if there is none (never with `read_only`).

    Args:
        path: the file. Its `-wal` and `-shm` neighbours and the folder `<path>.owners` belong to it.
        tenant_key: names stored values; without one, the journal keeps a random key of its own.
        read_only: look only; nothing is written or owned.
        clock: time for the age of values; the system's by default.
        vfs: name of an SQLite file system, for tests.

    Raises:
        JournalBroken: the file is not a journal, is damaged, or was written by a newer version.
        JournalError: it cannot be opened.
    """
    file = Path(path).absolute()
    if read_only:
        return SqliteJournal(file, None, tenant_key=tenant_key, clock=clock, vfs=vfs)
    if not file.parent.is_dir():
        raise JournalError(
            f"{file} cannot be created: there is no folder {file.parent}",
            remedy="create the folder",
        )
    with translated(str(file)), gate(file):
        create(file, tenant_key=tenant_key, vfs=vfs)
        owner = Owner(file)
        try:
            return SqliteJournal(file, owner, tenant_key=tenant_key, clock=clock, vfs=vfs)
        except BaseException:
            owner.release()
            raise


class SqliteJournal:
    """A `Journal` in one file, shared by any number of processes. Use `open_sqlite`."""

    def __init__(
        self,
        path: Path,
        owner: Owner | None,
        *,
        tenant_key: bytes | None = None,
        clock: Clock | None = None,
        vfs: str | None = None,
    ) -> None:
        self.path = path
        self._owner = owner
        self._now = (clock or SystemClock()).now
        db = connect(path, read_only=owner is None, vfs=vfs)
        try:
            self._key = tenant_key_of(db, path, tenant_key)
            self._reader = Reader(db, path, self._key)
            self._epoch = epoch_of(db, path)
        except BaseException:
            db.close()
            raise
        self._watchers = Watchers()
        self._writer = Writer(
            lambda: connect(path, read_only=owner is None, vfs=vfs),
            self._now,
            self._reader.last_gseq(),
            self._watchers,
            str(path),
        )
        self._intake = self._writer.intake
        self._names: dict[str, float] = {}
        self._latest: dict[bytes, str] = {}
        self._losses = 0
        self._closed = False

    @property
    def owner(self) -> str:
        """See `Journal.owner`; "" if the journal was opened to look only."""
        return self._owner.id if self._owner else ""

    @property
    def epoch(self) -> int:
        """See `Journal.epoch`."""
        return self._epoch

    def append(self, stream: str, facts: Sequence[Fact], *, after: int | None) -> Receipt:
        """See `Journal.append`. Costs a few microseconds and never waits."""
        self._check_writable()
        return self._intake.append(stream, facts, after)

    async def commit(self, receipt: Receipt) -> None:
        """See `Journal.commit`."""
        await self._intake.wait(receipt.number)
        self._intake.raise_if_refused(receipt)

    async def flush(self) -> None:
        """See `Journal.flush`."""
        await self._intake.wait(self._intake.issued)

    async def read(self, stream: str, *, after: int = 0) -> list[Row]:
        """See `Journal.read`."""
        self._check_open()
        self._intake.looked(stream)
        rows = self._reader.read(stream, after, _READ_MAX)
        part = len(rows)
        while part == _READ_MAX:
            await asyncio.sleep(0)
            self._check_open()
            more = self._reader.read(stream, rows[-1].seq, _READ_MAX)
            part = len(more)
            rows += more
        return rows

    async def read_all(self, *, after: int = 0, limit: int = 1000) -> list[Row]:
        """See `Journal.read_all`."""
        self._check_open()
        return self._reader.read_all(after, limit)

    async def wait(self, stream: str, *, after: int, timeout_s: float) -> bool:
        """See `Journal.wait`."""
        self._check_open()
        if self._reader.head(stream) > after:
            return True
        if not self._watchers:
            self._writer.nudge()
        return await self._watchers.wait(
            stream, lambda: self._reader.head(stream) > after, timeout_s=timeout_s
        )

    def watch(self, stream: str, notify: Callable[[], None]) -> Callable[[], None]:
        """See `Journal.watch`."""
        self._check_open()
        first = not self._watchers
        undo = self._watchers.add(stream, notify, own=False)
        if first:  # the writer looks at what others do only while somebody watches
            self._writer.nudge()
        return undo

    async def claim(self, run: str) -> bool:
        """See `Journal.claim`."""
        self._check_writable()
        await self.flush()
        self._intake.begin(run)
        owner = self._reader.owner(run)
        return owner in ("", self.owner) or not is_alive(self.path, owner)

    def put(self, encoded: bytes) -> str:
        """See `Journal.put`."""
        self._check_writable()
        ref, now = self._name_of(encoded), self._now()
        if self._losses != self._writer.losses:
            self._losses = self._writer.losses
            self._names.clear()
        # What we stored within half the grace cannot be collected before a fact refers to it.
        if not now - GRACE_S / 2 < self._names.get(ref, 0.0) <= now:
            if len(self._names) >= _NAMES_MAX:
                self._names.clear()
            self._names[ref] = now
            self._intake.put(ref, encoded)
        return ref

    def _name_of(self, encoded: bytes) -> str:
        ref = self._latest.get(encoded)
        if ref is None:
            ref = value_key(encoded, self._key)
            if len(encoded) <= _LATEST_BYTES_MAX:
                if len(self._latest) >= _LATEST_MAX:
                    self._latest.clear()
                self._latest[encoded] = ref
        return ref

    async def get(self, ref: str) -> bytes:
        """See `Journal.get`."""
        self._check_open()
        return self._intake.queued_value(ref) or self._reader.value(ref)

    async def runs(
        self,
        *,
        status: str | tuple[str, ...] = "",
        plan: str = "",
        since: float = 0.0,
        due_at: float | None = None,
        before: str = "",
        limit: int = 1000,
    ) -> list[RunRow]:
        """See `Journal.runs`."""
        self._check_open()
        statuses = (status,) if isinstance(status, str) and status else tuple(status)
        if due_at is not None:
            dead = self._dead_owners()
            due = self._reader.runs_due(statuses, plan, since, due_at, dead, limit)
            return [_unowned(row) for row in due]
        rows = self._reader.runs(statuses, plan, since, before, limit)
        alive = {owner: self._is_alive(owner) for owner in {row.owner for row in rows} if owner}
        return [row if alive.get(row.owner, True) else _unowned(row) for row in rows]

    async def gc(self, *, older_than: float, now: float) -> dict[str, int]:
        """See `Journal.gc`. Works in short turns between those of the drivers."""
        self._check_writable()
        self._names.clear()
        return await collect(self._writer, self._reader, older_than, now)

    async def close(self) -> None:
        """See `Journal.close`."""
        if self._closed:
            return
        self._closed = True
        await asyncio.to_thread(self._writer.close)
        self._reader.close()
        if self._owner is not None:
            self._owner.release()

    def _is_alive(self, owner: str) -> bool:
        return owner == self.owner or is_alive(self.path, owner)

    def _dead_owners(self) -> list[str]:
        return [owner for owner in self._reader.owners() if not self._is_alive(owner)]

    def _check_open(self) -> None:
        if self._closed:
            raise JournalError("this journal is closed", remedy="open it again")

    def _check_writable(self) -> None:
        self._check_open()
        if self._owner is None:
            raise JournalError(
                f"{self.path} was opened to look only", remedy="open it without read_only"
            )


def _unowned(row: RunRow) -> RunRow:
    """The row of a run whose driver is dead: nobody drives it."""
    return RunRow(
        run=row.run,
        status=row.status,
        plan=row.plan,
        accepted_at=row.accepted_at,
        updated_at=row.updated_at,
        wake_at=row.wake_at,
        owner="",
        head=row.head,
    )
