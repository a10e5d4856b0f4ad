"""What is known of a workspace in a tenth of a second, for shells that complete: no module of it is loaded.

Everything here may be out of date or incomplete; whoever runs the command is told then.
"""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

from batuta.config import Workspace, find_workspace, load_workspace, plan_files
from batuta.doors.cli.terminal.text import ago
from batuta.imports.pin import Pin, read_pin
from batuta.journal.file.connection import connect
from batuta.journal.file.statements import SQL
from batuta.journal.values import unpacked
from batuta.plans.naming import plan_name

__all__ = [
    "BUILT_IN",
    "Known",
    "arguments",
    "capabilities",
    "inputs",
    "inputs_of_run",
    "paths",
    "plans",
    "runs",
    "workspace",
]

# The newest runs are offered, and the latest paths of one: what nobody reads nobody chooses from.
_RUNS_MAX = 200
_PATHS_MAX = 500
# Before the plan there is what was asked for, and how words led to the plan.
_FIRST_FACTS = 8
_MODULE_BYTES_MAX = 4 * 1_024**2
# `batuta.app.JOURNAL_FILE`, without what importing that costs.
_JOURNAL = Path(".batuta") / "journal.sqlite"
# A test compares them with the cards.
BUILT_IN = {
    "check": ("value", "schema", "matches", "that"),
    "file.list": ("glob", "limit"),
    "file.read": ("file", "encoding"),
    "file.rows": ("file", "columns", "skip", "limit", "format", "encoding", "delimiter"),
    "file.write": ("path", "text", "json", "rows", "columns"),
    "human": ("question", "show", "who", "expires", "default", "schema", "form"),
    "local.answer": ("question", "passages", "threshold"),
    "local.anomaly": ("rows", "columns", "threshold"),
    "local.classify": ("text", "labels", "none", "threshold"),
    "local.extract": ("text", "fields", "today", "day_first"),
    "local.match": ("left", "right", "keys", "threshold"),
    "local.summarize": ("text", "sentences"),
    "merge": ("values", "into", "strategy", "key"),
    "planner": ("request", "inputs"),
    "report.write": ("path", "title", "sections", "subtitle", "language"),
    "require": ("value", "schema", "matches", "that"),
    "thread.add": ("thread", "messages", "after"),
    "thread.forget": ("thread",),
    "thread.read": ("thread", "at_most"),
    "value": ("value",),
    "vote": ("values", "field", "method", "threshold", "of"),
}
_MEMORY_VERBS = ("correct", "forget", "recall", "remember")


class Known(NamedTuple):
    """A word that may stand here, and what it stands for."""

    word: str
    what: str = ""


def workspace(named: str | None) -> Workspace:
    """The workspace that `-w` names, or the nearest. Raises `InputError`."""
    return load_workspace(find_workspace() if named is None else named)


def runs(config: Workspace, statuses: frozenset[str], now: float) -> Iterator[Known]:
    """The newest runs, of `statuses` only if there are any."""
    wanted = json.dumps(sorted(statuses))
    for run, status, plan, at, *_ in _rows(config, "runs", _RUNS_MAX, wanted, "", 0.0, ""):
        yield Known(run, f"{status}, {plan}, {ago(now - at)}")


def paths(config: Workspace, run: str, *, asked: bool) -> Iterator[Known]:
    """The steps of a run; `asked`: those that wait for an answer."""
    for (path,) in _rows(config, "asked_paths" if asked else "paths", run, _PATHS_MAX):
        if path:
            yield Known(path)


def plans(config: Workspace) -> Iterator[Known]:
    """The registered plans by name."""
    for file in plan_files(config):
        if name := plan_name(file):
            yield Known(name, str(file.relative_to(config.root)))
    for name, _ in _functions(config, "workflow"):
        yield Known(name, "a workflow in Python")


def inputs(config: Workspace, plan: str) -> Iterator[Known]:
    """The inputs of a plan, by its name or its file."""
    from batuta.plans.build import plan_from_file

    for name, function in _functions(config, "workflow"):
        if name == plan:
            yield from _parameters(function)
            return
    registered = (one for one in plan_files(config) if plan_name(one) == plan)
    file = Path(plan) if Path(plan).is_file() else next(registered, Path(config.root) / plan)
    yield from _declared_inputs(plan_from_file(file).plan.inputs)


