"""A form on a terminal: one question per input, by its schema, until the answer fits."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from batuta.doors.cli.terminal.schema_text import described
from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.text import one_line
from batuta.errors import InputError
from batuta.plans.assignments import parse_assignments
from batuta.reading.schema import problems
from batuta.spec.file import is_file_schema

__all__ = ["answered", "asks_here", "fill", "says_yes"]

# Who gives so many answers that do not fit wants to leave.
_TRIES_MAX = 5
_YES = frozenset({"y", "yes"})


def asks_here(screen: Screen) -> bool:
    """True if somebody sits at a terminal and no document was asked for."""
    return not screen.json and sys.stdin is not None and sys.stdin.isatty() and screen.live


def fill(
    screen: Screen,
    names: Sequence[str],
    schemas: Mapping[str, Mapping[str, Any]],
    unclear: Mapping[str, Sequence[str]],
    root: str,
) -> dict[str, Any]:
    """Ask for the inputs `names`; `root` is the folder of the workspace, where their files are.

    Raises:
        InputError: the input ended, or five answers in a row did not fit.
    """
    return {
        name: _asked(screen, name, dict(schemas[name]), unclear.get(name, ()), root)
        for name in names
    }


def says_yes(screen: Screen, question: str) -> bool:
    """Ask for a yes; anything else is a no."""
    return (answered(screen, f"{question} [y/N] ") or "").strip().lower() in _YES


def answered(screen: Screen, prompt: str) -> str | None:
    """A line that somebody types behind `prompt`; None if the input has ended."""
    screen.err.write(prompt)
    screen.err.flush()
    line = sys.stdin.readline()
    if not line.endswith("\n"):
        screen.say("")
        return None
    return line.rstrip("\r\n")


def _asked(
    screen: Screen, name: str, schema: dict[str, Any], unclear: Sequence[str], root: str
) -> Any:
    said = schema.get("description", "")
    if isinstance(said, str) and said:
        screen.say(f"  {one_line(said, 100)}")
    hint = f" ({' or '.join(f'“{one_line(one, 30)}”' for one in unclear)}?)" if unclear else ""
    kind = "path of a file" if is_file_schema(schema) else described(schema)
    for _ in range(_TRIES_MAX):
        line = answered(screen, f"{name}{hint} [{one_line(kind, 60)}]: ")
        if line is None:
            raise InputError(
                f"nothing runs: {name} was not given", remedy=f"give it: --input {name}=VALUE"
            )
        if not line.strip():
            continue
        try:
            value = parse_assignments({name: schema}, [f"{name}={line.strip()}"], root=root)[name]
        except InputError as error:
            screen.say(f"  {error.message}")
            continue
        flaws = [] if is_file_schema(schema) else problems(schema, value)
        if not flaws:
            return value
        screen.say(f"  {one_line(flaws[0], 200)}")
    raise InputError(
        f"nothing runs: no answer for {name} fits", remedy=f"it is {one_line(kind, 100)}"
    )
