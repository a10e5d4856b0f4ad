"""What can be called in a workspace: what its file and its modules say, its knowledge and memory, and the planner."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from batuta.capabilities.modules import Loaded
from batuta.capabilities.workspace import Opened, open_catalog
from batuta.config import Workspace
from batuta.errors import InputError
from batuta.knowledge.capability import Searches
from batuta.memory.workspace import Memory
from batuta.planning.capability import PlannerCapability
from batuta.ports import Clock, Embedder

__all__ = ["Rooms", "embedder_of_this_machine", "open_rooms"]


class Rooms(NamedTuple):
    """What is there once a workspace is open. To close the catalog closes all of it."""

    opened: Opened
    memory: Memory
    planner: PlannerCapability


async def open_rooms(
    workspace: Workspace,
    clock: Clock,
    functions: Iterable[Any] = (),
    spare: Iterable[Any] = (),
    *,
    modules: bool = True,
    own: Loaded | None = None,
) -> Rooms:
    """The rooms of `workspace`, with `functions` besides; `spare` ones where nothing has their name.

    `modules` False: its modules and capabilities are left alone. `own`: what its modules define, if that is known.

    Raises:
        WorkspaceError: it has flaws; the error lists all of them.
    """
    root = Path(workspace.root)
    searches = Searches(
        root,
        workspace.knowledge if modules else {},
        allow_private=workspace.network.allow_private,
    )
    memory = Memory(root, clock, workspace.memory, searches.finder)
    planner = PlannerCapability(workspace.planning.autonomy, embedder_of_this_machine)
    opened = await open_catalog(
        workspace,
        [*searches.capabilities, *(memory.capabilities if modules else ()), *functions],
        [*spare, *([planner] if modules else [])],
        modules=modules,
        own=own,
        embedding=embedder_of_this_machine,
        closing=[searches.close, memory.close],
    )
    return Rooms(opened, memory, planner)


def embedder_of_this_machine() -> Embedder | None:
    """The embedder of this machine, if it is installed."""
    try:
        from batuta.knowledge.llama import WordLlamaEmbedder  # 0.3 s, when something is classified

        return WordLlamaEmbedder()
    except (ImportError, InputError):
        return None
