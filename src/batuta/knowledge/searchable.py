"""What can be searched: pieces of text with their words and vectors, wherever they are kept."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

__all__ = ["Piece", "Searchable"]


class Piece(Protocol):
    """A piece of text. `heading`: what stands above it."""

    @property
    def id(self) -> int: ...

    @property
    def heading(self) -> str: ...

    @property
    def text(self) -> str: ...


P_co = TypeVar("P_co", bound=Piece, covariant=True)


class Searchable(Protocol[P_co]):
    """A collection as it is searched. Ids of pieces are never given twice, and those of newer ones are larger."""

    @property
    def remedy(self) -> str:
        """What makes vectors of the pieces that have none."""
        ...

    def generation(self) -> int:
        """One more with every change of what can be found in the collection."""
        ...

    def fitting(self, filters: Mapping[str, Any]) -> list[int]:
        """The documents that every filter fits. Raises `InputError` if one is wrong."""
        ...

    def count(self) -> int:
        """How many pieces there are."""
        ...

    def chunk_ids(self, after: int) -> list[tuple[int, int]]:
        """The ids of pieces above `after` and their documents, ascending."""
        ...

    def vectors(self, embedder: str, after: int) -> list[tuple[int, bytes | None]]:
        """The ids of pieces above `after` and their vectors, ascending; None for pieces embedded otherwise."""
        ...

    def dimension(self, embedder: str) -> int:
        """How many numbers the vectors of `embedder` have; 0 if there are none."""
        ...

    def terms(self, text: str) -> list[str]:
        """The words of `text` as the index has them."""
        ...

    def frequency(self, term: str) -> int:
        """How many pieces of the collection have the word, as of the last look at `generation`."""
        ...

    def matching(self, expression: str, limit: int) -> list[tuple[int, float]]:
        """The best pieces for an expression of FTS5: ids and BM25 (the larger the better)."""
        ...

    def hits(self, ids: Sequence[int]) -> Mapping[int, P_co]:
        """The pieces of these ids, as far as they are there."""
        ...
