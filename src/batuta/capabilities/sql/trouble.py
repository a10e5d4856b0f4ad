"""What goes wrong with a database, as a failure that says what to do."""

from batuta.spec.call import Failed

__all__ = ["Trouble"]


class Trouble(Exception):
    """A statement failed, and nothing of it is stored unless `in_doubt`.

    Attributes:
        code: `timeout`, `forbidden`, `invalid`, `not_found`, `unavailable`, `too_large`, `conflict`, `broken`.
        may_retry: asking again may help, and is safe.
        in_doubt: the end of a transaction was sent and never confirmed.
    """

    def __init__(
        self,
        code: str,
        message: str,
        remedy: str = "",
        *,
        may_retry: bool = False,
        in_doubt: bool = False,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = remedy
        self.may_retry = may_retry
        self.in_doubt = in_doubt

    def failed(self) -> Failed:
        """The outcome of the call."""
        text = "; ".join(filter(None, [self.message, self.remedy]))
        return Failed(self.code, text, may_retry=self.may_retry, in_doubt=self.in_doubt)
