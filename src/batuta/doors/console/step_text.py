"""The text of one step in that of a plan: shown by itself, and another put in its place.

The text is as `plan_to_yaml` writes it: what belongs to a step stands further in than its name.
"""

import re
from textwrap import dedent, indent

from batuta.errors import InputError

__all__ = ["part_of", "with_part"]

_STEPS = "steps:"
_NAME = re.compile(r'  "?([A-Za-z_][A-Za-z0-9_]*)"?:')


def part_of(text: str, step: str) -> str:
    """The lines of `step`, beginning with its name. Raises `InputError` if there is none."""
    _, parts, _ = _taken_apart(text)
    if step not in parts:
        raise InputError(f"the plan has no step {step[:80]!r}", remedy="look at it again")
    return dedent(parts[step])


def with_part(text: str, step: str, part: str) -> str:
    """`text` with `part` for `step`; step "": behind all others. An empty part takes the step out.

    Raises `InputError` if there is no such step.
    """
    before, parts, behind = _taken_apart(text)
    if step and step not in parts:
        raise InputError(f"the plan has no step {step[:80]!r}", remedy="look at it again")
    said = indent(dedent(part.strip("\n")), "  ").rstrip()
    parts[step] = f"{said}\n" if said else ""
    return before + "".join(parts.values()) + behind


def _taken_apart(text: str) -> tuple[str, dict[str, str], str]:
    """What stands before the steps, each of them, and what stands behind."""
    before, behind = "", ""
    parts: dict[str, str] = {}
    now = ""
    inside, over = False, False
    for line in text.splitlines(keepends=True):
        if inside and not over and line.strip() and not line.startswith(" "):
            over = True
        if over:
            behind += line
        elif not inside:
            before += line
            inside = line.startswith(_STEPS)
        else:
            named = _NAME.match(line)
            now = named[1] if named else now
            parts[now] = parts.get(now, "") + line
    return before, parts, behind
