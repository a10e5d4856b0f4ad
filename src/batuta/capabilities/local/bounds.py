"""What the capabilities of this room take at most, so that no text takes a minute."""

from batuta.errors import CallFailed

__all__ = ["TEXT_CHARS_MAX", "bounded"]

# About 300 pages; reading every kind of value in them takes 2 s.
TEXT_CHARS_MAX = 1_000_000


def bounded(text: str, name: str, chars_max: int = TEXT_CHARS_MAX) -> str:
    """`text`, if it is short enough. Raises `CallFailed` with the code `too_large`."""
    if len(text) > chars_max:
        raise CallFailed(
            f"{name}: a text of {len(text):,} characters; at most {chars_max:,}. Cut it into pieces",
            code="too_large",
        )
    return text
