"""Everything that can be called in a workspace: its modules, what its file configures, its databases."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from batuta.capabilities.catalog import WorkspaceCatalog, build_catalog
from batuta.capabilities.files.built_in import file_capabilities
from batuta.capabilities.files.folder import Folder
from batuta.capabilities.local.classify import Embedding
from batuta.capabilities.modules import Loaded, load_modules
from batuta.capabilities.registered import registered_plans
from batuta.capabilities.report.built_in import report_capabilities
from batuta.capabilities.threads import Threads
from batuta.config import Workspace, plan_files
from batuta.errors import Finding, Place, WorkspaceError
from batuta.plans.record.recording import Recording
from batuta.ports import Capability
from batuta.reading.places import Places
from batuta.spec.card import Card

__all__ = ["Opened", "folder_of", "open_catalog"]


class Opened(NamedTuple):
    """The catalog, and the workflows that the modules define.

    `troubles`: why a database could not be looked at, by its name. `flaws`: why there is nothing of a source of `mcp`
    or `openapi`, by its name; all else works.
    """

    catalog: WorkspaceCatalog
    workflows: list[Recording[..., Any]]
    troubles: Mapping[str, str]
    flaws: Mapping[str, Finding]


async def open_catalog(
    workspace: Workspace,
    functions: Iterable[Any] = (),
    spare: Iterable[Any] = (),
    *,
    modules: bool = True,
    own: Loaded | None = None,
    embedding: Embedding | None = None,
    closing: Iterable[Callable[[], Awaitable[None]]] = (),
) -> Opened:
    """The capabilities of `workspace`, with `functions` (and ready capabilities) besides.

    `spare` ones are registered where nothing has their name. `modules` False: only they and `functions`. `own`: what
    its modules define, if they are loaded already. `embedding` gives the embedder of this machine. `closing` is called
    when the catalog is closed.

    Raises:
        WorkspaceError: lists all flaws.
    """
    configured = workspace.capabilities if modules else {}
    own = own or load_modules(workspace.python if modules else (), Path(workspace.root))
    brought = await _brought(workspace) if modules else _Brought([], [], [], {}, {}, {})
    ending = [*closing, *brought.ending]
    try:
        catalog = build_catalog(
            {name: {"kind": one.kind, **one.settings} for name, one in configured.items()},
            [*own.capabilities, *brought.capabilities, *functions],
            spare,
            allow_private=workspace.network.allow_private,
            locate=partial(_place_of, workspace),
            embedding=embedding,
            closing=ending,
        )
        plans = registered_plans(plan_files(workspace) if modules else (), own.workflows)
        whole = catalog.with_later({**plans, **brought.later})
        brought.flaws.update(_hidden(workspace, catalog.cards(), brought.later))
        cards, places = whole.cards(), workspace.places
        if flaws := [
            one for introduce in brought.introductions for one in introduce(cards, places)
        ]:
            raise WorkspaceError.of(flaws)
    except BaseException:
        for close in ending:
            await close()
        raise
    return Opened(whole, own.workflows, brought.troubles, brought.flaws)


def _hidden(
    workspace: Workspace, cards: Mapping[str, Card], later: Iterable[str]
) -> Iterator[tuple[str, Finding]]:
    """Sources of which something cannot be called, because something else here has its name."""
    hidden: dict[str, list[str]] = {}
    for name in later:
        if name in cards:
            hidden.setdefault(name.partition(".")[0], []).append(name)
    for source, names in hidden.items():
        more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
        yield (
            source,
            Finding(
                "B608",
                f"{names[0]}{more} of {source!r} cannot be called: something else here is called so",
                place=workspace.places.at("mcp" if source in workspace.mcp else "openapi", source),
                remedy="give the source another name",
            ),
        )


def _place_of(workspace: Workspace, name: str) -> Place:
    """Where the capability `name` stands in `batuta.yaml`, or what brings it (`crm.query` is of `sql: {crm: …}`)."""
    sections: dict[str, Mapping[str, Any]] = {
        "capabilities": workspace.capabilities,
        "models": workspace.models,
        "agents": workspace.agents,
        "sql": workspace.sql,
        "mcp": workspace.mcp,
        "openapi": workspace.openapi,
        "knowledge": workspace.knowledge,
        "memory": workspace.memory,
    }
    for own in (name, name.rpartition(".")[0]):
        for section, entries in sections.items():
            if own in entries:
                return workspace.places.at(section, own)
    return workspace.places.at("capabilities", name)


class _Brought(NamedTuple):
    """What the file of a workspace configures.

    `introductions` tell capabilities of all others, and give what is wrong with what they name. `ending` closes.
    `later`: those that are made when somebody asks for them, by name.
    """

    capabilities: list[Capability]
    introductions: list[Callable[[Mapping[str, Card], Places], list[Finding]]]
    ending: list[Callable[[], Awaitable[None]]]
    troubles: dict[str, str]
    later: dict[str, Callable[[], Capability]]
    flaws: dict[str, Finding]


async def _brought(workspace: Workspace) -> _Brought:
    brought = _Brought([], [], [], {}, {}, {})
    if workspace.root:
        folder, threads = folder_of(workspace), Threads()
        brought.capabilities.extend(file_capabilities(folder, threads))
        brought.capabilities.extend(report_capabilities(folder, threads))
    if workspace.planning.model:
        from batuta.capabilities.drafted import PlanChecker  # only for those who use it

        checker = PlanChecker(workspace.planning.model)
        brought.capabilities.append(checker.capability)
        brought.introductions.append(checker.introduce)
    if workspace.models or workspace.agents:
        from batuta.capabilities.agent.opening import Agents  # only for those who use them
        from batuta.capabilities.model.opening import Models

        allowed = workspace.network.allow_private
        models = Models(workspace.models, folder_of(workspace), allowed, places=workspace.places)
        agents = Agents(workspace.agents, models.capabilities)
        brought.capabilities.extend([*models.capabilities, *agents.capabilities])
        brought.introductions.append(agents.introduce)
        brought.ending.append(models.close)
    if workspace.mcp:
        from batuta.capabilities.mcp.opening import McpServers  # only for those who use it

        allowed, root = workspace.network.allow_private, Path(workspace.root)
        servers = McpServers(workspace.mcp, root, allowed, places=workspace.places)
        brought.later.update(servers.later)
        brought.ending.append(servers.close)
        brought.flaws.update(servers.troubles)
    if workspace.openapi:
        from batuta.capabilities.openapi.sources import OpenapiServices  # only for those who use it

        allowed, folder = workspace.network.allow_private, folder_of(workspace)
        services = OpenapiServices(workspace.openapi, folder, allowed, places=workspace.places)
        brought.later.update(services.later)
        brought.ending.append(services.close)
        brought.flaws.update(services.troubles)
    if workspace.sql:
        from batuta.capabilities.sql.databases import open_databases  # only for those who use it

        databases = await open_databases(workspace.sql, Path(workspace.root))
        brought.capabilities.extend(databases.capabilities)
        brought.ending.append(databases.close)
        brought.troubles.update(databases.troubles)
    return brought


def folder_of(workspace: Workspace) -> Folder:
    """The files of `workspace` as steps see them; its plans and modules are nothing to be overwritten."""
    return Folder(Path(workspace.root), workspace.files, (*workspace.python, *workspace.plans))
