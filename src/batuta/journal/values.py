"""How values are stored, what they are named by, and how long those live that nothing refers to."""

import zlib

from batuta.errors import JournalBroken
from batuta.spec.value import VALUE_BYTES_MAX, value_key

__all__ = ["GRACE_S", "packed", "unpacked", "verify"]

# A value is stored before the fact that refers to it; nothing younger than this is ever collected (seconds).
GRACE_S = 3_600.0
# What is smaller gains little; what is larger would keep the commits of others waiting (40 ms for each MiB).
_PACKED_BYTES_MIN = 512
_PACKED_BYTES_MAX = 1_024 * 1_024
# The first byte of what zlib has packed. No JSON begins with it.
_PACKED = b"x"


def packed(encoded: bytes) -> bytes:
    """`encoded` as it stands in the file: packed, where that makes it smaller by a tenth at least."""
    if not _PACKED_BYTES_MIN <= len(encoded) <= _PACKED_BYTES_MAX:
        return encoded
    # The quickest level: the others are slower by a half and more, and gain a few percent.
    body = zlib.compress(encoded, 1)
    return body if len(body) <= 0.9 * len(encoded) else encoded


def verify(ref: str, body: bytes, parent: bytes | None, key: bytes) -> bytes:
    """The JSON of `body`, packed or not, if it is what `ref` names.

    `parent`: the first journals could link a message to the one before, and named it by both. Nothing writes such
    links any more (decision 12).

    Raises:
        JournalBroken: it is not.
    """
    encoded = unpacked(body)
    named = parent.hex().encode() + b"\n" + encoded if parent else encoded
    if value_key(named, key) != ref:
        raise JournalBroken(
            f"the stored value {ref} is damaged: it does not fit its name",
            remedy="restore the journal from a backup: batuta restore FILE",
        )
    return encoded


def unpacked(body: bytes) -> bytes:
    """What `packed` was given, whatever it made of it."""
    if not body.startswith(_PACKED):
        return body
    try:
        return zlib.decompressobj().decompress(body, VALUE_BYTES_MAX)
    except zlib.error:
        return body  # which fits no name
