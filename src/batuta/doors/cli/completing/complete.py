"""What may stand where somebody has pressed the tabulator: from the words before it to the words that fit.

One candidate a line, with what it stands for behind a tabulator. `:files` and `:dirs` leave the rest to the shell,
which knows best how paths are completed; behind them stands the part of the word before the path.
"""

import argparse
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from batuta.doors.cli.completing import known, remembered
from batuta.doors.cli.completing.known import Known
from batuta.doors.cli.parser import parser_of
from batuta.doors.cli.terminal.text import one_line
from batuta.doors.cli.words import COMMANDS
from batuta.reading.planning import AUTONOMIES

__all__ = ["candidates"]

_WHAT_CELLS = 70
# What no shell gives a meaning to, whatever it stands in.
_SAFE = re.compile(r"[\w@%+=:,./-][\w@%+=:,./~-]*")
_UNFINISHED = frozenset({"running", "waiting"})
# What a command does with a run needs one in a certain state.
_STATUSES = {
    "answer": frozenset({"waiting"}),
    "cancel": _UNFINISHED,
    "resume": _UNFINISHED,
    "tell": _UNFINISHED,
}
_TIMES = ("1h", "24h", "7d", "today", "yesterday")
# Where a metavar says too little: (command, destination) -> what stands there.
_KINDS = {
    ("capabilities", "name"): "CAPABILITY",
    ("diff", "after"): "PLAN_OR_RUN",
    ("diff", "before"): "PLAN_OR_RUN",
    ("knowledge", "name"): "COLLECTION",
    ("memory", "name"): "NAME_OR_ID",
    ("plan", "autonomy"): "AUTONOMY",
    ("plan", "planner"): "MAKER",
    ("run", "autonomy"): "AUTONOMY",
    ("run", "plan"): "PLAN",
    ("run", "planner"): "MAKER",
    ("run", "words"): "PLAN",
    ("runs", "plan"): "PLAN_NAME",
    ("try", "name"): "CAPABILITY",
}
# Who is asked for a plan in any workspace; where it names a model, `draft` is, too.
_PLANNERS = ("route", "recall", "compose")
_PLACES = {
    "DIR": ":dirs",
    "DOCUMENT": ":files",
    "FILE": ":files",
    "RESULT": ":files",
    "SUITE": ":files",
}


class _Line(NamedTuple):
    """The words before the tabulator, understood as far as they go."""

    command: str
    workspace: str | None
    # Values by destination, in order; positional ones too.
    given: dict[str, list[str]]
    # What the word at the tabulator may be a value of; None where only an option may stand.
    awaited: argparse.Action | None
    options: dict[str, argparse.Action]
    used: frozenset[str]


def candidates(words: Sequence[str]) -> list[str]:
    """The lines for the shell; none where nothing is known, and for whatever goes wrong: a shell only asks."""
    *before, current = words or [""]
    try:
        line = _read(before)
        found = list(_fitting(line, current))
    except Exception:  # flaws of a workspace, a locked journal: the command itself will say so
        return []
    return [line for one in found if (line := _told(one))]


def _told(one: Known) -> str:
    if one.word.startswith(":"):
        return f"{one.word}\t{one.what}"
    if not _SAFE.fullmatch(one.word):  # a folder of strangers must not put $(…) on a command line
        return ""
    return f"{one.word}\t{one_line(one.what, _WHAT_CELLS)}".rstrip("\t")


def _read(before: Sequence[str]) -> _Line:
    command, workspace = _command_of(before)
    if not command:
        named = parser_of("runs")._option_string_actions["--workspace"]
        awaited = named if before and before[-1] in named.option_strings else None
        return _Line("", workspace, {}, awaited, {}, frozenset())
    parser = parser_of(command)
    options = dict(parser._option_string_actions)
    positional = [one for one in parser._actions if not one.option_strings]
    given: dict[str, list[str]] = {}
    used: set[str] = set()
    awaited = None
    at = 0
    for word in before[list(before).index(command) + 1 :]:
        if awaited is not None:
            given.setdefault(awaited.dest, []).append(word)
            awaited = None
        elif word.startswith("-") and word != "-":
            name, equals, value = word.partition("=")
            action = options.get(name)
            used.add(name)
            if action is not None and action.nargs != 0:
                if equals:
                    given.setdefault(action.dest, []).append(value)
                else:
                    awaited = action
        elif at < len(positional):
            given.setdefault(positional[at].dest, []).append(word)
            at += positional[at].nargs not in ("*", "+")
    if awaited is None and at < len(positional):
        awaited = positional[at]
    workspace = next(iter(given.get("workspace", [])), workspace)
    return _Line(command, workspace, given, awaited, options, frozenset(used))


def _command_of(before: Sequence[str]) -> tuple[str, str | None]:
    """The command among the words, and the workspace that stands before it."""
    workspace: str | None = None
    awaited = False
    for word in before:
        if awaited:
            workspace, awaited = word, False
        elif word in ("-w", "--workspace"):
            awaited = True
        elif word in COMMANDS:
            return word, workspace
    return "", workspace


