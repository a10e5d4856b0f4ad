"""file.list: the files that a pattern fits, as references."""

import os
from collections.abc import Callable, Iterator
from typing import Annotated, TypedDict

import msgspec

from batuta.capabilities.files.content import reference_of
from batuta.capabilities.files.folder import Folder
from batuta.capabilities.files.patterns import fits, fixed_part
from batuta.capabilities.files.trouble import Trouble
from batuta.capabilities.function import capability
from batuta.spec.file import FileReference

__all__ = ["LIMIT_DEFAULT", "LIMIT_MAX", "Listed", "list_of"]

LIMIT_DEFAULT = 1_000
LIMIT_MAX = 10_000
# Names that are looked at; a larger folder is a database.
ENTRIES_MAX = 500_000
_DEPTH_MAX = 64


class Listed(TypedDict):
    """References in the order of their paths; whether there are more."""

    files: list[FileReference]
    more: bool


def list_of(folder: Folder) -> Callable[..., Listed]:
    """The capability for the files of `folder`."""

    @capability("file.list", effect="read", reach="local", timeout="10m")
    def list_files(
        glob: Annotated[
            str, msgspec.Meta(description='"data/*.csv"; ** goes through folders', max_length=1_024)
        ],
        limit: Annotated[
            int, msgspec.Meta(ge=1, le=LIMIT_MAX, description="files at most")
        ] = LIMIT_DEFAULT,
    ) -> Listed:
        """Finds the files that a pattern fits, each as a reference that can be read later."""
        pattern = folder.relative(glob)
        paths = sorted(path for path in _below(folder, fixed_part(pattern)) if fits(path, pattern))
        found: list[FileReference] = []
        for path in paths:
            if len(found) == limit:
                return {"files": found, "more": True}
            try:
                found.append(reference_of(folder, path))
            except Trouble as error:
                # A link that leads out or nowhere, a device, a file that vanished: nothing that could be read.
                if error.code in ("too_large", "unavailable", "changed"):
                    raise
        return {"files": found, "more": False}

    return list_files


def _below(folder: Folder, start: str) -> Iterator[str]:
    """The paths of what may be read below `start`, links to folders not followed."""
    pending = [start]
    seen = 0
    while pending:
        at = pending.pop()
        try:
            entries = list(os.scandir(folder.root / at if at else folder.root))
        except OSError:
            continue  # not there, or nobody may look
        for entry in entries:
            seen += 1
            if seen > ENTRIES_MAX:
                raise Trouble(
                    "too_large", f"there are more than {ENTRIES_MAX:,} names below {start or 'the workspace'}",
                    "name the folder in the pattern",
                )  # fmt: skip
            path = f"{at}/{entry.name}" if at else entry.name
            if entry.is_dir(follow_symlinks=False):
                if path.count("/") < _DEPTH_MAX:
                    pending.append(path)
            elif folder.readable(path):
                yield path
