"""The workspace: a folder with `batuta.yaml`, which says what there is to call, what is allowed, and how much.

B203  a file that is named is not there
"""

from pathlib import Path
from typing import TypeVar

import msgspec

from batuta.errors import InputError, NotFound, WorkspaceError
from batuta.reading.address import read_private_address
from batuta.reading.agents import AgentConfig, read_agents
from batuta.reading.budget import read_budget
from batuta.reading.capability import CapabilityConfig, read_capabilities
from batuta.reading.databases import Database, read_databases
from batuta.reading.embedder import EmbedderConfig, at_server
from batuta.reading.files import FilesConfig, read_files
from batuta.reading.knowledge import KnowledgeConfig, read_knowledge
from batuta.reading.mcp import McpConfig, read_mcp
from batuta.reading.memory import MemoryConfig, read_memory
from batuta.reading.models import ModelConfig, read_models
from batuta.reading.observe import ObserveConfig, read_observe
from batuta.reading.openapi import OpenapiConfig, read_openapi
from batuta.reading.paths import below
from batuta.reading.places import NOWHERE, Places
from batuta.reading.planning import PlanningConfig, read_planning
from batuta.reading.policy import Rule, read_policy
from batuta.reading.report import Report
from batuta.reading.shapes import (
    integer,
    number,
    one_or_more,
    record,
)
from batuta.reading.source import read_bytes, tree_from_text
from batuta.spec.budget import Budget

__all__ = [
    "PLANS_DEFAULT",
    "WORKSPACE_FILE",
    "Limits",
    "Network",
    "Retention",
    "Workspace",
    "find_workspace",
    "load_workspace",
    "plan_files",
    "read_workspace",
    "workspace_from_yaml",
]

WORKSPACE_FILE = "batuta.yaml"
# Where registered plans are, unless `plans` says otherwise.
PLANS_DEFAULT = ("plans/*.yaml",)

C = TypeVar("C", KnowledgeConfig, MemoryConfig)

PYTHON_FILES_MAX = 1_000
NETWORK_ENTRIES_MAX = 1_000
PLAN_GLOBS_MAX = 100
# Plans of one workspace: checking them all takes seconds, and nobody keeps more in one folder.
PLAN_FILES_MAX = 1_000
# Calls at once in one process: beyond this the event loop, not the work, is what everybody waits for.
CALLS_AT_ONCE_MAX = 10_000
# A century, in days: "for ever" for a log.
RETENTION_MAX_DAYS = 36_525.0


