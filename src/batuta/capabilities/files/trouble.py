"""What goes wrong with a file, as a failure that says where and what to do."""

from collections.abc import Sequence

from batuta.errors import CallFailed

__all__ = ["Trouble", "flawed", "reason_of"]

# Characters of flaws in one message, which is cut at 1,000, with room for what to do.
_FLAWS_CHARS_MAX = 750


class Trouble(CallFailed):
    """A file cannot be read or written; nothing happened.

    `code`: `not_found`, `forbidden`, `changed`, `too_large`, `invalid`, `invalid_data`, `unsupported`, `unavailable`,
    `full`.
    """

    def __init__(self, code: str, what: str, remedy: str = "", *, may_retry: bool = False) -> None:
        super().__init__("; ".join(filter(None, [what, remedy])), code=code, may_retry=may_retry)
        self.what = what
        self.remedy = remedy


def flawed(flaws: Sequence[str], remedy: str) -> Trouble:
    """What is wrong with a table: the first of `flaws`, each with its place, as many as a message has room for."""
    told = flaws[0]
    for flaw in flaws[1:]:
        if len(told) + len(flaw) > _FLAWS_CHARS_MAX:
            told += "; and more"
            break
        told += f"; {flaw}"
    return Trouble("invalid_data", told, remedy)


def reason_of(error: OSError | ValueError) -> str:
    """Why the system refused, in its own words."""
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
