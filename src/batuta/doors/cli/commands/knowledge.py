"""`batuta knowledge`: collections of documents are brought up to date, searched, looked at."""

import argparse
import shlex
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from batuta.config import Workspace, load_workspace
from batuta.doors.cli.loop import on_loop
from batuta.doors.cli.terminal.progress import Progress
from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.text import one_line
from batuta.doors.cli.views.found import tell_search
from batuta.doors.cli.workspace import folder_of
from batuta.errors import InputError, NotFound
from batuta.knowledge.capability import KNOWLEDGE_FILE, Searches
from batuta.knowledge.embedders import Embedders
from batuta.knowledge.pending import pending
from batuta.knowledge.store import Store
from batuta.reading.knowledge import KnowledgeConfig
from batuta.reading.nearest import did_you_mean
from batuta.spec.figures import plural

__all__ = ["carry_out"]

_FINDINGS_SHOWN_MAX = 20
# Lines of a piece that are shown to people; the document has all of it.
_LINES_SHOWN_MAX = 6


def carry_out(args: argparse.Namespace, screen: Screen) -> int:
    """The exit code of `knowledge`."""
    workspace = load_workspace(folder_of(args))
    _check_words(args)
    wanted = _wanted(workspace, args.name)
    if args.what == "add":
        return on_loop(_add(workspace, wanted, screen))
    if args.what == "search":
        return on_loop(_search(workspace, wanted, args, screen))
    return _status(Path(workspace.root), wanted, screen)


def _check_words(args: argparse.Namespace) -> None:
    if args.what == "search":
        if args.name is None or args.question is None:
            raise InputError(
                "search needs a collection and a question",
                remedy="for example: batuta knowledge search handbook 'how long is the warranty'",
            )
        return
    if args.question is not None:
        raise InputError(
            f"{one_line(args.question, 40)!r} is one word too many",
            remedy="which files belong to a collection is said by `paths` in batuta.yaml",
        )


def _wanted(workspace: Workspace, name: str | None) -> dict[str, KnowledgeConfig]:
    """The collections a command is about. Raises `NotFound`."""
    there = workspace.knowledge
    if not there:
        raise NotFound(
            "this workspace has no collections",
            remedy="name one in batuta.yaml, for example: knowledge: {handbook: {paths: [docs/**]}}",
        )
    if name is None:
        return there
    if name not in there:
        raise NotFound(
            f"there is no collection {one_line(name, 100)!r}",
            remedy=did_you_mean(name, sorted(there), "collections"),
        )
    return {name: there[name]}


async def _add(workspace: Workspace, wanted: Mapping[str, KnowledgeConfig], screen: Screen) -> int:
    try:
        from batuta.knowledge.ingest import Step, ingest
    except ImportError as error:
        raise InputError(
            f"reading documents needs {error.name}", remedy="pip install 'batuta[knowledge]'"
        ) from None
    root = Path(workspace.root)
    embedders = Embedders(workspace.network.allow_private)
    by_collection = {name: embedders.of(one.embedder) for name, one in wanted.items()}
    store = Store(root / KNOWLEDGE_FILE, create=True)
    told: list[dict[str, Any]] = []
    try:
        for name, settings in wanted.items():
            shown: list[Progress] = []

            def report(step: Step, name: str = name, shown: list[Progress] = shown) -> None:
                if not shown:
                    shown.append(Progress(screen, step.files, f"{name}: files"))
                shown[0].at(step.done, f"  {step.chunks:,} pieces  {one_line(step.source, 50)}")

            try:
                done = await ingest(
                    store, name, root, settings.paths, by_collection[name], report=report
                )
            finally:
                for one in shown:
                    one.__exit__(None, None, None)
            said = {"name": name, **msgspec.to_builtins(done)}
            told.append(said)
            if not screen.json:
                _tell_added(said, settings, screen)
    finally:
        store.close()
        await embedders.close()
    if screen.json:
        screen.document({"collections": told})
    return int(any(one["waiting"] for one in told))


