"""What stored values are named by, and how long those live that nothing refers to."""

from batuta.errors import JournalBroken
from batuta.spec.value import value_key

__all__ = ["GRACE_S", "verify"]

# A value is stored before the fact that refers to it; nothing younger than this is ever collected (seconds).
GRACE_S = 3_600.0


def verify(ref: str, encoded: bytes, parent: bytes | None, key: bytes) -> bytes:
    """`encoded`, if it is what `ref` names.

    `parent`: the first journals could link a message to the one before, and named it by both. Nothing writes such
    links any more (decision 12).

    Raises:
        JournalBroken: it is not.
    """
    named = parent.hex().encode() + b"\n" + encoded if parent else encoded
    if value_key(named, key) != ref:
        raise JournalBroken(
            f"the stored value {ref} is damaged: it does not fit its name",
            remedy="restore the journal from a backup: batuta restore FILE",
        )
    return encoded
