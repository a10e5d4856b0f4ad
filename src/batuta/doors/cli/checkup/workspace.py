"""What `doctor` looks at in a workspace: its file, modules, capabilities, plans, secrets, addresses."""

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import msgspec

from batuta.capabilities.modules import Loaded, load_modules
from batuta.config import WORKSPACE_FILE, Workspace, load_workspace, plan_files
from batuta.doors.cli.checkup.item import Looked, problem, warning, well
from batuta.doors.cli.checkup.models import found_here
from batuta.doors.cli.checkup.sources import pinned, servers_of, sources_reached
from batuta.doors.cli.checkup.traces import traces_taken
from batuta.doors.cli.terminal.text import one_line, place_text
from batuta.errors import InputError, WorkspaceError
from batuta.journal.clock import SystemClock
from batuta.opening import open_rooms
from batuta.outbound.exchange import LazyConnections, Request, Trouble
from batuta.plans.build import Sourced, plan_from_file
from batuta.plans.check import check
from batuta.plans.record.recording import Recording
from batuta.reading.embedder import EmbedderConfig
from batuta.reading.providers import key_of, url_of
from batuta.reading.server import is_loopback
from batuta.spec.card import Card
from batuta.spec.figures import duration, plural

__all__ = ["reached", "secrets", "workspace"]

# A module that takes longer (s) is felt in every command.
_IMPORT_SLOW_S = 1.0
_VARIABLE = re.compile(r"\benv:([A-Za-z_][A-Za-z0-9_]*)")
_FLAWS_TOLD = 5
_REACH_S = 5.0


async def workspace(folder: Path) -> AsyncIterator[Looked]:
    """Everything about the workspace in `folder` that can be said without leaving this machine."""
    try:
        config = load_workspace(folder)
    except InputError as error:
        for one in _flaws(WORKSPACE_FILE, error):
            yield one
        return
    yield well(WORKSPACE_FILE, f"{one_line(str(folder))}, {plural(len(config.policy), 'rule')}")
    found = Loaded([], [])
    sound = True
    for name in config.python:
        began = time.perf_counter()
        try:
            loaded = load_modules((name,), Path(config.root))
        except WorkspaceError as error:
            sound = False
            for one in _flaws("module", error):
                yield one
            continue
        found.capabilities.extend(loaded.capabilities)
        found.workflows.extend(loaded.workflows)
        took_s = time.perf_counter() - began
        defined = len(loaded.capabilities) + len(loaded.workflows)
        said = f"{one_line(name)}: {plural(defined, 'function')}, loaded in {duration(took_s)}"
        if took_s > _IMPORT_SLOW_S:
            slow = "import what is heavy inside the functions that need it"
            yield warning("module", said, slow)
        else:
            yield well("module", said)
    if not sound:
        return
    cards: Mapping[str, Card] = {}
    try:
        opened = (await open_rooms(config, SystemClock(), own=found)).opened
        cards = opened.catalog.cards()
        await opened.catalog.close()
    except WorkspaceError as error:
        for one in _flaws("capabilities", error):
            yield one
        return
    yield _cards(cards)
    for name in config.sql:
        yield _database(name, cards, opened.troubles.get(name, ""))
    for one in pinned(config, cards, opened.flaws):
        yield one
    for one in _plans(config, found.workflows, cards):
        yield one
    for one in secrets(config, os.environ):
        yield one
    async for one in found_here(config.models.values()):
        yield one


def secrets(config: Workspace, environment: Mapping[str, str]) -> Iterator[Looked]:
    """The variables of the environment that capabilities ask for: there, or missing. Never what they hold."""
    wanted: dict[str, list[str]] = {}
    for database, entry in config.sql.items():
        for name in _VARIABLE.findall(entry.url):
            wanted.setdefault(name, []).append(database)
    settings = [(name, one.settings) for name, one in config.capabilities.items()]
    for model, entry in config.models.items():
        for name in _VARIABLE.findall(key_of(entry)) if not entry.key else ():
            wanted.setdefault(name, []).append(model)
    embedders: list[tuple[str, object]] = [
        *((name, one.embedder) for name, one in config.knowledge.items()),
        *((name, one.embedder) for name, one in config.memory.items()),
        *config.models.items(),
        *config.mcp.items(),
        *config.openapi.items(),
        ("traces", config.observe),
    ]
    for user, one in settings + [(name, msgspec.to_builtins(one)) for name, one in embedders]:
        for name in dict.fromkeys(_VARIABLE.findall("\n".join(_texts(one)))):
            wanted.setdefault(name, []).append(user)
    for name, users in sorted(wanted.items()):
        of = f"for {one_line(', '.join(users), 60)}"
        if environment.get(name):
            yield well("secret", f"{name} is set, {of}")
        else:
            state = "is empty" if name in environment else "is not set"
            yield problem("secret", f"{name} {state}, {of}", f"export {name}=…")


