"""file.read: the text of a file."""

from collections.abc import Callable
from typing import Annotated, TypedDict

import msgspec

from batuta.capabilities.files.content import whole
from batuta.capabilities.files.encodings import decoded
from batuta.capabilities.files.folder import Folder
from batuta.capabilities.function import capability
from batuta.spec.file import FileReference

__all__ = ["TEXT_BYTES_MAX", "Read", "read_of"]

# 16 MiB: some 4,000 pages. The text becomes a value of the run.
TEXT_BYTES_MAX = 16 * 1_024 * 1_024


class Read(TypedDict):
    """The text, what it was written in, and the reference to the file as it was when it was read."""

    text: str
    encoding: str
    file: FileReference


def read_of(folder: Folder) -> Callable[..., Read]:
    """The capability for the files of `folder`."""

    @capability("file.read", effect="read", reach="local", timeout="1m")
    def read(
        file: Annotated[
            str | FileReference, msgspec.Meta(description="a path, or a reference to a file")
        ],
        encoding: Annotated[
            str | None,
            msgspec.Meta(
                description='"windows-1252": what the text is written in; UTF-8 by default'
            ),
        ] = None,
    ) -> Read:
        """Reads the text of a file of at most 16 MiB."""
        content, reference = whole(folder, file, min(TEXT_BYTES_MAX, folder.settings.bytes_max))
        text, codec = decoded(content, encoding, reference["path"])
        return {"text": text, "encoding": codec, "file": reference}

    return read
