"""The collections of a served workspace, and their documents."""

from typing import Any

from batuta.client.bridge import Bridge
from batuta.client.exchange import Exchange, path

__all__ = ["AsyncKnowledge", "Knowledge"]


class AsyncKnowledge:
    """What `AsyncClient.knowledge` offers."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def collections(self) -> list[dict[str, Any]]:
        """The collections, and how much is in them."""
        return (await self._exchange.ask("GET", path("knowledge")))["collections"]

    async def documents(self, collection: str) -> list[dict[str, Any]]:
        """The documents of a collection, and what could not be read of them."""
        about = path("knowledge", collection, "documents")
        return (await self._exchange.ask("GET", about))["documents"]

    async def search(self, collection: str, question: str, *, limit: int = 5) -> dict[str, Any]:
        """The pieces of a collection that answer a question."""
        query = {"question": question, "limit": limit}
        return await self._exchange.ask("GET", path("knowledge", collection, "search"), query=query)

    async def upload(self, collection: str, source: str, content: bytes) -> dict[str, Any]:
        """Keep a document under the path `source` of the workspace, and read it."""
        return await self._exchange.ask("PUT", _document(collection, source), body=content)

    async def delete(self, collection: str, source: str) -> dict[str, Any]:
        """Take a document out, and delete its file."""
        return await self._exchange.ask("DELETE", _document(collection, source))


class Knowledge:
    """What `Client.knowledge` offers; each method as that of `AsyncKnowledge`."""

    def __init__(self, inner: AsyncKnowledge, bridge: Bridge) -> None:
        self._inner = inner
        self._now = bridge.now

    def collections(self) -> list[dict[str, Any]]:
        """The collections, and how much is in them."""
        return self._now(self._inner.collections())

    def documents(self, collection: str) -> list[dict[str, Any]]:
        """The documents of a collection."""
        return self._now(self._inner.documents(collection))

    def search(self, collection: str, question: str, *, limit: int = 5) -> dict[str, Any]:
        """The pieces of a collection that answer a question."""
        return self._now(self._inner.search(collection, question, limit=limit))

    def upload(self, collection: str, source: str, content: bytes) -> dict[str, Any]:
        """Keep a document, and read it."""
        return self._now(self._inner.upload(collection, source, content))

    def delete(self, collection: str, source: str) -> dict[str, Any]:
        """Take a document out, and delete its file."""
        return self._now(self._inner.delete(collection, source))


def _document(collection: str, source: str) -> str:
    return path("knowledge", collection, "documents", *source.split("/"))
