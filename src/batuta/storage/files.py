"""Files that are written where somebody said: all of it or nothing."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from batuta.errors import InputError

__all__ = ["write_whole"]


def write_whole(path: Path, text: str, *, replace: bool) -> None:
    """Write `text` to `path`; with `replace` over what is there. What a link leads to is written, not the link.

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
        # A neighbour first, so that nobody ever reads half of it.
        handle, whole = tempfile.mkstemp(prefix=f".{path.name[:64]}.", dir=path.parent)
        with open(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(whole, 0o666 & ~_umask())
        os.replace(whole, path)
    except (OSError, ValueError, RuntimeError) as error:  # the last for links in a circle
        with suppress(OSError):
            os.unlink(whole)
        said = getattr(error, "strerror", None) or error
        raise InputError(
            f"{str(named)!r} cannot be written: {said}",
            remedy="name a file in a folder that exists and is yours",
        ) from None


def _umask() -> int:
    """What new files of this process are not allowed; there is no other way to ask."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
