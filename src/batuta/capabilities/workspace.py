"""Everything that can be called in a workspace: its modules, what its file configures, its databases."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from batuta.capabilities.catalog import WorkspaceCatalog, build_catalog
from batuta.capabilities.files.built_in import file_capabilities
from batuta.capabilities.files.folder import Folder
from batuta.capabilities.local.classify import Embedding
from batuta.capabilities.modules import load_modules
from batuta.capabilities.registered import registered_plans
from batuta.capabilities.report.built_in import report_capabilities
from batuta.capabilities.threads import Threads
from batuta.config import Workspace, plan_files
from batuta.plans.record.recording import Recording
from batuta.ports import Capability
from batuta.reading.places import Places
from batuta.spec.card import Card

__all__ = ["Opened", "folder_of", "open_catalog"]


class Opened(NamedTuple):
    """The catalog, the workflows that the modules define, and why a database could not be looked at, by its name."""

    catalog: WorkspaceCatalog
    workflows: list[Recording[..., Any]]
    troubles: Mapping[str, str]


async def open_catalog(
    workspace: Workspace,
    functions: Iterable[Any] = (),
    spare: Iterable[Any] = (),
    *,
    modules: bool = True,
    embedding: Embedding | None = None,
    closing: Iterable[Callable[[], Awaitable[None]]] = (),
) -> Opened:
    """The capabilities of `workspace`, with `functions` (and ready capabilities) besides.

    `spare` ones are registered where nothing has their name. `modules` False: only they and `functions`. `embedding`
    gives the embedder of this machine. `closing` is called when the catalog is closed.

    Raises:
        WorkspaceError: lists all flaws.
    """
    configured = workspace.capabilities if modules else {}
    own = load_modules(workspace.python if modules else (), Path(workspace.root))
    brought: list[Capability] = []
    ending = [*closing]
    troubles: Mapping[str, str] = {}
    if modules and workspace.root:
        folder, threads = folder_of(workspace), Threads()
        brought.extend(file_capabilities(folder, threads))
        brought.extend(report_capabilities(folder, threads))
    introductions: list[Callable[[Mapping[str, Card], Places], None]] = []
    if modules and workspace.planning.model:
        from batuta.capabilities.drafted import PlanChecker  # only for those who use it

        checker = PlanChecker(workspace.planning.model)
        brought.append(checker.capability)
        introductions.append(checker.introduce)
    if modules and (workspace.models or workspace.agents):
        from batuta.capabilities.agent.opening import Agents  # only for those who use them
        from batuta.capabilities.model.opening import Models

        allowed = workspace.network.allow_private
        models = Models(workspace.models, folder_of(workspace), allowed)
        agents = Agents(workspace.agents, models.capabilities)
        brought.extend([*models.capabilities, *agents.capabilities])
        introductions.append(agents.introduce)
        ending.append(models.close)
    if modules and workspace.sql:
        from batuta.capabilities.sql.databases import open_databases  # only for those who use it

        databases = await open_databases(workspace.sql, Path(workspace.root))
        brought.extend(databases.capabilities)
        troubles = databases.troubles
        ending.append(databases.close)
    catalog = build_catalog(
        {name: {"kind": one.kind, **one.settings} for name, one in configured.items()},
        [*own.capabilities, *brought, *functions],
        spare,
        allow_private=workspace.network.allow_private,
        locate=lambda name: workspace.places.at("capabilities", name),
        embedding=embedding,
        closing=ending,
    )
    plans = registered_plans(plan_files(workspace) if modules else (), own.workflows)
    whole = catalog.with_later(plans)
    for introduce in introductions:
        introduce(whole.cards(), workspace.places)
    return Opened(whole, own.workflows, troubles)


def folder_of(workspace: Workspace) -> Folder:
    """The files of `workspace` as steps see them; its plans and modules are nothing to be overwritten."""
    return Folder(Path(workspace.root), workspace.files, (*workspace.python, *workspace.plans))