def _fitting(line: _Line, current: str) -> Iterator[Known]:
    if not line.command and line.awaited is None:
        commands = (Known(name, one.summary) for name, one in COMMANDS.items())
        everywhere = (Known(name) for name in ("--workspace", "--json", "--help", "--version"))
        yield from _beginning(everywhere if current.startswith("-") else commands, current)
        return
    name, equals, value = current.partition("=")
    if equals and (action := line.options.get(name)) is not None:
        for one in _values(line, action, value):
            yield _behind(f"{name}=", one)
        return
    is_value = line.awaited is not None and bool(line.awaited.option_strings)
    if current.startswith("-") and not is_value:
        yield from _beginning(_free_options(line), current)
    elif line.awaited is not None:
        yield from _values(line, line.awaited, current)


def _free_options(line: _Line) -> Iterator[Known]:
    """The long options that may still be said."""
    for name, action in line.options.items():
        again = isinstance(action.default, list)  # what may be said again is collected
        if name.startswith("--") and action.help != argparse.SUPPRESS:
            if again or not line.used & set(action.option_strings):
                yield Known(name, action.help or "")


def _values(line: _Line, action: argparse.Action, current: str) -> Iterator[Known]:
    """What fits as a value of `action`."""
    if action.choices is not None:
        yield from _beginning((Known(str(one)) for one in action.choices), current)
        return
    metavar = action.metavar if isinstance(action.metavar, str) else ""
    kind = _KINDS.get((line.command, action.dest), metavar)
    if kind in _PLACES:
        yield Known(_PLACES[kind])
    elif kind == "NAME=VALUE":
        yield from _assignments(line, current)
    elif kind == "JSON" and current.startswith("@"):
        yield Known(":files", "@")
    else:
        yield from _beginning(_known(line, kind), current)
        if kind.startswith("PLAN") and kind != "PLAN_NAME":
            yield Known(":files")


def _known(line: _Line, kind: str) -> Iterator[Known]:
    if kind == "TIME":
        yield from map(Known, _TIMES)
        return
    config = known.workspace(line.workspace)
    match kind:
        case "PLAN_OR_RUN":
            yield from known.plans(config)
            yield from known.runs(config, frozenset(), time.time())
        case "RUN":
            statuses = _STATUSES.get(line.command, frozenset())
            taken = line.given.get("run", [])
            found = known.runs(config, statuses, time.time())
            yield from (one for one in found if one.word not in taken)
        case "STEP" | "PATH":
            (run,) = line.given["run"][:1]
            yield from known.paths(config, run, asked=line.command == "answer")
        case "STEP=VALUE":
            (run,) = line.given["run"][:1]
            found = known.paths(config, run, asked=False)
            yield from (Known(f"{one.word}=") for one in found if "/" not in one.word)
        case "PLAN" | "PLAN_NAME":
            yield from known.plans(config)
        case "CAPABILITY":
            yield from known.capabilities(config)
        case "COLLECTION":
            yield from (Known(name, one.description) for name, one in config.knowledge.items())
        case "NAME_OR_ID":
            yield from remembered.memories(config, line.given["what"][0])
        case "SOURCE":
            yield from (Known(name, "an MCP server") for name in config.mcp)
            yield from (Known(name, "a service") for name in config.openapi)
        case "AUTONOMY":
            # More than the workspace allows is refused.
            most = AUTONOMIES.index(config.planning.autonomy)
            yield from map(Known, AUTONOMIES[: most + 1])
        case "MAKER":
            yield from map(Known, (*_PLANNERS, *(["draft"] if config.planning.model else [])))
        case "THREAD":
            yield from remembered.threads(config)
        case _:
            return


def _assignments(line: _Line, current: str) -> Iterator[Known]:
    """`name=` for what is not assigned yet; files behind `name=@`."""
    name, equals, value = current.partition("=")
    if equals:
        if value.startswith("@"):
            yield Known(":files", f"{name}=@")
        return
    config = known.workspace(line.workspace)
    if line.command == "try":
        found, dest = known.arguments(config, line.given["name"][0]), "given"
    elif line.command == "fork":
        found, dest = known.inputs_of_run(config, line.given["run"][0]), "input"
    else:
        found, dest = known.inputs(config, line.given["plan"][0]), "input"
    taken = {one.partition("=")[0] for one in line.given.get(dest, [])}
    free = (Known(f"{one.word}=", one.what) for one in found if one.word not in taken)
    yield from _beginning(free, current)


def _beginning(found: Iterable[Known], current: str) -> Iterator[Known]:
    return (one for one in found if one.word.startswith(current))


def _behind(prefix: str, one: Known) -> Known:
    """The candidate as the whole word, which begins with `prefix`."""
    if one.word.startswith(":"):
        return Known(one.word, prefix + one.what)
    return Known(prefix + one.word, one.what)
