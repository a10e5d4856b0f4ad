"""`batuta init`: a workspace from a template, or with the plans of a pattern, whole or not at all."""

import argparse
import contextlib
import shlex
from collections.abc import Callable, Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.table import Span, columns
from batuta.doors.cli.terminal.text import escaped
from batuta.doors.cli.words.starting import TEMPLATES
from batuta.errors import InputError
from batuta.spec.figures import plural

__all__ = ["carry_out", "commands_of", "files_of", "files_with"]

# Where these are, they are somebody's and stay as they are; all other files must be free.
_SCHEMAS = (".schemas/plan.schema.json", ".schemas/workspace.schema.json")
_KEPT = frozenset({"README.md", ".gitignore", *_SCHEMAS})
# The journal, and what detached runs say, belong to this machine.
_IGNORED = b"/.batuta/\n__pycache__/\n"
# Written last: what was left by a process that died on the way is no workspace.
_LAST = "batuta.yaml"


def carry_out(args: argparse.Namespace, screen: Screen) -> int:
    """The exit code of `init`."""
    if args.list:
        return _list(screen)
    if args.workspace is not None:
        raise InputError(
            "init makes a workspace where there is none: -w does not go with it",
            remedy=f"name the folder: batuta init {shlex.quote(args.workspace)}",
        )
    folder = Path(args.dir)
    content = files_of(args.template) if args.pattern is None else files_with(args.pattern)
    try:
        kept = _kept(folder, content)
    except OSError as error:
        raise _unwritable(folder, error) from None
    _write(folder, {name: data for name, data in content.items() if name not in kept})
    made = sorted(name for name in content if name not in kept)
    following = _following(folder, content)
    if screen.json:
        screen.document(
            {
                "folder": str(folder.resolve()),
                "template": args.template if args.pattern is None else None,
                "pattern": args.pattern,
                "files": made,
                "kept": kept,
                "next": following,
            }
        )
        return 0
    where = "here" if args.dir == "." else f"in {escaped(args.dir)}"
    name = args.pattern or args.template
    screen.out([Span("✓ ", "good"), Span(f"{name}: {plural(len(made), 'file')} {where}")])
    screen.out(*(f"    {name}" for name in made))
    if kept:
        screen.out(f"  left as they were: {', '.join(kept)}")
    screen.out("", "next", *(f"    {command}" for command in following))
    return 0


def files_of(template: str) -> dict[str, bytes]:
    """The files of `template` by name (with / between folders), batuta.yaml last."""
    return _whole(dict(sorted(_walk(files("batuta.doors.cli") / "templates" / template, ""))))


def files_with(pattern: str) -> dict[str, bytes]:
    """The files of a workspace with the plans of `pattern`, as `files_of` gives them."""
    from batuta.patterns.workspace import workspace_files  # only for those who begin with one

    return _whole({name: text.encode() for name, text in workspace_files(pattern).items()})


def _whole(content: dict[str, bytes]) -> dict[str, bytes]:
    """`content` with what every workspace has, batuta.yaml last."""
    content[".gitignore"] = _IGNORED
    # By which editors complete and check; the first line of a file names its own.
    for name in _SCHEMAS:
        content[name] = (files("batuta") / "schemas" / name.rpartition("/")[2]).read_bytes()
    content[_LAST] = content.pop(_LAST)
    return content


def commands_of(readme: str) -> list[str]:
    """The commands that a README shows, in order."""
    return [line[2:] for line in readme.splitlines() if line.startswith("$ ")]


def _walk(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for one in folder.iterdir():
        if one.is_file():
            yield prefix + one.name, one.read_bytes()
        elif one.name != "__pycache__":  # installers compile whatever ends in .py
            yield from _walk(one, f"{prefix}{one.name}/")


def _kept(folder: Path, content: dict[str, bytes]) -> list[str]:
    """The files that are there and may stay as they are. Raises `InputError` if others are there too."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{str(folder)!r} is a file, not a folder", remedy="name another folder")
    if folder.resolve() == Path(folder.resolve().anchor):
        raise InputError(
            "at the root of the file system, every folder would be inside of this workspace",
            remedy="begin in a folder of its own: batuta init DIR",
        )
    there = sorted(name for name in content if _is_there(folder / name))
    taken = [name for name in there if name not in _KEPT]
    if taken:
        raise InputError(
            f"{', '.join(taken)} {'exists' if len(taken) == 1 else 'exist'} in {str(folder)!r},"
            " and no file is ever overwritten",
            remedy="nothing was written; begin in another folder: batuta init DIR",
        )
    return there


def _is_there(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def _write(folder: Path, content: dict[str, bytes]) -> None:
    """Write all of it; if that fails, what was written goes again."""
    with contextlib.ExitStack() as undo:
        for name, data in content.items():
            path = folder / name
            try:
                for parent in reversed((path.parent, *path.parent.parents)):
                    if not parent.exists():
                        parent.mkdir()
                        undo.callback(_gone, parent.rmdir)
                with path.open("xb") as file:
                    undo.callback(_gone, path.unlink)
                    file.write(data)
            except OSError as error:
                raise _unwritable(path, error) from None
        undo.pop_all()


def _unwritable(path: Path, error: OSError) -> InputError:
    return InputError(
        f"{str(path)[:80]!r} cannot be written: {error.strerror or error}",
        remedy="nothing was left behind; name a folder that is yours and has room",
    )


def _gone(remove: Callable[[], None]) -> None:
    """What cannot be removed again was changed by somebody else meanwhile."""
    with contextlib.suppress(OSError):
        remove()


def _following(folder: Path, content: dict[str, bytes]) -> list[str]:
    """What to type next, as it can be pasted."""
    there = [f"cd {shlex.quote(str(folder))}"] if str(folder) != "." else []
    return there + commands_of(content["README.md"].decode())


def _list(screen: Screen) -> int:
    from batuta.patterns.examples import PATTERNS

    patterns = {name: one.says for name, one in PATTERNS.items()}
    if screen.json:
        listed = [
            {"name": name, "description": what, "files": list(files_of(name))}
            for name, what in TEMPLATES.items()
        ]
        teams = [
            {"name": name, "description": what, "files": list(files_with(name))}
            for name, what in patterns.items()
        ]
        screen.document({"templates": listed, "patterns": teams})
        return 0
    screen.out(*columns([*TEMPLATES.items()]), "", "patterns, for --pattern")
    screen.out(*columns([*patterns.items()]))
    return 0
