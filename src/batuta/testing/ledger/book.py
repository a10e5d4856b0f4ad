"""The ledger's book: an append-only file of JSON lines, and what follows from it.

The file is the truth. Everything the process keeps in memory (entries by key, balances) is a fold
over its lines, so a ledger that was killed knows after its restart exactly what it knew before.

Two kinds of lines: *entries* (`payment`, `reversal`, `effect`), numbered from 1 without gaps by
their `n`, and `account` lines without a number, of which the last per account counts.
"""

import asyncio
import contextlib
import json
import os
import stat
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from batuta.testing.ledger.signals import Signal

Entry = dict[str, Any]


class BookError(Exception):
    """The book cannot be read, or can no longer be written; says what and what to do."""


def read_lines(path: Path) -> tuple[list[Entry], int]:
    """Return the complete lines of the book at `path` and their length in bytes.

    A last line without its newline was never answered (it was torn by a crash) and is left out.
    Raises `BookError` for any other line that is not a JSON object.
    """
    raw = path.read_bytes()
    size_bytes = raw.rfind(b"\n") + 1
    lines: list[Entry] = []
    for number, text in enumerate(raw[:size_bytes].splitlines(), start=1):
        try:
            line: Any = json.loads(text)
        except ValueError as error:
            raise _unreadable(path, number, f"not JSON: {error}") from None
        if not isinstance(line, dict):
            raise _unreadable(path, number, "not a JSON object")
        lines.append(line)  # pyright: ignore[reportUnknownArgumentType]
    return lines, size_bytes


def entries_of(lines: Sequence[Entry]) -> list[Entry]:
    """Return the numbered entries among `lines`: what was applied, without the account lines."""
    return [line for line in lines if line.get("kind") != "account"]


def count_keys(entries: Sequence[Entry]) -> dict[str, int]:
    """Return how often each idempotency key was applied; entries without a key count under ""."""
    return dict(Counter(str(entry["key"] or "") for entry in entries))


def _unreadable(path: Path, number: int, why: str) -> BookError:
    return BookError(f"book {path}, line {number}: {why}; restore the file or give another --book")


