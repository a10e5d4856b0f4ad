"""What `doctor` looks at on this machine: versions, the disk below the workspace, the clock."""

import importlib
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from batuta.doors.cli.checkup.item import Looked, problem, warning, well
from batuta.doors.cli.terminal.text import size

__all__ = ["installed", "surroundings"]

_REQUIRED = ("apsw", "cel-expr-python", "httpcore", "jsonschema-rs", "msgspec", "PyYAML", "rich")
# Below these, a journal that grows by the gigabyte meets its end; in bytes.
_ROOM_SHORT = 1_024**3
_ROOM_NONE = 64 * 1_024**2
# So many writes are timed, and for at most so long, in seconds.
_SYNCS = 20
_SYNCS_S = 0.7
# A commit that takes longer (s) is felt in every step that waits for it.
_SYNC_SLOW_S = 0.05
# Locks and shared memory do not work reliably here, and SQLite needs both.
_REMOTE = frozenset({"9p", "afs", "ceph", "cifs", "fuse.sshfs", "glusterfs", "nfs", "nfs4", "smb3"})
_PASSING = frozenset({"ramfs", "tmpfs"})
# Before this nobody ran this program: Unix seconds of 2025-01-01.
_YOUNGEST = 1_735_689_600.0


def installed() -> Iterator[Looked]:
    """Python, and what must be installed for it. Imports nothing of that, save SQLite."""
    yield _python()
    yield from _packages()
    yield _sqlite()
    yield _loop()


def surroundings(folder: Path) -> Iterator[Looked]:
    """The disk below `folder`, where the workspace is or would be, and the clock."""
    yield from _disk(folder)
    yield _clock()


def _python() -> Looked:
    made, bits = platform.python_implementation(), 64 if sys.maxsize > 2**32 else 32
    said = f"{platform.python_version()} ({made}, {bits} bits, {sys.platform})"
    if bits == 32:
        return warning("python", said, "use a Python of 64 bits: journals of some size need it")
    return well("python", said)


def _packages() -> Iterator[Looked]:
    try:
        yield well("batuta", version("batuta"))
    except PackageNotFoundError:
        yield well("batuta", "running from its source, not installed")
    found: list[str] = []
    for name in _REQUIRED:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            said = f"{name} is missing, and nothing runs without it"
            yield problem("packages", said, f"pip install {name}, or batuta anew")
    yield well("packages", ", ".join(found))


def _sqlite() -> Looked:
    try:
        import apsw
    except ImportError as error:
        return problem("sqlite", f"it cannot be loaded: {error}", "pip install apsw")
    return well("sqlite", f"{apsw.sqlite_lib_version()} (apsw {apsw.apsw_version()})")


def _loop() -> Looked:
    try:
        importlib.import_module("uvloop")
        return well("uvloop", version("uvloop"))
    except (ImportError, PackageNotFoundError):
        return well("uvloop", "not installed, not needed; `pip install 'batuta[speed]'` is faster")


def _disk(folder: Path) -> Iterator[Looked]:
    home = folder / ".batuta"
    home = home if home.is_dir() else folder
    kind = _file_system(home)
    if kind in _REMOTE:
        yield problem(
            "file system", f"{kind}: a journal needs locks that hold, and here they may not",
            "keep the workspace on a disk of this machine",
        )  # fmt: skip
    elif kind in _PASSING:
        yield warning(
            "file system", f"{kind}: it forgets everything when the machine stops",
            "keep the workspace on a disk",
        )  # fmt: skip
    elif kind:
        yield well("file system", kind)
    free = shutil.disk_usage(home).free
    if free < _ROOM_NONE:
        yield problem("disk", f"{size(free)} free", "make room: runs cannot go on without it")
    elif free < _ROOM_SHORT:
        yield warning("disk", f"{size(free)} free", "make room; `batuta gc` erases old payloads")
    else:
        yield well("disk", f"{size(free)} free")
    yield _written(home)


def _written(folder: Path) -> Looked:
    """How long it takes until something is on the disk; in a file without a name, which leaves no trace."""
    times_s: list[float] = []
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            end = time.perf_counter() + _SYNCS_S
            while len(times_s) < _SYNCS and time.perf_counter() < end:
                began = time.perf_counter()
                file.write(b"\0" * 4_096)
                file.flush()
                os.fsync(file.fileno())
                times_s.append(time.perf_counter() - began)
    except OSError as error:
        said = f"{folder} cannot be written: {error.strerror or error}"
        return problem("writing", said, "check rights and room; runs need to write there")
    median_s = statistics.median(times_s)
    said = f"4 KiB are on the disk after {median_s * 1_000:.3g} ms (median of {len(times_s)})"
    if median_s > _SYNC_SLOW_S:
        return warning(
            "writing", said, "a slow disk: each step waits for it; a local one is faster"
        )
    return well("writing", said)


def _clock() -> Looked:
    now = time.time()
    said = datetime.fromtimestamp(now).astimezone().isoformat(sep=" ", timespec="seconds")
    if now < _YOUNGEST:
        return problem("clock", f"{said}: it is wrong", "set the clock of this machine")
    return well("clock", said)


def _file_system(path: Path) -> str:
    """Its kind, "" where the system does not say."""
    try:
        lines = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    kinds = {parts[1]: parts[2] for line in lines if len(parts := line.split()) > 2}
    place = path.resolve()
    return next((kinds[str(one)] for one in (place, *place.parents) if str(one) in kinds), "")
