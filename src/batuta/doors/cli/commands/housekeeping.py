"""`batuta gc`, `backup` and `restore`."""

import argparse
from pathlib import Path

from batuta.app import JOURNAL_FILE, App
from batuta.doors.cli.confirm import confirm
from batuta.doors.cli.loop import on_loop
from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.workspace import folder_of
from batuta.errors import InputError, NotFound
from batuta.housekeeping import backup, erase, memory_beside, restore
from batuta.memory.workspace import MEMORY_FILE
from batuta.spec.figures import plural

__all__ = ["carry_out"]


def carry_out(args: argparse.Namespace, screen: Screen) -> int:
    """The exit code of `gc`, `backup` or `restore`."""
    if args.command == "restore":
        return _restore(args, screen)
    return on_loop(_gc(args, screen) if args.command == "gc" else _backup(args, screen))


async def _gc(args: argparse.Namespace, screen: Screen) -> int:
    async with await App.open(_with_journal(args), modules=False) as app:
        counts = await erase(app, older_than_days=args.older_than)
    if screen.json:
        screen.document(counts)
        return 0
    runs, values, size = counts["runs"], counts["values"], counts["bytes"]
    screen.out(
        f"erased the payloads of {plural(runs, 'run')}; {plural(values, 'value')}, {size:,} bytes"
    )
    memories, threads = counts["memories"], counts["threads"]
    if memories or threads:
        said = f"{plural(memories, 'memory')} and {plural(threads, 'thread')}"
        screen.out(f"forgot {said} whose time was over")
    return 0


async def _backup(args: argparse.Namespace, screen: Screen) -> int:
    target = _free(Path(args.file))
    folder = _with_journal(args)
    async with await App.open(folder, modules=False) as app:
        facts = await backup(app, target)
    return _copied(target, facts, screen)


def _free(target: Path) -> Path:
    if target.exists():
        raise InputError(
            f"{target} exists, and a backup never replaces a file", remedy="choose another name"
        )
    if not target.parent.is_dir():
        raise NotFound(f"there is no folder {target.parent}", remedy="create the folder")
    return target


def _copied(target: Path, facts: int, screen: Screen) -> int:
    size = target.stat().st_size
    beside = memory_beside(target)
    memory = str(beside.absolute()) if beside.exists() else None
    if screen.json:
        told = {"file": str(target.absolute()), "facts": facts, "bytes": size, "memory": memory}
        screen.document(told)
        return 0
    screen.out(f"{target}: {plural(facts, 'fact')}, {size:,} bytes, read through")
    if memory is not None:
        screen.out(f"{beside}: the memory, {beside.stat().st_size:,} bytes, read through")
    return 0


def _restore(args: argparse.Namespace, screen: Screen) -> int:
    folder = folder_of(args)
    if not Path(args.file).exists():
        raise NotFound(f"there is no backup {args.file!r}", remedy="check the name of the file")
    if not args.yes:
        confirm(f"put {args.file} in the place of the journal of {folder}?", screen)
    beside = memory_beside(args.file)
    kept = restore(folder, args.file)
    if screen.json:
        before = str(kept) if kept.exists() else None
        memory = str(folder / MEMORY_FILE) if beside.exists() else None
        told = {"journal": str(folder / JOURNAL_FILE), "kept": before, "memory": memory}
        screen.document(told)
        return 0
    screen.out(f"restored {args.file}; a new epoch begins")
    if kept.exists():
        screen.say(f"the journal that stood there is kept as {kept}")
    if beside.exists():
        screen.say("its memory is restored, too; the one that stood there is kept beside it")
    elif (folder / MEMORY_FILE).exists():
        screen.say(f"there is no {beside}: the memory of the workspace stays as it is")
    screen.say("`batuta resume --all` goes on; effects the backup does not know are asked about")
    return 0


def _with_journal(args: argparse.Namespace) -> Path:
    folder = folder_of(args)
    if not (folder / JOURNAL_FILE).exists():
        raise NotFound(
            f"the workspace {folder} has no journal yet", remedy="nothing was ever run there"
        )
    return folder
