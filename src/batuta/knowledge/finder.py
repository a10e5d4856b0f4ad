"""The search of this room for texts that others keep."""

import asyncio
from collections.abc import Sequence
from typing import Any, Literal

from batuta.errors import InputError
from batuta.knowledge.embedders import Embedders
from batuta.knowledge.searchable import Searchable
from batuta.ports import Embedder
from batuta.reading.embedder import EmbedderConfig

__all__ = ["Finder"]


class Finder:
    """Makes vectors of texts, and searches whatever is `Searchable`."""

    def __init__(self, embedders: Embedders) -> None:
        self._embedders = embedders

    async def embedder(self, settings: Literal["wordllama"] | EmbedderConfig) -> Embedder:
        """The embedder that `settings` name. Raises `InputError` if it is not installed or a setting is wrong."""
        return await asyncio.to_thread(self._embedders.of, settings)

    async def vectors(self, embedder: Embedder, texts: Sequence[str]) -> list[bytes]:
        """The vectors of `texts` as they are kept: `Searchable.vectors` gives them back.

        Raises:
            CallFailed: the embedder cannot be asked. InputError: it is not configured.
        """
        from batuta.knowledge.halves import to_halves

        return [to_halves(row) for row in await embedder.embed(texts)]

    def over(self, index: Searchable[Any], embedder: Embedder) -> Any:
        """A `Collection` over `index`. Raises `InputError` if something is not installed."""
        try:
            from batuta.knowledge.retrieve import Collection
        except ImportError as error:
            raise InputError(
                f"searching needs {error.name}", remedy="pip install 'batuta[knowledge]'"
            ) from None
        return Collection(index, embedder)
