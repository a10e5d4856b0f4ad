"""An SQLite file system that kills its own process at an exact point of the journal's life, or holds up the disk.

It looks at what is written to the write-ahead log. The first frame that holds the words it waits for is part of the
transaction that makes a fact durable: killed before it, the fact never was; killed after the sync that follows, the
fact is durable and nobody has been told.
"""

import os
import re
import signal
import threading
from typing import Any, Literal

import apsw

__all__ = ["NAME", "When", "fact", "install"]

NAME = "fatal"

When = Literal["before", "torn", "after"]


def fact(tag: str, path: str | None = None) -> bytes:
    """What the JSON of a fact with this tag, and of this step instance, begins with on the disk."""
    start = re.escape(f'"is":"{tag}",')
    at = r'("at":[^,]*,)?'
    return (start if path is None else start + at + re.escape(f'"path":"{path}"') + "[,}]").encode()


class _Disk:
    def __init__(self, pattern: bytes, when: When, stall_s: float) -> None:
        self.pattern = re.compile(pattern)
        self.when = when
        self.stall_s = stall_s
        self.met = False
        self.going = threading.Event()

    def before_write(self, data: bytes) -> bool:
        """True if only a part of `data` may be written, because the process dies now."""
        if self.met or not self.pattern.search(data):
            return False
        self.met = True
        if self.stall_s:
            os.write(1, b'{"slow": true}\n')
            self.going.wait(self.stall_s)  # the disk is slow: this thread waits as for a device
            return False
        if self.when == "before":
            _die()
        return self.when == "torn"

    def after_sync(self) -> None:
        if self.met and self.when == "after" and not self.stall_s:
            _die()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class _File(apsw.VFSFile):
    def __init__(self, disk: _Disk, base: str, name: Any, flags: Any) -> None:
        super().__init__(base, name, flags)
        self._disk = disk

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 (SQLite's names)
        if self._disk.before_write(data):
            super().xWrite(data[: len(data) // 2], offset)
            _die()
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802
        super().xSync(flags)
        self._disk.after_sync()


class _FileSystem(apsw.VFS):
    def __init__(self, disk: _Disk) -> None:
        self._disk = disk
        super().__init__(NAME, "")

    def go_on(self) -> None:
        """The disk is slow no longer."""
        self._disk.going.set()

    def xOpen(self, name: Any, flags: Any) -> Any:  # noqa: N802
        if flags[0] & apsw.SQLITE_OPEN_WAL:
            return _File(self._disk, "", name, flags)
        return super().xOpen(name, flags)


def install(pattern: bytes, when: When, stall_s: float = 0.0) -> Any:
    """Register the file system `NAME`; keep what is returned for as long as it is used.

    `pattern`: what to wait for. `when`: die before it is written, half-way, or after it is durable. `stall_s`: the
    write takes so many seconds instead, or until it may `go_on`, which standard output says when it begins, and nobody
    dies.
    """
    return _FileSystem(_Disk(pattern, when, stall_s))
