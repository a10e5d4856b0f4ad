"""The documents of a workspace's collections: taken in, taken out, searched. They are files in its folder."""

import asyncio
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from batuta.config import Workspace
from batuta.errors import InputError, KnowledgeError, NotFound
from batuta.knowledge.capability import KNOWLEDGE_FILE, Searches
from batuta.knowledge.embedders import Embedders
from batuta.knowledge.folder import files_of
from batuta.knowledge.store import Store
from batuta.reading.knowledge import KnowledgeConfig
from batuta.reading.nearest import did_you_mean

__all__ = ["Library"]

_SOURCE_CHARS_MAX = 500
_PART_BYTES_MAX = 200


class Library:
    """The collections of one workspace. Changes are made one after the other."""

    def __init__(self, workspace: Workspace) -> None:
        self._root = Path(workspace.root)
        self._settings = workspace.knowledge
        self._allowed = workspace.network.allow_private
        self._searches: Searches | None = None
        self._changing = asyncio.Lock()

    async def close(self) -> None:
        """Let go of everything."""
        searches, self._searches = self._searches, None
        if searches is not None:
            await searches.close()

    async def collections(self) -> list[dict[str, Any]]:
        """What is in each. Raises `KnowledgeError`."""
        return await asyncio.to_thread(lambda: [self._counted(name) for name in self._settings])

    async def documents(self, name: str) -> dict[str, Any]:
        """A collection, and its documents by source. Raises `NotFound`, `KnowledgeError`."""
        self._named(name)
        return await asyncio.to_thread(self._listed, name)

    async def search(self, name: str, question: str, limit: int) -> dict[str, Any]:
        """The pieces that answer `question`, with where they stand. Raises as `Searches.search` does."""
        self._named(name)
        if self._searches is None:
            self._searches = Searches(self._root, self._settings, allow_private=self._allowed)
        return await self._searches.search(name, question, limit=limit, filters={})

    async def put(self, name: str, source: str, content: bytes) -> dict[str, Any]:
        """Keep a document under the path `source`, in place of what was there, and read it; what that came to.

        Raises:
            NotFound: there is no such collection. InputError: its paths do not fit `source`, or nobody reads it.
            KnowledgeError: it cannot be stored.
        """
        settings = self._named(name)
        async with self._changing:
            path = self._path(source)
            try:
                await asyncio.to_thread(self._keep, path, source, settings, content)
            except OSError as error:
                raise KnowledgeError(
                    f"{source!r} cannot be kept: {error.strerror or error}", remedy="make room"
                ) from None
            return await self._read(name, settings)

    async def delete(self, name: str, source: str) -> dict[str, Any]:
        """Take a document out, and its file away. Raises `NotFound`, `InputError`, `KnowledgeError`."""
        settings = self._named(name)
        async with self._changing:
            path = self._path(source)
            if source not in {one.source for one in files_of(self._root, settings.paths)}:
                raise NotFound(f"{name} has no document {source[:80]!r}")
            try:
                await asyncio.to_thread(path.unlink)
            except OSError as error:
                raise KnowledgeError(
                    f"{source!r} cannot be deleted: {error.strerror or error}"
                ) from None
            return await self._read(name, settings)

    async def _read(self, name: str, settings: KnowledgeConfig) -> dict[str, Any]:
        try:
            from batuta.knowledge.ingest import ingest
        except ImportError as error:
            raise InputError(
                f"reading documents needs {error.name}", remedy="pip install 'batuta[knowledge]'"
            ) from None
        embedders = Embedders(self._allowed)
        store = await asyncio.to_thread(lambda: Store(self._root / KNOWLEDGE_FILE, create=True))
        try:
            embedder = await asyncio.to_thread(embedders.of, settings.embedder)
            done = await ingest(store, name, self._root, settings.paths, embedder)
        finally:
            await asyncio.to_thread(store.close)
            await embedders.close()
        return {"name": name, **msgspec.to_builtins(done)}

    def _keep(self, path: Path, source: str, settings: KnowledgeConfig, content: bytes) -> None:
        before = path.read_bytes() if path.is_file() else None
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.parent.resolve().is_relative_to(self._root.resolve()):
            raise InputError(f"{source!r} leads out of the workspace", remedy="choose another name")
        whole = path.with_name(f".{path.name[:100]}.part")
        whole.write_bytes(content)
        whole.replace(path)
        if any(
            one.source == source and not one.code for one in files_of(self._root, settings.paths)
        ):
            return
        if before is None:
            path.unlink()
        else:
            path.write_bytes(before)
        raise InputError(
            f"{source!r} is no document of this collection",
            remedy=f"its paths are {', '.join(settings.paths)[:300]}; its name says in which format it is",
        )

    def _path(self, source: str) -> Path:
        """Where a document is. Raises `InputError` for what is not a plain path below the workspace."""
        parts = PurePosixPath(source).parts
        plain = (
            0 < len(source) <= _SOURCE_CHARS_MAX
            and source == "/".join(parts)
            and source.isprintable()
            and not any(
                part.startswith((".", "~")) or "\\" in part or ":" in part for part in parts
            )
            and all(len(part.encode("utf-8", "replace")) <= _PART_BYTES_MAX for part in parts)
        )
        if not plain or source.startswith("/"):
            raise InputError(
                f"{source[:80]!r} is no name for a document",
                remedy="write for example docs/returns.md",
            )
        return self._root.joinpath(*parts)

    def _named(self, name: str) -> KnowledgeConfig:
        if name not in self._settings:
            raise NotFound(
                f"there is no collection {name[:80]!r}",
                remedy=did_you_mean(name[:80], sorted(self._settings), "collections"),
            )
        return self._settings[name]

    def _counted(self, name: str) -> dict[str, Any]:
        settings = self._settings[name]
        said = {"name": name, "description": settings.description, "paths": list(settings.paths)}
        store = self._store()
        if store is None:
            return said | {"documents": 0, "ingested_at": None}
        try:
            number = store.find(name)
            return said | (
                store.counts(number)
                if number is not None
                else {"documents": 0, "ingested_at": None}
            )
        finally:
            store.close()

    def _listed(self, name: str) -> dict[str, Any]:
        store = self._store()
        if store is None:
            return {"name": name, "documents": []}
        try:
            number = store.find(name)
            known = store.files(number) if number is not None else {}
        finally:
            store.close()
        documents = [
            {"source": source, "bytes": one.size, "trouble": one.message if one.code else None}
            for source, one in sorted(known.items())
        ]
        return {"name": name, "documents": documents}

    def _store(self) -> Store | None:
        path = self._root / KNOWLEDGE_FILE
        return Store(path) if path.exists() else None
