"""`NAME.search`: a collection as a capability. Nothing of it is opened before the first call."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from batuta.errors import InputError, KnowledgeError
from batuta.knowledge.embedders import Embedders
from batuta.knowledge.finder import Finder
from batuta.reading.embedder import EmbedderConfig
from batuta.reading.knowledge import KnowledgeConfig
from batuta.spec.call import Call, Done, Failed, Outcome
from batuta.spec.card import Card

__all__ = ["KNOWLEDGE_FILE", "LIMIT_DEFAULT", "LIMIT_MAX", "Searches"]

# Where a workspace keeps its knowledge, below its folder.
KNOWLEDGE_FILE = Path(".batuta") / "knowledge.sqlite"

LIMIT_DEFAULT = 5
LIMIT_MAX = 100
_QUERY_CHARS_MAX = 20_000
# Longest time of one search (s): the first one reads all vectors into memory.
_TIMEOUT_S = 60.0

_VALUE = {"type": ["string", "number", "boolean"]}
_INPUT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "query": {"type": "string", "minLength": 1, "maxLength": _QUERY_CHARS_MAX},
        "limit": {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT},
        "filters": {
            "type": "object",
            "additionalProperties": {"anyOf": [_VALUE, {"type": "array", "items": _VALUE}]},
        },
    },
    "required": ["query"],
    "additionalProperties": False,
}
_HIT: dict[str, Any] = {
    "text": {"type": "string"},
    "score": {"type": "number"},
    "source": {"type": "string"},
    "heading": {"type": "string"},
    "page": {"type": ["integer", "null"]},
    "start": {"type": "integer"},
    "end": {"type": "integer"},
}
_OUTPUT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "hits": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": _HIT,
                "required": list(_HIT),
                "additionalProperties": False,
            },
        },
        "none": {"type": "boolean"},
        "note": {"type": "string"},
    },
    "required": ["hits", "none"],
    "additionalProperties": False,
}


def _silent(_: str) -> None:
    """Nobody watches."""


class _Searched(Protocol):
    async def search(self, text: str, *, limit: int, filters: Mapping[str, Any]) -> Any: ...


class Searches:
    """The collections of a workspace, to be searched.

    Attributes:
        capabilities: one for each, called `NAME.search`.
        finder: the same search for what other rooms keep.
    """

    def __init__(
        self,
        root: Path,
        collections: Mapping[str, KnowledgeConfig],
        *,
        allow_private: Iterable[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`allow_private`: what `network.allow_private` says; `environment`: where `env:NAME` is looked up."""
        self._root = root
        self._path = root / KNOWLEDGE_FILE
        self._settings = dict(collections)
        self._embedders = Embedders(allow_private, environment)
        self.finder = Finder(self._embedders)
        self.capabilities = [
            SearchCapability(name, settings, self) for name, settings in collections.items()
        ]
        self._store: Any = None
        self._collections: dict[str, _Searched] = {}
        self._opening = asyncio.Lock()

    async def search(
        self,
        name: str,
        query: str,
        *,
        limit: int,
        filters: Mapping[str, Any],
        report: Callable[[str], None] = _silent,
    ) -> dict[str, Any]:
        """The document of a search in the collection `name`: hits, whether there are none, and a note if need be.

        A small collection that was never read to its end is read first; `report` hears how far that is.

        Raises:
            KnowledgeError: it was never ingested and is not small, or cannot be read. InputError: what is asked is
                wrong, or something is not installed.
        """
        async with self._opening:
            collection = self._collections.get(name)
            if collection is None:
                collection = await self._opened(name, report)
                self._collections[name] = collection
        found = await collection.search(query, limit=limit, filters=filters)
        hits = [
            {
                "text": one.hit.text,
                "score": one.score,
                "source": one.hit.source,
                "heading": one.hit.heading,
                "page": one.hit.page or None,
                "start": one.hit.start,
                "end": one.hit.end,
            }
            for one in found.hits
        ]
        return {"hits": hits, "none": not hits} | ({"note": found.note} if found.note else {})

    async def close(self) -> None:
        """Let go of the store and of connections."""
        await self._embedders.close()
        if self._store is not None:
            await asyncio.to_thread(self._store.close)
            self._store = None
            self._collections.clear()

    async def _opened(self, name: str, report: Callable[[str], None]) -> _Searched:
        settings = self._settings[name]
        number, is_whole = await asyncio.to_thread(self._found, name)
        embedder = await asyncio.to_thread(self._embedders.of, settings.embedder)
        if not is_whole:
            try:
                from batuta.knowledge.first import check_small, read_all
            except ImportError as error:
                raise InputError(
                    f"reading documents needs {error.name}",
                    remedy="pip install 'batuta[knowledge]'",
                ) from None
            try:
                await asyncio.to_thread(check_small, name, settings, self._root)
            except KnowledgeError:
                if number is None:
                    raise
                # What an ingest has left behind is searched as it is; whoever began it goes on with it.
            else:
                store = await asyncio.to_thread(self._opened_store, create=True)
                await read_all(store, name, settings, self._root, embedder, report)
                number = store.find(name)
        assert number is not None and self._store is not None, "it was read, or there was one"
        return self.finder.over(self._store.index(number), embedder)

    def _found(self, name: str) -> tuple[int | None, bool]:
        """The number of the collection in the store, None if there is none; and whether all of it was read once."""
        if not self._path.exists():
            return None, False
        store = self._opened_store(create=False)
        number = store.find(name)
        return number, number is not None and store.is_whole(number)

    def _opened_store(self, *, create: bool) -> Any:
        from batuta.knowledge.store import Store

        if self._store is None:
            self._store = Store(self._path, create=create)
        return self._store


