"""The traces of a workspace that wants them told."""

from pathlib import Path
from urllib.parse import urlsplit

from batuta.config import Workspace
from batuta.observe.otlp.collector import Collector
from batuta.observe.otlp.exporter import Exporter, Reading
from batuta.observe.otlp.peers import peers_of
from batuta.outbound.exchange import LazyConnections
from batuta.reading.server import is_loopback

__all__ = ["collector_of", "open_exporter"]

# Where a workspace keeps what is its own, below its folder.
_FOLDER = ".batuta"


def collector_of(workspace: Workspace) -> Collector | None:
    """The collector that `workspace` names; None if it names none. Whoever has it closes it.

    One on this machine may be reached: nothing but the workspace file chooses its address.

    Raises:
        WorkspaceError: a setting is wrong.
    """
    config = workspace.observe.otlp
    if config is None:
        return None
    from importlib.metadata import PackageNotFoundError, version  # 30 ms, for who tells

    own = [urlsplit(config.url).netloc] if is_loopback(config.url) else []
    connections = LazyConnections([*workspace.network.allow_private, *own])
    try:
        own_version = version("batuta")
    except PackageNotFoundError:  # run from its sources
        own_version = "0"
    return Collector(config, connections, own_version)


async def open_exporter(workspace: Workspace, reading: Reading) -> Exporter | None:
    """What tells the traces of `workspace`; None if it names no collector. Raises as `collector_of` does."""
    collector, config = collector_of(workspace), workspace.observe.otlp
    if collector is None or config is None:
        return None
    folder = Path(workspace.root) / _FOLDER
    exporter = Exporter(reading, collector, folder, peers_of(workspace), content=config.content)
    await exporter.begin()
    return exporter
