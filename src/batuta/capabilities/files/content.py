"""What is in a file, held against the reference that named it."""

import hashlib
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO

from batuta.capabilities.files.folder import Folder, Opened, path_of
from batuta.capabilities.files.trouble import Trouble, reason_of
from batuta.spec.file import FileReference

__all__ = ["opened", "reference_of", "whole"]

_CHUNK_BYTES = 1_024 * 1_024
# Hashes of files that have not changed since, by what the system says of them: 2 GB are not hashed at every page.
_KNOWN_MAX = 4_096
# A file that was changed so shortly before it was hashed may be changed again without its time telling (s).
_SETTLED_S = 2.0

_known: OrderedDict[tuple[int, ...], str] = OrderedDict()
_lock = threading.Lock()


@contextmanager
def opened(
    folder: Folder, file: str | Mapping[str, Any]
) -> Generator[tuple[Opened, FileReference]]:
    """The file that `file` (a path or a reference) names, open, and its reference as it is now.

    What was read is sure only if nothing is raised at the end.

    Raises:
        Trouble: it cannot be read, or is not what the reference says (`changed`), also while it is being read.
    """
    with opened_only(folder, path_of(file)) as one:
        reference = _reference(one)
        _check(file, reference)
        yield one, reference
        if _identity(os.fstat(one.file.fileno())) != _identity(one.status):
            raise _changed(one.path, "while it was read", may_retry=True)


@contextmanager
def opened_only(folder: Folder, path: str) -> Generator[Opened]:
    """The file at `path`, open; errors of the device are told as such. Raises `Trouble`."""
    one = folder.open(path)
    with one.file:
        try:
            yield one
        except OSError as error:
            raise Trouble(
                "unavailable", f"{one.path} cannot be read: {reason_of(error)}", may_retry=True
            ) from None


def whole(
    folder: Folder, file: str | Mapping[str, Any], bytes_max: int
) -> tuple[bytes, FileReference]:
    """All that is in a file of at most `bytes_max` bytes, and its reference. Raises `Trouble`."""
    with opened_only(folder, path_of(file)) as one:
        content = one.file.read(bytes_max + 1)
    if len(content) > bytes_max:
        raise Trouble(
            "too_large",
            f"{one.path} has more than {bytes_max:,} bytes",
            "read it in parts: file.rows takes tables of any size",
        )
    sha256 = hashlib.sha256(content).hexdigest()
    reference = FileReference(path=one.path, bytes=len(content), sha256=sha256)
    _check(file, reference)
    return content, reference


def reference_of(folder: Folder, file: str | Mapping[str, Any]) -> FileReference:
    """The reference of a file as it is now; if `file` is a reference itself, it must still hold. Raises `Trouble`."""
    with opened(folder, file) as (_, reference):
        return reference


def _check(file: str | Mapping[str, Any], now: FileReference) -> None:
    if not isinstance(file, str) and (file["sha256"], file["bytes"]) != (
        now["sha256"],
        now["bytes"],
    ):
        raise _changed(now["path"], "since the run was given it")


def _changed(path: str, when: str, *, may_retry: bool = False) -> Trouble:
    remedy = "put the old content back, or start a new run"
    return Trouble("changed", f"{path} was changed {when}", remedy, may_retry=may_retry)


def _reference(one: Opened) -> FileReference:
    identity = _identity(one.status)
    with _lock:
        sha256 = _known.get(identity, "")
    if not sha256:
        sha256 = _hashed(one.file)
        if time.time() - one.status.st_mtime > _SETTLED_S:
            with _lock:
                _known[identity] = sha256
                if len(_known) > _KNOWN_MAX:
                    _known.popitem(last=False)
    return FileReference(path=one.path, bytes=one.status.st_size, sha256=sha256)


def _hashed(file: BinaryIO) -> str:
    # hashlib.file_digest would do, with chunks of 256 KiB; it reads from where the file stands, too.
    whole = hashlib.sha256()
    while chunk := file.read(_CHUNK_BYTES):
        whole.update(chunk)
    file.seek(0)
    return whole.hexdigest()


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return (
        status.st_dev,
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )
