"""Modules of a workspace: their `@capability` functions become capabilities. This runs the user's code."""

import hashlib
import importlib
import importlib.machinery
import importlib.util
import os
import sys
import traceback
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from batuta.capabilities.function import FunctionCapability, declaration_of
from batuta.capabilities.schema import place_of
from batuta.capabilities.threads import Threads
from batuta.errors import Finding, Place, WorkspaceError
from batuta.plans.record.recording import Recording
from batuta.ports import Capability
from batuta.spec.card import Card

__all__ = ["Loaded", "load_modules"]

# A module that people wrote is smaller; a larger file is something else with the wrong name.
_SOURCE_BYTES_MAX = 4 * 1024 * 1024


class _Fresh(importlib.machinery.SourceFileLoader):
    """Compiles the file as it is now. The cache of compiled files goes by whole seconds, and people edit faster."""

    def get_code(self, fullname: str) -> types.CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


class Loaded(NamedTuple):
    """What modules define, in the order in which it is written there."""

    capabilities: list[Capability]
    workflows: list[Recording[..., Any]]


def load_modules(paths: Sequence[str], folder: Path) -> Loaded:
    """The capabilities and workflows of the modules at `paths` (below `folder`).

    Registered are functions decorated with `@capability` or `@workflow` that are defined in the module itself, and
    objects that are capabilities. Each module is loaded under a name of its own. It may import its neighbours in
    `folder`, which stands last on the import path, so that no file of a workspace can take the place of an installed
    module.

    Raises:
        WorkspaceError: lists every module that is missing, outside the folder, fails to load or registers nothing,
            each with file and line of the user's code.
    """
    found = Loaded([], [])
    if not paths:
        return found
    folder = folder.resolve()
    _make_importable(folder)
    threads = Threads()
    findings: list[Finding] = []
    for path in dict.fromkeys(paths):
        try:
            module = _load(path, folder)
            _take(module, path, threads, found)
        except WorkspaceError as error:
            place = error.place or Place(path)
            findings += error.findings or [
                Finding("B601", error.message, place=place, remedy=error.remedy)
            ]
    if findings:
        raise WorkspaceError.of(findings)
    return found


def _load(path: str, folder: Path) -> types.ModuleType:
    file = _inside(path, folder)
    try:
        size_bytes = file.stat().st_size
        with file.open("rb"):
            pass
    except OSError as error:
        raise WorkspaceError(
            f"the module cannot be read: {error.strerror or error}",
            remedy="python: lists files of the workspace folder",
            place=Place(path),
        ) from None
    if size_bytes > _SOURCE_BYTES_MAX:
        raise WorkspaceError(
            f"the module is larger than {_SOURCE_BYTES_MAX:,} bytes", place=Place(path)
        )
    # Two workspaces in one process may both have a tools.py.
    digest = hashlib.blake2b(str(file).encode(), digest_size=6).hexdigest()
    name = f"batuta_workspace_{digest}_{file.stem}"
    loader = _Fresh(name, str(file))
    spec = importlib.util.spec_from_loader(name, loader)
    assert spec is not None, "the spec of a given loader"
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except BaseException as error:
        sys.modules.pop(name, None)
        if isinstance(error, KeyboardInterrupt):
            raise
        raise _placed(error, file, path, folder) from None
    return module


def _inside(path: str, folder: Path) -> Path:
    try:
        file = (folder / path).resolve()
    except (OSError, ValueError, RuntimeError):
        file = folder
    if not file.is_relative_to(folder) or file.suffix != ".py":
        raise WorkspaceError(
            f"{path!r} is not a .py file inside the workspace folder",
            remedy="python: lists files below the folder of batuta.yaml, for example tools.py",
            place=Place(path),
        )
    return file


def _take(module: types.ModuleType, path: str, threads: Threads, found: Loaded) -> None:
    """Add what `module` registers to `found`."""
    before = len(found.capabilities) + len(found.workflows)
    findings: list[Finding] = []
    seen: set[int] = set()
    for value in list(vars(module).values()):
        if id(value) in seen:
            continue
        seen.add(id(value))
        if _is_capability(value):
            found.capabilities.append(value)
        elif isinstance(value, Recording):
            workflow = cast("Recording[..., Any]", value)
            if workflow.__module__ == module.__name__:
                findings += _taken(workflow, found.workflows, path)
                found.workflows.append(workflow)
        elif declaration_of(value) is not None and value.__module__ == module.__name__:
            try:
                found.capabilities.append(FunctionCapability(value, threads=threads))
            except WorkspaceError as error:
                place = error.place or Place(path)
                findings.append(Finding("B602", error.message, place=place, remedy=error.remedy))
    if findings:
        raise WorkspaceError(f"{path} is wrong", findings=findings)
    if len(found.capabilities) + len(found.workflows) == before:
        raise WorkspaceError(
            "the module registers nothing",
            remedy="decorate a function with @capability or @workflow, or take the module out of python:",
            place=Place(path, 1, 1),
        )


def _taken(
    workflow: Recording[..., Any], others: Sequence[Recording[..., Any]], path: str
) -> list[Finding]:
    if all(other.name != workflow.name for other in others):
        return []
    place = Place(path, place_of(workflow.function).line, 1)
    message = f"there are two workflows called {workflow.name}"
    return [
        Finding("B602", message, place=place, remedy='give one another name: @workflow(name="…")')
    ]


def _is_capability(value: Any) -> bool:
    if isinstance(value, type):
        return False
    return isinstance(getattr(value, "card", None), Card) and callable(value)


def _placed(error: BaseException, file: Path, path: str, folder: Path) -> WorkspaceError:
    """`error` of the user's module, at the last line of the user's code that led to it."""
    if isinstance(error, WorkspaceError):
        return error
    text = str(error) if str(error) else "without a message"
    place = Place(path, 1, 1)
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        text = error.msg
        place = Place(_relative(error.filename, folder), error.lineno, error.offset or 1)
    else:
        for frame, line in traceback.walk_tb(error.__traceback__):
            name = frame.f_code.co_filename
            if name == str(file) or Path(name).is_relative_to(folder):
                place = Place(_relative(name, folder), line, 1)
    remedy = ""
    if isinstance(error, ModuleNotFoundError):
        remedy = f"install {error.name}, or put {error.name}.py into the workspace folder"
    return WorkspaceError(
        f"the module fails to load: {type(error).__name__}: {text[:500]}",
        remedy=remedy,
        place=place,
    )


def _relative(name: str, folder: Path) -> str:
    file = Path(name)
    return str(file.relative_to(folder)) if file.is_relative_to(folder) else name


def _make_importable(folder: Path) -> None:
    """Put `folder` on the import path, behind what is installed and before other workspaces of this process.

    Modules of another workspace that have the names of files in `folder` are forgotten, or they would be taken.
    """
    entry = str(folder)
    others = [one for one in sys.path if one in _added and one != entry]
    neighbours = [file.stem for file in folder.iterdir()] if others and folder.is_dir() else []
    for name in neighbours:
        file = str(getattr(sys.modules.get(name), "__file__", None) or "")
        if file.startswith(tuple(other + os.sep for other in others)):
            del sys.modules[name]
    if entry not in sys.path:
        _added.add(entry)
        sys.path.append(entry)
    if others:
        sys.path.remove(entry)
        sys.path.insert(min(sys.path.index(other) for other in others), entry)
    # The folder may have got files since somebody last looked.
    importlib.invalidate_caches()


# The import path belongs to the process, and so does the knowledge of what we have put there.
_added: set[str] = set()
