"""Words as the full-text indexes have them."""

from typing import Any

import apsw

from batuta.storage.connection import Connection

__all__ = ["TOKENIZER", "Tokenizer"]

# English endings are cut; words of other languages pass through almost as they are.
TOKENIZER = ("porter", "unicode61", "remove_diacritics", "2")


class Tokenizer:
    """Cuts texts into words as the full-text indexes of a file do."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._split: Any = connection.used(
            lambda db: db.fts5_tokenizer(TOKENIZER[0], list(TOKENIZER[1:]))
        )

    def terms(self, text: str) -> list[str]:
        """The words of `text` as an index has them."""
        content = text.encode("utf-8", "replace")
        return self._connection.used(
            lambda _: self._split(
                content,
                apsw.FTS5_TOKENIZE_QUERY,
                None,
                include_offsets=False,
                include_colocated=False,
            )
        )
