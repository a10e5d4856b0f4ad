"""Formats of strings that no text can have two of."""

__all__ = ["formats_apart"]

# No text is two of these: a uuid has dashes and no colon, a duration begins with P, an e-mail address has an @ that no
# other has where it may stand, a uri a scheme that begins with a letter.
_DISTINCT = frozenset({"date", "date-time", "duration", "email", "ipv4", "time", "uri", "uuid"})


def formats_apart(a: str, b: str) -> bool:
    """True if certainly no text has both formats."""
    return a != b and a in _DISTINCT and b in _DISTINCT