class SearchCapability:
    """A search in one collection."""

    def __init__(self, name: str, settings: KnowledgeConfig, searches: Searches) -> None:
        self._name = name
        self._searches = searches
        self.card = Card(
            name=f"{name}.search",
            description=settings.description
            or f"The pieces of {name} that answer a question, each with its place; none if there are none.",
            input=_INPUT,
            output=_OUTPUT,
            effect="read",
            # The question goes to the server that makes a vector of it.
            reach="egress" if isinstance(settings.embedder, EmbedderConfig) else "local",
            timeout_s=_TIMEOUT_S,
            kind="knowledge",
        )

    async def __call__(self, call: Call) -> Outcome:
        """The value of the search that `call` asks for."""
        flaw = _flaw(call.args)
        if flaw:
            return Failed("invalid", flaw)
        args = call.args
        limit: int = args.get("limit", LIMIT_DEFAULT)
        filters: dict[str, Any] = args.get("filters") or {}
        try:
            return Done(
                await self._searches.search(
                    self._name, args["query"], limit=limit, filters=filters, report=call.report
                )
            )
        except InputError as error:
            return Failed("invalid", error.in_one_line)
        except KnowledgeError as error:
            return Failed("unavailable", error.in_one_line)


def _flaw(args: Mapping[str, Any]) -> str:
    """What is wrong with the arguments by their shape; "" if nothing."""
    query, limit, filters = args.get("query"), args.get("limit", 1), args.get("filters")
    unknown = args.keys() - {"query", "limit", "filters"}
    if unknown:
        return f"{min(unknown)} is no argument: query, limit and filters are"
    if not isinstance(query, str):
        return "query: expected a text"
    if len(query) > _QUERY_CHARS_MAX:
        return f"query: {len(query):,} characters, at most {_QUERY_CHARS_MAX:,}"
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= LIMIT_MAX:
        return f"limit: expected a whole number from 1 to {LIMIT_MAX}"
    if filters is not None and not isinstance(filters, Mapping):
        return "filters: expected a map of names to values"
    return ""