async def reached(folder: Path) -> AsyncIterator[Looked]:
    """The hosts of HTTP capabilities, services, models and embedders: each is sent one `HEAD /`.

    And the sources: each is asked what it offers; and the collector of traces gets none. All at the same time, within
    half a minute.
    """
    try:
        config = load_workspace(folder)
    except InputError:
        return  # told already
    origins: dict[str, list[str]] = {}
    for name, one in config.capabilities.items():
        if one.kind == "http" and (origin := _origin(str(one.settings.get("url", "")))):
            origins.setdefault(origin, []).append(name)
    for name, one in (*config.knowledge.items(), *config.memory.items()):
        if isinstance(one.embedder, EmbedderConfig) and (origin := _origin(one.embedder.url)):
            origins.setdefault(origin, []).append(name)
    servers = [*servers_of(config)]
    for name, url in (*((n, url_of(one)) for n, one in config.models.items()), *servers):
        if origin := _origin(url):
            origins.setdefault(origin, []).append(name)
    # What a model or a service names on this machine may be reached.
    named = {*map(_origin, map(url_of, config.models.values())), *(_origin(u) for _, u in servers)}
    own = [urlsplit(one).netloc for one in named if is_loopback(one)]
    connections = LazyConnections([*config.network.allow_private, *own])
    hosts = [_asked(connections, origin, users) for origin, users in sorted(origins.items())]
    try:
        found, sources, traces = await asyncio.gather(
            asyncio.gather(*hosts), sources_reached(config), traces_taken(config)
        )
    finally:
        await connections.close()
    for one in (*found, *sources, *traces):
        yield one


async def _asked(connections: LazyConnections, origin: str, users: list[str]) -> Looked:
    of = f"for {one_line(', '.join(users), 60)}"
    began = time.perf_counter()
    try:
        request = Request("HEAD", f"{origin}/", {})
        await connections.send(request, timeout_s=_REACH_S, answer_bytes_max=1_024)
    except Trouble as error:
        said = f"{origin}: {one_line(error.message, 200)}, {of}"
        permit = "`network.allow_private` in batuta.yaml may permit it"
        unreachable = "check the address, the network and the certificates of this machine"
        return problem("reach", said, permit if error.code == "denied" else unreachable)
    return well("reach", f"{origin} answers after {duration(time.perf_counter() - began)}, {of}")


def _origin(url: str) -> str:
    """`https://host:port` of a URL, with its variable filled in; "" if that is missing (told as a secret)."""
    if found := _VARIABLE.match(url):
        url = os.environ.get(found[1], "")
    try:
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.hostname else ""
    except ValueError:
        return ""


def _cards(cards: Mapping[str, Card]) -> Looked:
    said = (
        f"{len(cards):,}, of which {sum(one.effect == 'write' for one in cards.values()):,} write"
    )
    silent = sorted(name for name, one in cards.items() if not one.declared)
    if silent:
        names = one_line(", ".join(silent), 60)
        said += f"; {names} {'does' if len(silent) == 1 else 'do'} not say what a call does"
        return warning("capabilities", said, "declare effect and reach where they are defined")
    return well("capabilities", said)


def _database(name: str, cards: Mapping[str, Card], trouble: str) -> Looked:
    seen = plural(sum(one.startswith(f"{name}.") for one in cards), "capability")
    said = f"{name}: {seen}"
    if not trouble:
        return well("sql", said)
    message, _, remedy = trouble.partition("; ")
    return problem("sql", f"{said}; {one_line(message)}", one_line(remedy) or "correct its `url`")


def _plans(
    config: Workspace, workflows: Sequence[Recording[..., Any]], cards: Mapping[str, Card]
) -> Iterator[Looked]:
    try:
        files = plan_files(config)
    except InputError as error:
        yield from _flaws("plans", error)
        return
    ways = [*(partial(plan_from_file, file) for file in files)]
    ways += [partial(_recorded, one) for one in workflows]
    flawed = 0
    for way in ways:
        try:
            sourced = way()
            flawed += any(not one.warning for one in check(sourced.plan, cards, sourced.places))
        except InputError:
            flawed += 1
    if flawed:
        said = f"{plural(len(ways), 'plan')}, of which {flawed:,} {'has' if flawed == 1 else 'have'} flaws"
        yield problem("plans", said, "`batuta check` lists them")
    else:
        yield well("plans", f"{len(ways):,} registered, no flaws" if ways else "none registered")


def _recorded(workflow: Recording[..., Any]) -> Sourced:
    return workflow.recorded.sourced


def _flaws(name: str, error: InputError) -> Iterator[Looked]:
    findings = getattr(error, "findings", ())
    if not findings:
        yield problem(name, one_line(error.message), one_line(error.remedy) or "`batuta check`")
    for one in findings[:_FLAWS_TOLD]:
        place = place_text(one.place)
        said = f"{place}: {one.message}" if place else one.message
        yield problem(name, one_line(said), one_line(one.remedy) or "`batuta check` says more")
    if len(findings) > _FLAWS_TOLD:
        more = len(findings) - _FLAWS_TOLD
        yield problem(name, f"… and {plural(more, 'more flaw')}", "`batuta check` lists all")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in cast("dict[str, Any]", value).values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in cast("list[Any]", value):
            yield from _texts(one)
