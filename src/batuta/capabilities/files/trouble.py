"""What goes wrong with a file, as a failure that says where and what to do."""

from batuta.errors import CallFailed

__all__ = ["Trouble", "reason_of"]


class Trouble(CallFailed):
    """A file cannot be read or written; nothing happened.

    `code`: `not_found`, `forbidden`, `changed`, `too_large`, `invalid`, `invalid_data`, `unsupported`, `unavailable`,
    `full`.
    """

    def __init__(self, code: str, what: str, remedy: str = "", *, may_retry: bool = False) -> None:
        super().__init__("; ".join(filter(None, [what, remedy])), code=code, may_retry=may_retry)
        self.what = what
        self.remedy = remedy


def reason_of(error: OSError | ValueError) -> str:
    """Why the system refused, in its own words."""
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
