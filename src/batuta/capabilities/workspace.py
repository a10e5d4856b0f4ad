"""Everything that can be called in a workspace: its modules, what its file configures, its databases."""

from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from batuta.capabilities.catalog import WorkspaceCatalog, build_catalog
from batuta.capabilities.modules import load_modules
from batuta.config import Workspace
from batuta.plans.record.recording import Recording
from batuta.ports import Capability

__all__ = ["Opened", "open_catalog"]


class Opened(NamedTuple):
    """The catalog, and the workflows that the modules define."""

    catalog: WorkspaceCatalog
    workflows: list[Recording[..., Any]]


async def open_catalog(
    workspace: Workspace,
    functions: Iterable[Any] = (),
    spare: Iterable[Any] = (),
    *,
    modules: bool = True,
    closing: Iterable[Callable[[], Awaitable[None]]] = (),
) -> Opened:
    """The capabilities of `workspace`, with `functions` (and ready capabilities) besides.

    `spare` ones are registered where nothing has their name. `modules` False: only they and `functions`. `closing` is
    called when the catalog is closed.

    Raises:
        WorkspaceError: lists all flaws.
    """
    configured = workspace.capabilities if modules else {}
    own = load_modules(workspace.python if modules else (), Path(workspace.root))
    brought: list[Capability] = []
    ending = [*closing]
    if modules and workspace.sql:
        from batuta.capabilities.sql.databases import open_databases  # only for those who use it

        databases = await open_databases(workspace.sql, Path(workspace.root))
        brought.extend(databases.capabilities)
        ending.append(databases.close)
    catalog = build_catalog(
        {name: {"kind": one.kind, **one.settings} for name, one in configured.items()},
        [*own.capabilities, *brought, *functions],
        spare,
        allow_private=workspace.network.allow_private,
        locate=lambda name: workspace.places.at("capabilities", name),
        closing=ending,
    )
    return Opened(catalog, own.workflows)
