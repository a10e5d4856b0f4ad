"""A folder with its store and a way to search it, for tests."""

from pathlib import Path
from typing import Any

from batuta.knowledge.capability import KNOWLEDGE_FILE
from batuta.knowledge.index import Hit
from batuta.knowledge.ingest import Ingested, ingest
from batuta.knowledge.llama import WordLlamaEmbedder
from batuta.knowledge.retrieve import Collection, Scored
from batuta.knowledge.store import Store
from batuta.ports import Embedder

EMBEDDER = WordLlamaEmbedder()


class Shelf:
    """One collection, `shelf`, of everything in a folder."""

    def __init__(self, root: Path, embedder: Embedder = EMBEDDER) -> None:
        self.root = root
        self.embedder = embedder
        self.store = Store(root / KNOWLEDGE_FILE, create=True)
        self.number = self.store.make("shelf")
        self.collection = Collection(self.store.index(self.number), embedder)

    def write(self, name: str, content: str | bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    async def ingest(self, **more: Any) -> Ingested:
        return await ingest(self.store, "shelf", self.root, ["**"], self.embedder, **more)

    async def search(self, text: str, **more: Any) -> list[Scored[Hit]]:
        return (await self.collection.search(text, **more)).hits

    async def sources(self, text: str, **more: Any) -> list[str]:
        return [one.hit.source for one in await self.search(text, **more)]
