"""The files of a collection: what its patterns fit, inside the workspace and nowhere else."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from batuta.knowledge.formats.reading import format_of

__all__ = ["FILES_MAX", "File", "files_of"]

# Files of one collection.
FILES_MAX = 200_000
_WILD = frozenset("*?[")


class File(NamedTuple):
    """A file that belongs to a collection. `source`: its path below the workspace, with `/`.

    `code`: why it cannot be read, as far as its name tells; "" if it can.
    """

    source: str
    path: Path
    code: str = ""
    message: str = ""


def files_of(root: Path, patterns: Sequence[str]) -> list[File]:
    """The files in `root` that `patterns` fit, sorted, each once, at most `FILES_MAX`.

    A folder stands for everything below it. Hidden files and folders are left out unless a pattern names them, and
    files in formats nobody reads unless a pattern names the file. A link that leads out of `root` is not followed.
    """
    whole = root.resolve()
    found: dict[str, File] = {}
    for pattern in patterns:
        named = not _WILD.intersection(pattern)
        for path in _fitting(root, pattern):
            # A name that is no text cannot be stored as it is.
            source = path.relative_to(root).as_posix().encode("utf-8", "replace").decode("utf-8")
            if source in found:
                continue
            hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
            if hidden and not any(part.startswith(".") for part in Path(pattern).parts):
                continue
            known = bool(format_of(source))
            if not known and not (named and source == Path(pattern).as_posix()):
                continue
            found[source] = _judged(source, path, whole, known)
            if len(found) >= FILES_MAX:
                return sorted(found.values())
    return sorted(found.values())


def _fitting(root: Path, pattern: str) -> Iterator[Path]:
    direct = root / pattern
    if not _WILD.intersection(pattern):
        if not direct.is_dir():
            if direct.is_file() or direct.is_symlink():
                yield direct
            return
        pattern = f"{pattern.rstrip('/')}/**/*"
    elif pattern.endswith("**"):  # which fits folders only
        pattern += "/*"
    for path in root.glob(pattern):
        # Links that lead nowhere are told of; folders and devices are not files.
        if path.is_file() or (path.is_symlink() and not path.is_dir()):
            yield path


def _judged(source: str, path: Path, root: Path, known: bool) -> File:
    try:
        real = Path(os.path.realpath(path, strict=True))
    except OSError as error:
        return File(source, path, "missing", f"the link leads nowhere ({error.strerror})")
    if not real.is_relative_to(root):
        return File(source, path, "outside", "the link leads out of the workspace")
    if not known:
        return File(source, path, "unsupported", f"there is no reader for {path.suffix or 'it'!r}")
    return File(source, path)
