"""The embedders that the collections of a workspace name, each made once and when it is first needed."""

from collections.abc import Iterable, Mapping
from typing import Literal
from urllib.parse import urlsplit

from batuta.errors import InputError
from batuta.outbound.exchange import LazyConnections
from batuta.ports import Embedder
from batuta.reading.embedder import EmbedderConfig
from batuta.reading.server import is_loopback

__all__ = ["Embedders"]


class Embedders:
    """Makes embedders. `allow_private`: what `network.allow_private` says; `environment`: where `env:NAME` is."""

    def __init__(
        self, allow_private: Iterable[str] = (), environment: Mapping[str, str] | None = None
    ) -> None:
        self._allow_private = tuple(allow_private)
        self._environment = environment
        self._connections: list[LazyConnections] = []
        self._made: list[tuple[object, Embedder]] = []

    def of(self, settings: Literal["wordllama"] | EmbedderConfig) -> Embedder:
        """The embedder of a collection. Raises `InputError` if it is not installed or a setting is wrong."""
        for known, made in self._made:
            if known == settings:
                return made
        try:
            made = self._make(settings)
        except ImportError as error:
            raise InputError(
                f"knowledge needs {error.name}", remedy="pip install 'batuta[knowledge]'"
            ) from None
        self._made.append((settings, made))
        return made

    async def close(self) -> None:
        """Close the connections."""
        for one in self._connections:
            await one.close()

    def _make(self, settings: Literal["wordllama"] | EmbedderConfig) -> Embedder:
        if isinstance(settings, EmbedderConfig):
            from batuta.knowledge.hosted import HostedEmbedder

            return HostedEmbedder(settings, self._reaching(settings))
        from batuta.knowledge.llama import WordLlamaEmbedder

        return WordLlamaEmbedder()

    def _reaching(self, settings: EmbedderConfig) -> LazyConnections:
        """Connections to a server: on this machine without a further word if `models` names it, as for that model."""
        shared = settings.server and is_loopback(settings.url)
        own = [urlsplit(settings.url).netloc] if shared else []
        self._connections.append(LazyConnections([*self._allow_private, *own], self._environment))
        return self._connections[-1]
