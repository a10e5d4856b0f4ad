"""The models of a workspace as capabilities, with connections of their own."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from batuta.capabilities.files.folder import Folder
from batuta.capabilities.model.capability import ModelCapability
from batuta.errors import Finding, WorkspaceError
from batuta.outbound.exchange import LazyConnections
from batuta.reading.models import ModelConfig
from batuta.reading.places import NOWHERE, Places
from batuta.reading.server import is_loopback

__all__ = ["Models"]


class Models:
    """`capabilities`, one per entry of `configs`.

    A server on this machine that an entry names may be reached: nothing but the workspace file chooses its address.
    What else is not public needs `allow_private`.

    Raises:
        WorkspaceError: settings are wrong; lists all flaws, with where in `places` their entries are.
    """

    def __init__(
        self,
        configs: Mapping[str, ModelConfig],
        folder: Folder,
        allow_private: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        *,
        places: Places = NOWHERE,
    ) -> None:
        own = [urlsplit(one.url).netloc for one in configs.values() if is_loopback(one.url)]
        self._connections = LazyConnections([*allow_private, *dict.fromkeys(own)], environment)
        self.capabilities: list[ModelCapability] = []
        findings: list[Finding] = []
        for name, config in configs.items():
            try:
                self.capabilities.append(ModelCapability(name, config, self._connections, folder))
            except WorkspaceError as error:
                text, place = f"models.{name}: {error.message}", places.at("models", name)
                findings.append(Finding("B603", text, place=place, remedy=error.remedy))
        if findings:
            raise WorkspaceError.of(findings)

    async def close(self) -> None:
        """Close the clients and the connections."""
        for one in self.capabilities:
            await one.close()
        await self._connections.close()
