"""The names of stored values, and how long those live that nothing refers to."""

from batuta.errors import JournalBroken
from batuta.spec.value import value_key

__all__ = ["GRACE_S", "name_of", "verify"]

# A value is stored before the fact that refers to it; nothing younger than this is ever collected (seconds).
GRACE_S = 3_600.0


def name_of(encoded: bytes, parent: str, key: bytes) -> str:
    """The name under which a value is stored. A message is named by its text and all that came before it.

    No JSON starts with the hex name of a parent and a line feed, so the two kinds cannot collide.
    """
    return value_key(parent.encode() + b"\n" + encoded if parent else encoded, key)


def verify(ref: str, encoded: bytes, parent: str, key: bytes) -> bytes:
    """`encoded`, if it is what `ref` names.

    Raises:
        JournalBroken: it is not.
    """
    if name_of(encoded, parent, key) != ref:
        raise JournalBroken(
            f"the stored value {ref} is damaged: it does not fit its name",
            remedy="restore the journal from a backup: batuta restore FILE",
        )
    return encoded
