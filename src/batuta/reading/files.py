"""Which files of the workspace may be read and written: `files: {read: [data/**], write: [out/**]}`."""

import msgspec

from batuta.reading.paths import read_path
from batuta.reading.shapes import integer, one_or_more, record

__all__ = ["BYTES_DEFAULT", "FilesConfig", "read_files"]

PATTERNS_MAX = 100
# Largest file that is taken, in bytes: 4 GiB are hashed in some seconds.
BYTES_DEFAULT = 4 * 1_024**3
BYTES_MAX = 1_024**5


class FilesConfig(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Patterns of paths below the workspace; `**` goes through folders. Hidden files only where a pattern names them.

    Attributes:
        read: what steps may read, and inputs may name.
        write: what steps may write.
        bytes_max: the largest file that is read, in bytes.
    """

    read: tuple[str, ...] = ("**",)
    write: tuple[str, ...] = ("out/**",)
    bytes_max: int = BYTES_DEFAULT


read_files = record(
    FilesConfig,
    {
        "read": one_or_more(read_path, PATTERNS_MAX),
        "write": one_or_more(read_path, PATTERNS_MAX),
        "bytes_max": integer(1, BYTES_MAX),
    },
    what="what may be read and written: a map with `read`, `write` or `bytes_max`",
)
