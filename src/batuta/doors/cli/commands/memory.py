"""`batuta memory`: what is remembered for long is listed, shown, searched, corrected, forgotten."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from batuta.config import Workspace, load_workspace
from batuta.doors.cli.commands.threads import tell_forgotten
from batuta.doors.cli.confirm import confirm
from batuta.doors.cli.loop import on_loop
from batuta.doors.cli.remembered import authors, by_hand, memory_of
from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.text import clock, escaped, one_line
from batuta.doors.cli.views.found import tell_search
from batuta.doors.cli.workspace import folder_of
from batuta.errors import InputError, NotFound
from batuta.memory.looking import collections, shown
from batuta.memory.memories import Memories
from batuta.memory.workspace import Memory
from batuta.reading.nearest import did_you_mean

__all__ = ["carry_out"]

_LISTED, _RECALLED, _RECALLED_MAX = 100, 5, 100
_TEXT_CELLS = 200


def carry_out(args: argparse.Namespace, screen: Screen) -> int:
    """The exit code of `memory`."""
    _check_words(args)
    workspace = load_workspace(folder_of(args))
    with memory_of(workspace, read_only=args.what in ("list", "show")) as memory:
        match args.what:
            case "list":
                _list(workspace, memory, args, screen)
            case "show":
                return on_loop(_show(workspace, memory, args, screen))
            case "search":
                return on_loop(_search(workspace, memory, args, screen))
            case "correct":
                _correct(memory, args, screen)
            case _:
                _forget(workspace, memory, args, screen)
    return 0


def _check_words(args: argparse.Namespace) -> None:
    needs = {
        "show": (args.name,),
        "search": (args.name, args.text),
        "correct": (args.name, args.text),
        "forget": (args.name or args.about or None,),
    }
    if None in needs.get(args.what, ()):
        raise InputError(
            f"{args.what} needs {_NEEDS[args.what]}", remedy="batuta memory --help has examples"
        )
    if args.text is not None and args.what not in ("search", "correct"):
        raise InputError(f"{one_line(args.text, 40)!r} is one word too many")


_NEEDS = {
    "show": "the id of a memory",
    "search": "a collection and what to look for",
    "correct": "the id of a memory and what it says from now on",
    "forget": "the id of a memory, or --about ABOUT",
}


def _wanted(workspace: Workspace, memory: Memory, name: str | None) -> Mapping[str, Memories]:
    """The collections a command is about, those that are not in batuta.yaml any more included. Raises `NotFound`."""
    connection = memory.connection()
    there = collections(connection)
    names = sorted({*there, *workspace.memory})
    if name is not None and name not in names:
        raise NotFound(
            f"there is no collection {one_line(name, 100)!r} of memories",
            remedy=did_you_mean(name, names, "collections")
            or "name it under `memory` in batuta.yaml",
        )
    return {
        one: Memories(connection, number) for one, number in there.items() if name in (None, one)
    }


def _list(workspace: Workspace, memory: Memory, args: argparse.Namespace, screen: Screen) -> None:
    limit = args.limit or _LISTED
    found: list[dict[str, Any]] = [
        {"collection": name, **one}
        for name, each in _wanted(workspace, memory, args.name).items()
        for one in each.listed(about=args.about, limit=limit)
    ]
    found = sorted(found, key=lambda one: -one["at"])[:limit]
    if screen.json:
        screen.document({"memories": found})
        return
    for one in found:
        screen.out(*_told(one, screen.width))
    if not found:
        screen.say("nothing is remembered" + (" about that" if args.about else " yet"))


async def _show(
    workspace: Workspace, memory: Memory, args: argparse.Namespace, screen: Screen
) -> int:
    document = shown(memory.connection(), args.name)
    known = await authors(Path(workspace.root), [one["run"] for one in document["history"]])
    for one in document["history"]:
        one["author"] = one["author"] or known.get(one["run"], "")
    if screen.json:
        screen.document(document)
        return 0
    about = f", about {one_line(document['about'], 80)}" if document["about"] else ""
    screen.out(f"{document['id']}  in {document['collection']}{about}")
    for one in document["history"]:
        who = " ".join(filter(None, [one["author"], one["run"], one["step"]]))
        source = f"  from {one_line(one['source'], 120)}" if one["source"] else ""
        screen.out(f"{clock(one['at'])}  {one['what']}  {one_line(who, 160)}{source}".rstrip())
        screen.out(*(f"  {escaped(line)}" for line in (one["text"] or "").splitlines()))
    return 0


async def _search(
    workspace: Workspace, memory: Memory, args: argparse.Namespace, screen: Screen
) -> int:
    if args.name not in workspace.memory:
        raise NotFound(
            f"`memory` in batuta.yaml has no collection {one_line(args.name, 100)!r}",
            remedy=did_you_mean(args.name, sorted(workspace.memory), "collections"),
        )
    limit = args.limit or _RECALLED
    if limit > _RECALLED_MAX:
        raise InputError(
            f"--limit {limit} is more than a search gives", remedy=f"{_RECALLED_MAX} at most"
        )
    found = await memory.recall(args.name, args.text, about=args.about, limit=limit)
    if tell_search(found, screen):
        return 0
    for one in found["memories"]:
        screen.out(*_told(one, screen.width))
    return 0


def _correct(memory: Memory, args: argparse.Namespace, screen: Screen) -> None:
    document = shown(memory.connection(), args.name)
    memory.collection(document["collection"]).correct(args.name, args.text, by_hand())
    after = shown(memory.connection(), args.name)
    if screen.json:
        screen.document(after)
    else:
        screen.out(f"{args.name} says: {one_line(after['text'], _TEXT_CELLS)}")


def _forget(workspace: Workspace, memory: Memory, args: argparse.Namespace, screen: Screen) -> None:
    if args.about:
        wanted = _wanted(workspace, memory, args.name)
        where = f" in {args.name}" if args.name else ""
        question = f"erase all that is remembered about {one_line(args.about, 80)}{where}?"
    else:
        document = shown(memory.connection(), args.name)
        wanted = _wanted(workspace, memory, document["collection"])
        question = f"erase {args.name} ({one_line(document['text'] or '', 60)})?"
    if not args.yes:
        confirm(question, screen)
    told: dict[str, Any] = {"forgotten": 0, "runs": []}
    for name in wanted:
        id_ = "" if args.about else args.name
        one = memory.forget(name, by_hand(), id_=id_, about=args.about)
        told = {
            "forgotten": told["forgotten"] + one["forgotten"],
            "runs": list(dict.fromkeys([*told["runs"], *one["runs"]])),
        }
    tell_forgotten(told, "memory", workspace.retention.days, screen)


def _told(one: Mapping[str, Any], width: int) -> list[str]:
    score = f"  {one['score']:.2f}" if "score" in one else ""
    about = f"  {one_line(one['about'], 40)}" if one["about"] else ""
    return [
        f"{one['id']}{about}  {clock(one['at'])}{score}",
        f"  {one_line(one['text'], max(width - 2, 40))}",
    ]