class Book:
    """The open book. `append` applies at once in memory; `settle` waits until that is on disk."""

    def __init__(self, path: Path) -> None:
        """Open or create the file at `path` and fold its lines.

        Raises `BookError` if it is no regular file, not readable, in use by another ledger, or
        if one of its lines is damaged.
        """
        self.path = path
        self.entries: list[Entry] = []
        self.accounts: dict[str, Entry] = {}
        self.changed = Signal()
        self._by_key: dict[str, list[Entry]] = {}
        self._paid_cents: Counter[str] = Counter()
        self._pending: list[bytes] = []
        # The batch that collects lines, the batch on its way to the disk, and who carries it.
        self._collecting: asyncio.Future[None] | None = None
        self._in_flight: asyncio.Future[None] | None = None
        self._writer: asyncio.Task[None] | None = None
        self._broken: str | None = None
        # One thread: fsync must not block the loop, and lines must not overtake one another.
        self._thread = ThreadPoolExecutor(1, "book")
        try:
            self._file = _open(path)
            try:
                lines, self._size_bytes = read_lines(path)
                os.ftruncate(self._file, self._size_bytes)
                for number, line in enumerate(lines, start=1):
                    self._replay(number, line)
            except BaseException:
                os.close(self._file)
                raise
        except OSError as error:
            raise BookError(
                f"book {path}: {error.strerror or error}; give a file that can be written"
            ) from None

    def with_key(self, key: str) -> list[Entry]:
        """Return the entries applied under `key`, in the order they were applied."""
        return self._by_key.get(key, [])

    def balance_cents(self, account: str) -> int:
        """Return the opening balance of `account` plus its payments minus their reversals."""
        return self.accounts[account]["balance_cents"] + self._paid_cents[account]

    def counts(self) -> dict[str, int]:
        """Return how often each key was applied; entries without a key count under ""."""
        return {key: len(entries) for key, entries in self._by_key.items()}

    def append(self, kind: str, key: str | None, fields: Entry) -> Entry:
        """Apply one entry and queue its line; it may be shown only after `settle`."""
        entry: Entry = {"n": len(self.entries) + 1, "at": _now(), "key": key, "kind": kind}
        entry |= fields
        self._queue(entry)
        return entry

    def open_account(self, account: str, name: str, balance_cents: int) -> None:
        """Set the name and opening balance of `account`; the same again writes nothing."""
        line: Entry = {"kind": "account", "account": account}
        line |= {"name": name, "balance_cents": balance_cents}
        if self.accounts.get(account) != line:
            self._queue(line)

    async def settle(self) -> None:
        """Wait until everything appended so far is on disk; `BookError` if it cannot be."""
        last = self._collecting or self._in_flight
        if last is not None:
            await asyncio.wait([last])  # unlike a bare await, does not cancel it with the caller
        if self._broken:
            raise BookError(self._broken)

    async def close(self) -> None:
        """Write what is queued and close the file."""
        with contextlib.suppress(BookError):
            await self.settle()
        self._thread.shutdown()
        os.close(self._file)

    def _queue(self, line: Entry) -> None:
        if self._broken:
            raise BookError(self._broken)
        # Encoded before anything changes: a line that cannot be written leaves no trace.
        text = json.dumps(line, allow_nan=False, separators=(",", ":")).encode() + b"\n"
        self._fold(line)
        self._pending.append(text)
        if self._collecting is None:
            self._collecting = asyncio.get_running_loop().create_future()
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_batches())
        self.changed.fire()

    async def _write_batches(self) -> None:
        """Write and fsync until nothing is queued: one fsync serves all who wait for a batch."""
        loop = asyncio.get_running_loop()
        while self._collecting is not None:
            batch, self._pending = b"".join(self._pending), []
            self._in_flight, self._collecting = self._collecting, None
            try:
                if not self._broken:
                    await loop.run_in_executor(self._thread, self._write, batch)
            except OSError as error:
                # Memory is now ahead of the file. Only a restart, which reads the file, can say
                # what was applied; until then every answer would be a guess.
                self._broken = (
                    f"book {self.path} cannot be written ({error.strerror or error}); "
                    "make room and restart the ledger: what it then shows was applied"
                )
            self._in_flight.set_result(None)
        self._in_flight = self._writer = None

    def _write(self, batch: bytes) -> None:
        rest = memoryview(batch)
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
            os.fsync(self._file)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._size_bytes)
            raise
        self._size_bytes += len(batch)

    def _replay(self, number: int, line: Entry) -> None:
        try:
            if line["kind"] != "account" and line["n"] != len(self.entries) + 1:
                raise _unreadable(
                    self.path, number, f"n is {line['n']}, expected {len(self.entries) + 1}"
                )
            self._fold(line)
        except (KeyError, TypeError) as error:
            raise _unreadable(self.path, number, f"no valid {error}") from None

    def _fold(self, line: Entry) -> None:
        match line["kind"]:
            case "account":
                self.accounts[line["account"]] = line
                return
            case "payment":
                self._paid_cents[line["account"]] += line["amount_cents"]
            case "reversal":
                self._paid_cents[line["account"]] -= line["amount_cents"]
            case _:
                pass
        self.entries.append(line)
        self._by_key.setdefault(line["key"] or "", []).append(line)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _open(path: Path) -> int:
    """Open `path` for appending, alone; make a new file's name durable as well."""
    fresh = not path.exists()
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise BookError(f"book {path} is not a regular file; give a path in a folder")
        if sys.platform != "win32":  # Windows has no advisory whole-file lock
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BookError(
                    f"book {path} is in use by another ledger; stop it or give another --book"
                ) from None
            if fresh:
                folder = os.open(path.parent, os.O_RDONLY)
                try:
                    os.fsync(folder)
                finally:
                    os.close(folder)
    except BaseException:
        os.close(file)
        raise
    return file
