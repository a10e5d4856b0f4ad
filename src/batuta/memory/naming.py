"""Names and texts as they are kept: bounded, and such that people can tell them apart."""

import unicodedata

from batuta.errors import CallFailed

__all__ = ["NAME_CHARS_MAX", "checked_name", "checked_text", "composed"]

NAME_CHARS_MAX = 200
# What nobody sees, or what breaks a line: control characters, halves of characters, line and paragraph separators.
_UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})


def composed(text: str) -> str:
    """`text` in composed Unicode: the same however it was typed."""
    return unicodedata.normalize("NFC", text)


def checked_name(name: str, what: str) -> str:
    """A name as it is kept: composed Unicode, so that it is the same however it was typed. `what`: for messages.

    Raises:
        CallFailed: `invalid`: it is empty, too long, or has what nobody sees.
    """
    name = composed(name)
    if not 0 < len(name) <= NAME_CHARS_MAX:
        raise CallFailed(f"{what} may have 1 to {NAME_CHARS_MAX} characters", code="invalid")
    seen = _UNSEEN.isdisjoint(map(unicodedata.category, name))
    if not seen or name != name.strip():
        raise CallFailed(f"{what} may have no line breaks, and no blanks around it", code="invalid")
    return name


def checked_text(text: str, chars_max: int, what: str, remedy: str) -> str:
    """`text` itself. `what` it is and the `remedy` for one that is too long are for messages.

    Raises:
        CallFailed: `too_large`, or `invalid`: it says nothing, or is no Unicode.
    """
    if len(text) > chars_max:
        raise CallFailed(
            f"{what} of {len(text):,} characters, at most {chars_max:,}: {remedy}", code="too_large"
        )
    try:
        text.encode()
    except UnicodeEncodeError:
        raise CallFailed(f"{what} has half of a character", code="invalid") from None
    return text
