"""Files that are written where somebody said: all of it or nothing."""

import errno
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from batuta.errors import InputError

__all__ = ["write_whole"]


def write_whole(path: Path, text: str, *, replace: bool) -> None:
    """Write `text` to `path`; with `replace` over what is there. What a link leads to is written, not the link.

    Who may read and write what was there may read and write what is there then.

    A device or a pipe (`/dev/stdout`) is written into: it must never be replaced by a file.

    Raises:
        InputError: it cannot be written, is a folder, or is there already.
    """
    if path.is_dir() or (path.exists() and not replace):
        what = "is a folder" if path.is_dir() else "is there already"
        raise InputError(f"{str(path)!r} {what}", remedy="choose another name")
    whole, named = "", path
    try:
        if path.exists() and (not path.is_file() or path.parent == Path("/dev")):
            path.write_text(text, encoding="utf-8")
            return
        path = path.resolve()
        if (
            path.is_symlink()
        ):  # from Python 3.13 on, links in a circle are resolved to one of themselves
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        # A neighbour first, so that nobody ever reads half of it.
        whole = str(path.with_name(f".{path.name[:64]}.{secrets.token_hex(4)}"))
        handle = os.open(whole, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        with open(handle, "w", encoding="utf-8") as file:
            if path.exists():  # whoever may not read it still may not
                os.chmod(whole, stat.S_IMODE(path.stat().st_mode))
            file.write(text)
        os.replace(whole, path)
    except (OSError, ValueError, RuntimeError) as error:  # the last for links in a circle
        with suppress(OSError):
            os.unlink(whole)
        said = getattr(error, "strerror", None) or error
        raise InputError(
            f"{str(named)!r} cannot be written: {said}",
            remedy="name a file in a folder that exists and is yours",
        ) from None
