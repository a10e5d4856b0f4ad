"""The folder of the workspace as steps see it: what is in it, what of that may be read, and where may be written.

Whatever a path says, links included, what is opened is inside the folder and fits the patterns of the workspace.
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path, PureWindowsPath
from typing import Any, BinaryIO, NamedTuple

from batuta.capabilities.files.patterns import fits_any
from batuta.capabilities.files.trouble import Trouble, reason_of
from batuta.reading.files import FilesConfig

__all__ = ["Folder", "Opened", "path_of"]

PATH_CHARS_MAX = 1_024
_SHOWN_CHARS = 120
# What the workspace keeps for itself; nothing of it is anybody's data.
_OWN = ".batuta"
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
# A pipe that is opened to be read waits for its writer otherwise, for ever.
_AT_ONCE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


class Opened(NamedTuple):
    """A file that may be read. `path`: below the folder, with `/`, as it was asked for."""

    path: str
    file: BinaryIO
    status: os.stat_result


def path_of(file: str | Mapping[str, Any]) -> str:
    """The path in a reference, or the path itself."""
    return file if isinstance(file, str) else str(file["path"])


class Folder:
    """`root` with what `settings` allow. `kept`: patterns of files that nobody overwrites (plans, modules)."""

    def __init__(
        self, root: Path, settings: FilesConfig | None = None, kept: tuple[str, ...] = ()
    ) -> None:
        self.root = root
        self.settings = settings or FilesConfig()
        self._kept = ("batuta.yaml", *kept)

    def open(self, path: str) -> Opened:
        """Open the file at `path` for reading; the caller closes it.

        Raises:
            Trouble: it is not there, not a file, too large, or not to be read.
        """
        relative = self.relative(path)
        # Whether something hidden is there is nobody's business either.
        self._check_readable(relative, relative)
        real = self._real(relative)
        self._check_readable(real.relative_to(self._root()).as_posix(), relative)
        try:
            number = os.open(real, os.O_RDONLY | _NO_LINK | _AT_ONCE)
        except FileNotFoundError:
            raise _missing(relative) from None
        except OSError as error:
            raise _unreadable(relative, error) from None
        try:
            status = os.fstat(number)
            self._check_status(relative, status)
        except BaseException:
            os.close(number)
            raise
        return Opened(relative, os.fdopen(number, "rb"), status)

    def readable(self, path: str) -> bool:
        """True if `path`, relative and plain, may be read as far as its name tells."""
        return path.split("/", 1)[0].casefold() != _OWN and fits_any(path, self.settings.read)

    def target(self, path: str) -> tuple[str, Path]:
        """Where `path` is to be written: below the folder, and as the system knows it. Makes no folders.

        Raises:
            Trouble: it is not to be written.
        """
        relative = self.relative(path)
        self._check_writable(relative, relative)
        parent, name = os.path.split(relative)
        try:
            real = Path(os.path.realpath(self.root / parent)) / name
            inside = real.is_relative_to(self._root())
        except (OSError, ValueError) as error:
            raise _unreadable(relative, error) from None
        if not inside:
            raise _outside(relative)
        self._check_writable(real.relative_to(self._root()).as_posix(), relative)
        if os.path.isdir(real):
            raise Trouble("invalid", f"{relative} is a folder", "name a file in it")
        return relative, real

    def relative(self, path: str) -> str:
        """`path` as it stands below the folder, with `/`; whether there is anything is not asked.

        Raises:
            Trouble: it is no path, or leads out.
        """
        shown = path if len(path) <= _SHOWN_CHARS else path[:_SHOWN_CHARS] + "…"
        if not path or path.isspace():
            raise Trouble("invalid", "the path is empty", "name a file of the workspace")
        if len(path) > PATH_CHARS_MAX:
            raise Trouble("invalid", f"{shown!r} is longer than {PATH_CHARS_MAX:,} characters")
        if any(ord(char) < 32 or char == "\x7f" or "\ud800" <= char <= "\udfff" for char in path):
            raise Trouble("invalid", f"{shown!r} is no path: it has letters that nobody can see")
        if "\\" in path or PureWindowsPath(path).drive:
            raise Trouble(
                "invalid", f"{shown!r} is no path of the workspace", "write / between folders"
            )
        if path.startswith("/"):
            raise Trouble(
                "forbidden",
                f"{shown!r} is not a path below the workspace",
                "write it relative to the folder of batuta.yaml",
            )
        parts: list[str] = []
        for part in path.split("/"):
            if part == "..":
                if not parts:
                    raise _outside(shown)
                parts.pop()
            elif part not in ("", "."):
                parts.append(part)
        if not parts:
            raise Trouble("invalid", f"{shown!r} is the workspace itself", "name a file in it")
        return "/".join(parts)

    def _root(self) -> Path:
        return Path(os.path.realpath(self.root))

    def _real(self, relative: str) -> Path:
        """Where `relative` leads when all links are followed, inside the folder."""
        try:
            real = Path(os.path.realpath(self.root / relative, strict=True))
        except FileNotFoundError:
            raise _missing(relative) from None
        except NotADirectoryError:
            raise _missing(relative) from None
        except (OSError, ValueError) as error:
            raise _unreadable(relative, error) from None
        if not real.is_relative_to(self._root()):
            raise _outside(relative)
        return real

    def _check_readable(self, real: str, named: str) -> None:
        if self.readable(real):
            return
        hidden = any(part.startswith(".") for part in real.split("/"))
        what = "is hidden" if hidden else "is not to be read"
        remedy = "take another file, or name it under `files: {read: […]}` in batuta.yaml"
        if real.split("/", 1)[0].casefold() == _OWN:
            what, remedy = "belongs to the workspace itself", "take another file"
        raise Trouble("forbidden", f"{named} {what}", remedy)

    def _check_writable(self, real: str, named: str) -> None:
        hidden = any(part.startswith(".") for part in real.split("/"))
        own = real.split("/", 1)[0].casefold() == _OWN or fits_any(real.casefold(), self._kept)
        if own or fits_any(real, self._kept):
            raise Trouble(
                "forbidden", f"{named} belongs to the workspace itself", "write elsewhere"
            )
        if hidden or not fits_any(real, self.settings.write):
            allowed = ", ".join(self.settings.write[:5])
            raise Trouble(
                "forbidden",
                f"{named} is not to be written; what fits {allowed} is",
                "write there, or name it under `files: {write: […]}` in batuta.yaml",
            )

    def _check_status(self, relative: str, status: os.stat_result) -> None:
        if stat.S_ISDIR(status.st_mode):
            raise Trouble(
                "invalid", f"{relative} is a folder", "name a file in it, or use file.list"
            )
        if not stat.S_ISREG(status.st_mode):
            raise Trouble("invalid", f"{relative} is no file but a device, a pipe or a socket")
        if status.st_size > self.settings.bytes_max:
            raise Trouble(
                "too_large",
                f"{relative} has {status.st_size:,} bytes; at most {self.settings.bytes_max:,} are taken",
                "cut it, or raise `files: {bytes_max: …}` in batuta.yaml",
            )


def _missing(relative: str) -> Trouble:
    return Trouble(
        "not_found",
        f"there is no file {relative!r} in the workspace",
        "check the path; it is relative to the folder of batuta.yaml",
    )


def _outside(shown: str) -> Trouble:
    return Trouble(
        "forbidden", f"{shown!r} leads out of the workspace", "copy the file into its folder"
    )


def _unreadable(relative: str, error: OSError | ValueError) -> Trouble:
    return Trouble("unavailable", f"{relative} cannot be opened: {reason_of(error)}")
