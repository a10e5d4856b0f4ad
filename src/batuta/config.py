"""The workspace: a folder with `batuta.yaml`, which says what there is to call, what is allowed, and how much.

B201  a `when` is wrong             B203  a file that is named is not there
B202  not an address or a network   B204  a rule that can never apply
"""

from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Literal, cast

import msgspec

from batuta.errors import ExpressionError, InputError, NotFound, WorkspaceError
from batuta.reading.address import read_private_address
from batuta.reading.budget import read_budget
from batuta.reading.condition import read_condition
from batuta.reading.databases import Database, read_databases
from batuta.reading.knowledge import KnowledgeConfig, read_knowledge
from batuta.reading.places import NOWHERE, Places
from batuta.reading.report import Report
from batuta.reading.shapes import (
    FLAWED,
    choice,
    form_of,
    formed,
    integer,
    mapping,
    matching,
    number,
    one_or_more,
    record,
    sequence,
    text,
    wrong,
)
from batuta.reading.source import read_bytes, tree_from_text
from batuta.reading.tree import Node
from batuta.spec.budget import Budget
from batuta.spec.card import Card
from batuta.spec.expr import compile_expression

__all__ = [
    "CAPABILITY_KIND",
    "PLANS_DEFAULT",
    "POLICY_ROOTS",
    "WORKSPACE_FILE",
    "CapabilityConfig",
    "Limits",
    "Network",
    "Retention",
    "Rule",
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

# What the `when` of a rule may speak of: the card, the arguments, and the path of the step.
POLICY_ROOTS = frozenset({"args", "card", "step"})
_CARD_FIELDS = tuple(Card(name="any").shown())

RULES_MAX = 1_000
CAPABILITIES_MAX = 10_000
PYTHON_FILES_MAX = 1_000
NETWORK_ENTRIES_MAX = 1_000
WORDS_MAX = 100
PLAN_GLOBS_MAX = 100
# Plans of one workspace: checking them all takes seconds, and nobody keeps more in one folder.
PLAN_FILES_MAX = 1_000
# Calls at once in one process: beyond this the event loop, not the work, is what everybody waits for.
CALLS_AT_ONCE_MAX = 10_000
# A century, in days: "for ever" for a log.
RETENTION_MAX_DAYS = 36_525.0

CAPABILITY_KIND = r"[a-z][a-z0-9_-]{0,63}"
_CAPABILITY = r"[A-Za-z_][A-Za-z0-9_.-]{0,127}"


class CapabilityConfig(msgspec.Struct, frozen=True):
    """One entry of `capabilities`: the adapter that serves it, and its settings, which only the adapter knows."""

    kind: str
    settings: dict[str, Any] = {}


class Rule(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One rule of the policy; the first that matches decides. What is not given matches everything.

    Attributes:
        when: condition over `card`, `args` and `step`, without `${…}`.
        capability: names, or patterns with `*`.
        scope: a scope that the card asks for.
        who: who is asked, if the verdict is `ask`.
    """

    verdict: Literal["allow", "ask", "deny"]
    when: str | None = None
    capability: tuple[str, ...] = ()
    effect: tuple[str, ...] = ()
    reach: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()
    who: tuple[str, ...] = ()
    reason: str = ""


class Retention(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How long the journal keeps the payloads of runs that have ended, in days."""

    days: float = 30.0


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
    knowledge: dict[str, KnowledgeConfig] = {}
    sql: dict[str, Database] = {}
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
    return msgspec.structs.replace(read, places=places), report


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


# --- readers --------------------------------------------------------------------------------------


def _inside(suffixes: frozenset[str], what: str, endings: str) -> Any:
    """A reader of paths, or patterns of paths, that stay in the folder and end in one of `suffixes`."""

    def read(node: Node, report: Report) -> Any:
        name = text(1, 1_024)(node, report)
        if name is FLAWED:
            return FLAWED
        path = PurePosixPath(name)
        outside = path.is_absolute() or PureWindowsPath(name).is_absolute() or ".." in path.parts
        if outside or path.suffix not in suffixes or "\0" in name or "\\" in name:
            report.flaw(
                "B025",
                f"{name!r} is not {what} of this folder",
                at=node.start,
                remedy=f"write a path relative to the workspace that ends in {endings}, with / between folders",
            )
            return FLAWED
        return name

    endings_pattern = "|".join(rf"\{suffix}" for suffix in sorted(suffixes))
    shape = {"type": "string", "maxLength": 1_024, "pattern": rf"^[^\\/][^\\]*({endings_pattern})$"}
    return formed(read, "json", shape)


_python_file = _inside(frozenset({".py"}), "a Python file", ".py")
_plan_glob = _inside(
    frozenset({".yaml", ".yml", ".json"}), "a plan, or a pattern of plans,", ".yaml, .yml or .json"
)


def _capability(node: Node, report: Report) -> Any:
    nodes = node.map
    if nodes is None:
        return wrong(node, report, "a map with `kind`", "write for example {kind: human}")
    if "kind" not in nodes:
        report.flaw(
            "B021",
            "the key 'kind' is missing",
            at=node.start,
            remedy="add `kind: human`, `http`, `vote`, `merge` or that of a plug-in",
        )
        return FLAWED
    report.path.append("kind")
    kind = _kind(nodes["kind"], report)
    report.path.pop()
    settings = {key: child.data() for key, child in nodes.items() if key != "kind"}
    return FLAWED if kind is FLAWED else CapabilityConfig(kind, settings)


formed(_capability, "json", {"$ref": "#/$defs/Capability"})

_kind = matching(CAPABILITY_KIND, "a kind of capability", "human")


def _when(node: Node, report: Report) -> Any:
    condition = read_condition(node, report)
    if condition is FLAWED:
        return FLAWED
    try:
        expression = compile_expression(condition, POLICY_ROOTS)
        for one in expression.references:
            if one.root == "card" and one.path and one.path[0] not in _CARD_FIELDS:
                raise ExpressionError(
                    f"{one} is nothing that a card has",
                    remedy=f"a card has {', '.join(_CARD_FIELDS)}",
                    offset=one.offset,
                )
    except ExpressionError as error:
        place = Places(node, report.text, report.file).inside((), condition, error.offset or 0)
        remedy = error.remedy or "correct it here; expressions are written in CEL"
        report.add("B201", f"{report.where()}: {error.message}", place, remedy)
        return FLAWED
    return condition


formed(_when, *form_of(read_condition))

_read_rule_record = record(
    Rule,
    {
        "verdict": choice("allow", "ask", "deny"),
        "when": _when,
        "capability": one_or_more(
            matching(r"[A-Za-z0-9_.*?-]{1,128}", "a name or pattern of capabilities", "mail.*"),
            WORDS_MAX,
        ),
        "effect": one_or_more(choice("pure", "read", "idempotent", "write"), 4),
        "reach": one_or_more(choice("local", "egress", "irreversible"), 3),
        "scope": one_or_more(text(1, 256), WORDS_MAX),
        "who": one_or_more(text(1, 256), WORDS_MAX),
        "reason": text(0, 4_096),
    },
    required=("verdict",),
    what="a rule: a map with at least `verdict`",
)


def _rule(node: Node, report: Report) -> Any:
    rule = _read_rule_record(node, report)
    if isinstance(rule, Rule) and rule.who and rule.verdict != "ask":
        report.flaw(
            "B204",
            f"`who` is asked, and the verdict is `{rule.verdict}`",
            at=cast("dict[str, Node]", node.map)["who"].start,
            remedy="write `verdict: ask`, or take `who` out",
        )
        return FLAWED
    return rule


formed(_rule, "any", _read_rule_record)

read_workspace = record(
    Workspace,
    {
        "python": one_or_more(_python_file, PYTHON_FILES_MAX),
        "plans": one_or_more(_plan_glob, PLAN_GLOBS_MAX),
        "capabilities": mapping(
            matching(_CAPABILITY, "the name of a capability", "mail.send"),
            _capability,
            CAPABILITIES_MAX,
        ),
        "policy": sequence(_rule, RULES_MAX),
        "budget": read_budget,
        "retention": record(Retention, {"days": number(0, RETENTION_MAX_DAYS)}),
        "limits": record(Limits, {"calls": integer(1, CALLS_AT_ONCE_MAX)}),
        "network": record(
            Network, {"allow_private": one_or_more(read_private_address, NETWORK_ENTRIES_MAX)}
        ),
        "knowledge": read_knowledge,
        "sql": read_databases,
    },
    what="a workspace: a map of keys and values",
)
