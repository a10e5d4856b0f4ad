"""Names of steps as a sentence holds them."""

from collections.abc import Sequence

__all__ = ["listed"]

# More names are counted, and not told.
_LISTED_MAX = 8


def listed(names: Sequence[str]) -> str:
    """`a, b, c`, and how many more there are."""
    rest = len(names) - _LISTED_MAX
    return ", ".join(names[:_LISTED_MAX]) + (f" and {rest:,} more" if rest > 0 else "")
