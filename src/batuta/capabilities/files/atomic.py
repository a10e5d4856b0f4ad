"""A file is written whole or not at all, whatever happens meanwhile."""

import contextlib
import errno
import hashlib
import os
import secrets
from pathlib import Path

from batuta.capabilities.files.folder import Folder
from batuta.capabilities.files.trouble import Trouble, reason_of
from batuta.spec.file import FileReference

__all__ = ["write_whole"]

_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NO_PATH = frozenset({errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.EINVAL, errno.ELOOP})
_EXCLUSIVE = (
    os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
)


def write_whole(folder: Folder, path: str, content: bytes, key: str) -> FileReference:
    """Put `content` in the place of whatever was at `path`, durably; its reference.

    Under the same `key` it may be called again, after a crash or by somebody else at the same time: what is at
    `path` is always one whole content. What an earlier call left behind is taken away.

    Raises:
        Trouble: nothing has changed at `path`.
    """
    relative, target = folder.target(path)
    reference = FileReference(
        path=relative, bytes=len(content), sha256=hashlib.sha256(content).hexdigest()
    )
    mark = hashlib.blake2b(f"{key}\0{relative}".encode(), digest_size=6).hexdigest()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # The folder may have been replaced by a link while it was made.
        relative, target = folder.target(path)
        if _is(target, content):
            return reference
        for left in target.parent.glob(f".batuta-{mark}-*.part"):
            left.unlink(missing_ok=True)
        part = target.parent / f".batuta-{mark}-{secrets.token_hex(4)}.part"
        _write(part, content)
        try:
            os.replace(part, target)
        except OSError:
            part.unlink(missing_ok=True)
            raise
        _settle(target.parent)
    except OSError as error:
        full = error.errno in _NO_SPACE
        remedy = "make room, and go on" if full else "make the folder writable"
        if error.errno in _NO_PATH:
            remedy = "choose another path"
        raise Trouble(
            "full" if full else "unavailable",
            f"{relative} cannot be written: {reason_of(error)}",
            remedy,
            may_retry=error.errno not in _NO_PATH,
        ) from None
    return reference


def _is(target: Path, content: bytes) -> bool:
    """True if a file is there with this content: it is left alone, and keeps its time."""
    try:
        if target.is_symlink() or target.stat().st_size != len(content):
            return False
        return target.read_bytes() == content
    except OSError:
        return False


def _write(part: Path, content: bytes) -> None:
    number = os.open(part, _EXCLUSIVE, 0o666)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def _settle(folder: Path) -> None:
    """The new name is durable, too. Not everywhere can a folder be opened (Windows): there it is nobody's to say."""
    try:
        number = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(number)
    except OSError:
        pass
    finally:
        os.close(number)