def _tell_added(said: dict[str, Any], settings: KnowledgeConfig, screen: Screen) -> None:
    kinds = ("added", "changed", "unchanged", "removed")
    parts = [f"{said[kind]:,} {kind}" for kind in kinds if said[kind]]
    if said["failed"]:
        parts.append(f"{said['failed']:,} not readable")
    if said["waiting"]:
        parts.append(f"{said['waiting']:,} waiting")
    files = ", ".join(parts) or "no files"
    screen.out(
        f"{said['name']}: {files}; {plural(said['chunks'], 'new piece')} in {said['seconds']:.1f} s"
    )
    if not parts:
        screen.say(f"nothing fits its paths: {', '.join(settings.paths)}")
    if said["trouble"]:
        screen.say(f"  {one_line(said['trouble'], 400)}")
        screen.say(f"  what was done is kept; later: batuta knowledge add {said['name']}")
    _tell_findings(said["findings"], screen)


def _tell_findings(findings: list[dict[str, Any]], screen: Screen) -> None:
    for one in findings[:_FINDINGS_SHOWN_MAX]:
        screen.say(
            f"  {one_line(one['source'], 200)}: {one['code']}: {one_line(one['message'], 300)}"
        )
    more = len(findings) - _FINDINGS_SHOWN_MAX
    if more > 0:
        screen.say(f"  … and {more:,} more; --json lists them")


async def _search(
    workspace: Workspace,
    wanted: Mapping[str, KnowledgeConfig],
    args: argparse.Namespace,
    screen: Screen,
) -> int:
    allowed = workspace.network.allow_private
    searches = Searches(Path(workspace.root), wanted, allow_private=allowed)
    try:
        found = await searches.search(
            args.name,
            args.question,
            limit=args.limit,
            filters=_filters(args.filter),
            report=lambda text: None if screen.json else screen.say(one_line(text, 300)),
        )
    finally:
        await searches.close()
    if tell_search(found, screen):
        return 0
    for number, hit in enumerate(found["hits"], 1):
        page = f", page {hit['page']}" if hit["page"] else ""
        place = f"{hit['source']}{page}, {hit['start']}-{hit['end']}"
        screen.out(f"{number}. {one_line(place, 300)}  {hit['score']:.2f}")
        lines = [line for line in hit["text"].splitlines() if line.strip()]
        screen.out(*(f"   {one_line(line, 200)}" for line in lines[:_LINES_SHOWN_MAX]))
        if len(lines) > _LINES_SHOWN_MAX:
            screen.out("   …")
    return 0


def _filters(given: list[str]) -> dict[str, list[str]]:
    """What `--filter` says: by key, the values of which one must fit. Raises `InputError`."""
    filters: dict[str, list[str]] = {}
    for one in given:
        key, equals, value = one.partition("=")
        if not equals or not key.strip():
            raise InputError(
                f"--filter {shlex.quote(one_line(one, 60))} is no KEY=VALUE",
                remedy="for example: --filter format=pdf --filter 'source=docs/*'",
            )
        filters.setdefault(key.strip(), []).append(value)
    return filters


def _status(root: Path, wanted: Mapping[str, KnowledgeConfig], screen: Screen) -> int:
    path = root / KNOWLEDGE_FILE
    store = Store(path, read_only=True) if path.exists() else None
    try:
        told = [_state(store, name, settings, root) for name, settings in wanted.items()]
    finally:
        if store is not None:
            store.close()
    if screen.json:
        screen.document({"collections": told})
        return 0
    for said in told:
        _tell_state(said, screen)
    return 0


def _state(store: Store | None, name: str, settings: KnowledgeConfig, root: Path) -> dict[str, Any]:
    number = store.find(name) if store is not None else None
    known = store.files(number) if store is not None and number is not None else {}
    counts: dict[str, Any] = {
        "documents": 0, "unreadable": 0, "bytes": 0, "chunks": 0, "characters": 0, "ingested_at": None
    }  # fmt: skip
    if store is not None and number is not None:
        counts = store.counts(number)
    findings = [
        {"source": source, "code": one.code, "message": one.message}
        for source, one in sorted(known.items())
        if one.code
    ]
    return {
        "name": name,
        "paths": list(settings.paths),
        **counts,
        "pending": pending(known, root, settings.paths),
        "findings": findings,
    }


def _tell_state(said: dict[str, Any], screen: Screen) -> None:
    at = said["ingested_at"]
    when = "never ingested" if at is None else time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
    documents = f"{plural(said['documents'], 'document')}, {plural(said['chunks'], 'piece')}"
    screen.out(f"{said['name']}: {documents}; {when}")
    waiting = [f"{number:,} {kind}" for kind, number in said["pending"].items() if number]
    if waiting:
        screen.out(f"  {', '.join(waiting)} since; batuta knowledge add {said['name']}")
    _tell_findings(said["findings"], screen)