def inputs_of_run(config: Workspace, run: str) -> Iterator[Known]:
    """The inputs of the plan that `run` began with, as its log has it: whose file may be another one by now."""
    facts = [json.loads(row[4]) for row in _rows(config, "read", run, 0, _FIRST_FACTS)]
    plan = next(one["plan"] for one in facts if one["is"] == "expanded" and not one["path"])
    if "r" in plan:
        ((body, *_),) = _rows(config, "value", bytes.fromhex(plan["r"]))
        plan = {"v": json.loads(unpacked(body))}
    yield from _declared_inputs(plan["v"].get("inputs", {}))


def capabilities(config: Workspace) -> Iterator[Known]:
    """What can be called, by name."""
    for name in config.capabilities:
        yield Known(name, config.capabilities[name].kind)
    for name, function in _functions(config, "capability"):
        said = (ast.get_docstring(function) or "").partition("\n")[0]
        yield Known(name, said)
    yield from (Known(name, "a model") for name in config.models)
    yield from (Known(name, "an agent") for name in config.agents)
    yield from (Known(f"{name}.search", "knowledge") for name in config.knowledge)
    for name in config.memory:
        yield from (Known(f"{name}.{verb}", "memory") for verb in _MEMORY_VERBS)
    for name in (*config.mcp, *config.openapi):
        pin = read_pin(config.root, name)
        if isinstance(pin, Pin):
            yield from (Known(f"{name}.{one}", pin.brief(one)[1]) for one in pin.names)
    for name in BUILT_IN:
        yield Known(name, "built in")


def arguments(config: Workspace, capability: str) -> Iterator[Known]:
    """What a capability takes, as far as its text says."""
    if capability in config.capabilities:
        yield from _of_settings(config.capabilities[capability].settings)
    elif capability in BUILT_IN:
        yield from map(Known, BUILT_IN[capability])
    for name, function in _functions(config, "capability"):
        if name == capability:
            yield from _parameters(function)


def _declared_inputs(declared: Mapping[str, Mapping[str, Any]]) -> Iterator[Known]:
    for name, schema in declared.items():
        said: object = schema.get("description", "")
        yield Known(name, said if isinstance(said, str) else "")


def _parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Known]:
    for one in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs):
        what = ast.unparse(one.annotation) if one.annotation is not None else ""
        if what.rpartition(".")[2] != "Call":
            yield Known(one.arg, what)


def _of_settings(settings: Mapping[str, Any]) -> Iterator[Known]:
    schema: Any = settings.get("input")
    properties = cast("dict[str, Any]", schema.get("properties", {}) if schema else {})
    in_url = re.findall(r"\{([A-Za-z_]\w*)\}", str(settings.get("url", "")))
    for name in dict.fromkeys([*in_url, *properties]):
        yield Known(str(name))


def _functions(
    config: Workspace, decorated: str
) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """The functions of its modules with this decorator, by the names they get."""
    for name in config.python:
        file = Path(config.root) / name
        try:
            if file.stat().st_size > _MODULE_BYTES_MAX:
                continue
            module = ast.parse(file.read_bytes())
        except (OSError, SyntaxError, ValueError):  # a module in the middle of being written
            continue
        for node in module.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for decorator in node.decorator_list:
                    if (called := _declared(decorator, node.name, decorated)) is not None:
                        yield called, node


def _declared(decorator: ast.expr, name: str, wanted: str) -> str | None:
    """What the function `name` is called if `decorator` is the one that is `wanted`; None otherwise."""
    call = decorator if isinstance(decorator, ast.Call) else None
    called = ast.unparse(call.func if call is not None else decorator)
    if called.rpartition(".")[2] != wanted:
        return None
    named = [one.value for one in call.keywords if one.arg == "name"] if call is not None else []
    said = [*(call.args if call is not None else ()), *named][:1]
    return str(said[0].value) if said and isinstance(said[0], ast.Constant) else name


def _rows(config: Workspace, query: str, *bindings: Any) -> list[tuple[Any, ...]]:
    path = Path(config.root) / _JOURNAL
    if not path.exists():
        return []
    db = connect(path, read_only=True)
    try:
        return db.execute(SQL[query], bindings).fetchall()
    finally:
        db.close()
