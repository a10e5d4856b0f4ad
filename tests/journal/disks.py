"""File systems for SQLite that fail, or that remember what a power loss could leave behind."""

# ruff: noqa: N802 (the library names the methods)

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw

SECTOR = 512  # bytes that a disk writes whole


class FailingDisk(apsw.VFS):
    """Fails the writes and syncs that `fails(number, what)` names, numbered from 1 since `arm`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.fails: Callable[[int, str], type[Exception] | None] = lambda number, what: None
        self.count = 0
        super().__init__(name, "")

    def arm(self, fails: Callable[[int, str], type[Exception] | None]) -> None:
        self.count = 0
        self.fails = fails

    def disarm(self) -> None:
        self.fails = lambda number, what: None

    def xOpen(self, name: Any, flags: Any) -> apsw.VFSFile:
        return _FailingFile(self, name, flags)

    def check(self, what: str) -> None:
        self.count += 1
        error = self.fails(self.count, what)
        if error is not None:
            raise error(f"{what} refused by the test")


class _FailingFile(apsw.VFSFile):
    def __init__(self, disk: FailingDisk, name: Any, flags: Any) -> None:
        self.disk = disk
        super().__init__("", name, flags)

    def xWrite(self, data: Any, offset: int) -> None:
        self.disk.check("write")
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:
        self.disk.check("sync")
        super().xSync(flags)

    def xTruncate(self, newsize: int) -> None:
        self.disk.check("truncate")
        super().xTruncate(newsize)


class RecordingDisk(apsw.VFS):
    """Keeps, for each file, what is surely on the plate and what is still in some cache."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.synced: dict[str, bytearray] = {}
        self.unsynced: dict[str, list[tuple[int, bytes] | int]] = {}
        self.before_each: Callable[[], None] = lambda: None
        super().__init__(name, "")

    def xOpen(self, name: Any, flags: Any) -> apsw.VFSFile:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        known = Path(path)
        if path not in self.synced and known.exists():
            self.synced[path] = bytearray(known.read_bytes())
        return _RecordingFile(self, path, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        self.synced.pop(filename, None)
        self.unsynced.pop(filename, None)
        super().xDelete(filename, syncdir)

    def forget(self) -> None:
        """Begin anew, with other files."""
        self.synced.clear()
        self.unsynced.clear()

    def write(self, path: str, offset: int, data: bytes) -> None:
        self.before_each()
        self.unsynced.setdefault(path, []).append((offset, data))

    def truncate(self, path: str, size: int) -> None:
        self.unsynced.setdefault(path, []).append(size)

    def sync(self, path: str) -> None:
        self.before_each()
        image = self.synced.setdefault(path, bytearray())
        for change in self.unsynced.pop(path, []):
            _apply(image, change)

    def after_power_loss(self, rng: random.Random) -> dict[str, bytes]:
        """One of the states in which the files may be found: unsynced writes reach the plate or not, in any
        order, and one may be torn between sectors."""
        images: dict[str, bytes] = {}
        for path in {*self.synced, *self.unsynced}:
            image = bytearray(self.synced.get(path, b""))
            changes = list(self.unsynced.get(path, []))
            kept = [change for change in changes if rng.random() < rng.choice((0.1, 0.5, 0.9))]
            if rng.random() < 0.3:
                rng.shuffle(kept)
            for change in kept:
                _apply(image, _torn(change, rng) if rng.random() < 0.2 else change)
            images[path] = bytes(image)
        return images


class _RecordingFile(apsw.VFSFile):
    def __init__(self, disk: RecordingDisk, path: str, name: Any, flags: Any) -> None:
        self.disk, self.path = disk, path
        super().__init__("", name, flags)

    def xWrite(self, data: Any, offset: int) -> None:
        self.disk.write(self.path, offset, bytes(data))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:
        self.disk.truncate(self.path, newsize)
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:
        self.disk.sync(self.path)
        super().xSync(flags)


def _apply(image: bytearray, change: tuple[int, bytes] | int) -> None:
    if isinstance(change, int):
        del image[change:]
        return
    offset, data = change
    if len(image) < offset:
        image.extend(bytes(offset - len(image)))
    image[offset : offset + len(data)] = data


def _torn(change: tuple[int, bytes] | int, rng: random.Random) -> tuple[int, bytes] | int:
    if isinstance(change, int):
        return change
    offset, data = change
    return offset, data[: SECTOR * rng.randint(0, len(data) // SECTOR)]