class Retention(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """In days: how long the journal keeps the payloads of runs that have ended, and how long threads stay quiet."""

    days: float = 30.0
    threads: float = 365.0


class Limits(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Bounds of the process. `calls`: at once, over all runs."""

    calls: int = 64


class Network(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Which private addresses may be called: `host`, `host:port`, an address or a network like `10.0.0.0/8`."""

    allow_private: tuple[str, ...] = ()


class Workspace(msgspec.Struct, frozen=True):
    """What `batuta.yaml` says. `root` is the folder as an absolute path ("" if there is none).

    `plans` are patterns of the files that hold its registered plans, relative to `root`.
    """

    root: str = ""
    python: tuple[str, ...] = ()
    plans: tuple[str, ...] = PLANS_DEFAULT
    capabilities: dict[str, CapabilityConfig] = {}
    policy: tuple[Rule, ...] = ()
    budget: Budget = Budget()
    retention: Retention = Retention()
    limits: Limits = Limits()
    network: Network = Network()
    files: FilesConfig = FilesConfig()
    knowledge: dict[str, KnowledgeConfig] = {}
    memory: dict[str, MemoryConfig] = {}
    models: dict[str, ModelConfig] = {}
    planning: PlanningConfig = PlanningConfig()
    agents: dict[str, AgentConfig] = {}
    sql: dict[str, Database] = {}
    mcp: dict[str, McpConfig] = {}
    openapi: dict[str, OpenapiConfig] = {}
    observe: ObserveConfig = ObserveConfig()
    places: Places = NOWHERE


def find_workspace(start: str | Path = ".") -> Path:
    """The folder of the nearest `batuta.yaml` in `start` or above it; `start` itself if there is none.

    Raises:
        NotFound: `start` is no folder.
    """
    folder = _folder(start)
    for candidate in (folder, *folder.parents):
        if (candidate / WORKSPACE_FILE).is_file():
            return candidate
    return folder


def load_workspace(folder: str | Path) -> Workspace:
    """The workspace in `folder`; without `batuta.yaml` it is an empty one with the default bounds.

    Raises:
        NotFound: there is no such folder.
        InputError: the file cannot be read.
        WorkspaceError: it has flaws; the error lists all of them, with places.
    """
    root = _folder(folder)
    path = root / WORKSPACE_FILE
    try:
        content = read_bytes(path, "workspace file")
    except NotFound:
        return Workspace(root=str(root))
    workspace, report = _read(content, str(path))
    if workspace is not None:
        for index, name in enumerate(workspace.python):
            if not (root / name).is_file():
                place = workspace.places.at("python", index)
                report.add(
                    "B203",
                    f"python[{index}]: there is no file {name!r} in {str(root)!r}",
                    place,
                    "correct the name; paths are relative to the workspace",
                )
    return msgspec.structs.replace(_unflawed(workspace, report), root=str(root))


def plan_files(workspace: Workspace) -> list[Path]:
    """The files of the registered plans, sorted, each once; at most `PLAN_FILES_MAX`.

    A pattern that fits nothing gives nothing. Raises InputError if a folder cannot be read.
    """
    root = Path(workspace.root)
    found: set[Path] = set()
    try:
        for pattern in workspace.plans:
            found.update(path for path in root.glob(pattern) if path.is_file())
    except OSError as error:
        raise InputError(
            f"the plans in {str(root)!r} cannot be listed: {error.strerror or error}",
            remedy="make the folder readable, or narrow `plans` in batuta.yaml",
        ) from None
    return sorted(found)[:PLAN_FILES_MAX]


def workspace_from_yaml(content: str | bytes, file: str = "") -> Workspace:
    """The workspace that a YAML or JSON text describes, without a look at any folder.

    Raises:
        WorkspaceError: the text has flaws; the error lists all of them, with places.
    """
    return _unflawed(*_read(content, file))


def _folder(path: str | Path) -> Path:
    try:
        folder = Path(path).resolve()
        if folder.is_dir():
            return folder
        message = f"{str(path)!r} is a file, not a folder" if folder.exists() else ""
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(
            f"the folder {str(path)!r} cannot be read: {error}", remedy="name a readable folder"
        ) from None
    raise NotFound(
        message or f"there is no folder {str(path)!r}",
        remedy="name the folder of the workspace, the one that holds batuta.yaml",
    )


def _read(content: str | bytes, file: str) -> tuple[Workspace | None, Report]:
    root, report = tree_from_text(content, file)
    if root is None:
        if [finding.code for finding in report.findings] == ["B004"]:
            # An empty file is how a workspace begins.
            return Workspace(), Report(report.text, file)
        return None, report
    read = read_workspace(root, report)
    if not isinstance(read, Workspace):
        return None, report
    places = Places(root, report.text, report.file)
    for name in sorted(read.mcp.keys() & read.openapi.keys()):
        report.add(
            "B608",
            f"openapi.{name}: there is a source called {name!r} under mcp already",
            places.key("openapi", name),
            "give one another name: it stands before the names of all that it offers",
        )
    read = msgspec.structs.replace(
        read,
        knowledge=_at_servers("knowledge", read.knowledge, read.models, places, report),
        memory=_at_servers("memory", read.memory, read.models, places, report),
        places=places,
    )
    return read, report


def _at_servers(
    key: str,
    collections: dict[str, C],
    models: dict[str, ModelConfig],
    places: Places,
    report: Report,
) -> dict[str, C]:
    """`collections` whose embedders share a server with one of `models` know where it is."""
    found = dict[str, C]()
    for name, one in collections.items():
        found[name] = one
        if isinstance(one.embedder, EmbedderConfig):
            embedder = at_server(one.embedder, models)
            if isinstance(embedder, EmbedderConfig):
                found[name] = msgspec.structs.replace(one, embedder=embedder)
            else:
                message, remedy = embedder
                place = places.at(key, name, "embedder", "server")
                report.add("B604", f"{key}.{name}.embedder.server: {message}", place, remedy)
    return found


def _unflawed(workspace: Workspace | None, report: Report) -> Workspace:
    count = len(report.findings)
    if count:
        raise WorkspaceError(
            f"the workspace has {count} flaws" if count > 1 else report.findings[0].message,
            place=report.findings[0].place,
            findings=report.in_order(),
        )
    assert workspace is not None, "what is flawed has a finding"
    return workspace


_python_file = below(frozenset({".py"}), "a Python file", ".py")
_plan_glob = below(
    frozenset({".yaml", ".yml", ".json"}), "a plan, or a pattern of plans,", ".yaml, .yml or .json"
)

read_workspace = record(
    Workspace,
    {
        "python": one_or_more(_python_file, PYTHON_FILES_MAX),
        "plans": one_or_more(_plan_glob, PLAN_GLOBS_MAX),
        "capabilities": read_capabilities,
        "policy": read_policy,
        "budget": read_budget,
        "retention": record(
            Retention,
            {"days": number(0, RETENTION_MAX_DAYS), "threads": number(0, RETENTION_MAX_DAYS)},
        ),
        "limits": record(Limits, {"calls": integer(1, CALLS_AT_ONCE_MAX)}),
        "network": record(
            Network, {"allow_private": one_or_more(read_private_address, NETWORK_ENTRIES_MAX)}
        ),
        "files": read_files,
        "knowledge": read_knowledge,
        "memory": read_memory,
        "models": read_models,
        "planning": read_planning,
        "agents": read_agents,
        "sql": read_databases,
        "mcp": read_mcp,
        "openapi": read_openapi,
        "observe": read_observe,
    },
    what="a workspace: a map of keys and values",
)
