"""Texts by the words in them: full-text indexes over the rows of a table, each judged by its own collection."""

from typing import Any

import apsw

from batuta.storage.connection import Connection, Database

__all__ = ["WordIndex", "create_words"]

# English endings are cut; words of other languages pass through almost as they are.
_TOKENIZER = ("porter", "unicode61", "remove_diacritics", "2")
# What stands over many texts (a heading, a name) says less of each than its own words.
_ABOVE_WEIGHT = 0.6
# Words whose counts are remembered.
_COUNTS_MAX = 50_000


def create_words(
    db: Database, number: int, table: str, columns: tuple[str, str], *, overwrite: bool = False
) -> None:
    """An index with this number over two `columns` of `table`: what stands above a text, and the text.

    `overwrite`: words that are deleted are not in the file any more.
    """
    above, text = columns
    db.execute(
        f"CREATE VIRTUAL TABLE words_{number} USING fts5 ({above}, {text}, content='{table}',"
        f" content_rowid='id', tokenize='{' '.join(_TOKENIZER)}');"
        f"CREATE VIRTUAL TABLE vocabulary_{number} USING fts5vocab (words_{number}, row)"
    )
    if overwrite:
        db.execute(f"INSERT INTO words_{number} (words_{number}, rank) VALUES ('secure-delete', 1)")


class WordIndex:
    """The index with this number, as it is asked; its collection is the row of this id in `collections`.

    Raises as the connection does.
    """

    def __init__(self, connection: Connection, number: int) -> None:
        self._connection = connection
        self._number = number
        self._split: Any = connection.used(
            lambda db: db.fts5_tokenizer(_TOKENIZER[0], list(_TOKENIZER[1:]))
        )
        # To count a frequent word is to read its whole list: a millisecond for one that is in 50,000 texts.
        self._counts: dict[str, int] = {}
        self._generation = -1

    def generation(self) -> int:
        """One more with every change of what can be found in the collection; words are counted anew then."""
        rows = self._connection.rows(
            "SELECT generation FROM collections WHERE id = ?", (self._number,)
        )
        if rows[0][0] != self._generation or len(self._counts) > _COUNTS_MAX:
            self._counts, self._generation = {}, rows[0][0]
        return self._generation

    def terms(self, text: str) -> list[str]:
        """The words of `text` as the index has them."""
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

    def frequency(self, term: str) -> int:
        """How many texts of the collection have the word."""
        count = self._counts.get(term)
        if count is None:
            rows = self._connection.rows(
                f"SELECT doc FROM vocabulary_{self._number} WHERE term = ?", (term,)
            )
            count = self._counts[term] = rows[0][0] if rows else 0
        return count

    def matching(self, expression: str, limit: int) -> list[tuple[int, float]]:
        """The best texts for an expression of FTS5: ids and BM25 (the larger the better)."""
        return self._connection.rows(
            f"SELECT rowid, -bm25(words_{self._number}, {_ABOVE_WEIGHT}, 1.0) AS score FROM words_{self._number}"
            f" WHERE words_{self._number} MATCH ? ORDER BY score DESC, rowid LIMIT ?",
            (expression, limit),
        )
