"""A plan that was made for words becomes a registered one: with a name, an example, and a file where plans are."""

import re
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

import msgspec

from batuta.config import Workspace, plan_files
from batuta.errors import InputError
from batuta.planning.understood import Understood
from batuta.plans.build import Sourced, plan_from_data
from batuta.plans.read import EXAMPLE_CHARS_MAX
from batuta.spec.plan import PLACEHOLDER
from batuta.storage.files import write_whole

__all__ = ["example_of", "file_for", "keep", "registrable"]

_SUFFIXES = (".yaml", ".yml")


def registrable(understood: Understood, name: str) -> Sourced:
    """The plan of what was understood under `name`, with its words as an example.

    Raises:
        InputError: there is no such plan, or it is registered already. PlanError: the name is none.
    """
    if understood.sourced is None:
        raise InputError("there is no plan that could be kept", remedy=understood.route.why)
    if not understood.made:
        raise InputError(
            f"{understood.plan} is registered already",
            remedy="run it by its name, or copy its file",
        )
    plan, example = understood.sourced.plan, example_of(understood)
    examples = tuple(dict.fromkeys((*([example] if example else []), *plan.examples)))
    return plan_from_data(msgspec.structs.replace(plan, name=name, examples=examples))


def example_of(understood: Understood) -> str:
    """The words with a placeholder for each input that was read out of them; "" if that says nothing."""
    words, parts, at = understood.words, list[str](), 0
    for slot in sorted(understood.inputs.slots, key=lambda slot: slot.start):
        if slot.start < at or slot.end <= slot.start:
            continue
        parts += [_plain(words[at : slot.start]), f"{{{slot.name}}}"]
        at = slot.end
    example = " ".join("".join((*parts, _plain(words[at:]))).split())
    says = re.search(r"\w", PLACEHOLDER.sub("", example))
    return example if says and len(example) <= EXAMPLE_CHARS_MAX else ""


def file_for(
    name: str, workspace: Workspace, before: Sourced | None, taken: bool, force: bool
) -> Path:
    """The file of a plan of this name, where `plans` of the workspace finds it; its folder may have to be made.

    `taken`: something has the name, and `before` is it, if it is a registered plan; `force`: its file may be replaced.

    Raises:
        InputError: the name or the file is taken, or no pattern has room for it.
    """
    own = None if before is None else Path(before.places.key("name").file)
    if own is not None and own.suffix in _SUFFIXES and own in plan_files(workspace):
        if force:
            return own
        remedy = "choose another name, or replace it with --force"
        raise InputError(f"the name {name} is taken, by {own.name}", remedy=remedy)
    path = _room(name, workspace)
    if taken or path.exists():
        by = path.name if path.exists() else "another plan"
        raise InputError(f"the name {name} is taken, by {by}", remedy="choose another name")
    return path


def keep(path: Path, text: str, *, replace: bool) -> None:
    """Write a plan whole, in a folder that may have to be made. Raises `InputError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        said = error.strerror or error
        raise InputError(f"the folder {str(path.parent)!r} cannot be made: {said}") from None
    write_whole(path, text, replace=replace)


def _room(name: str, workspace: Workspace) -> Path:
    for pattern in workspace.plans:
        whole = PurePosixPath(pattern)
        folders = list(whole.parts[:-1])
        while folders and folders[-1] == "**":  # which is no folder, too
            folders.pop()
        if any(re.search(r"[*?\[]", part) for part in folders):
            continue
        for suffix in _SUFFIXES:
            if fnmatchcase(name + suffix, whole.name):
                return Path(workspace.root, *folders, name + suffix)
    raise InputError(
        f"no pattern of `plans` finds a file that is called {name}.yaml",
        remedy="write it with --out FILE, or add a pattern to `plans` in batuta.yaml",
    )


def _plain(text: str) -> str:
    """`text` without placeholders of its own: they would stand for inputs that nobody meant."""
    return text.replace("{", "").replace("}", "")
