"""What words a run was asked for by, and how they led to its plan. Pure."""

from collections.abc import Mapping
from typing import Any

from batuta.doors.cli.terminal.table import Span
from batuta.doors.cli.terminal.text import json_text, one_line

__all__ = ["again_lines", "asked_lines"]

_WORDS_CELLS, _WHY_CELLS = 80, 100


def asked_lines(document: Mapping[str, Any]) -> list[list[Span]]:
    """A line for the document of a run; none if it was not asked for in words."""
    routed: Mapping[str, Any] | None = document.get("routed")
    if routed is None or "words" not in document:
        return []
    how = "as its plan was named"
    if routed["planner"] != "named":
        how = f"{routed['confidence']:.0%} sure: {one_line(str(routed.get('why', '')), _WHY_CELLS)}"
    said = f"yes to {routed['approved'][:12]}" if routed["approved"] else "so"
    who = f"; {one_line(routed['who'], 40)} said {said}" if routed["who"] else ""
    who += f"; {routed['autonomy']}" if routed["autonomy"] not in ("", "confirm") else ""
    words = one_line(document["words"], _WORDS_CELLS)
    return [[Span(f"asked for by “{words}”, {how}{who}", "dim")]]


def again_lines(document: Mapping[str, Any]) -> list[list[Span]]:
    """What a run goes on in place of, and what goes on in its place."""
    lines: list[list[Span]] = []
    before: Mapping[str, Any] | None = document.get("forked_from")
    behind: Mapping[str, Any] | None = document.get("replanned")
    told: Mapping[str, Any] | None = document.get("told")
    if before is not None and before.get("replanned"):
        lines.append([Span(f"goes on in place of {before['run']}, by another plan", "dim")])
    if told is not None:
        given = [f"{name}={json_text(one)}" for name, one in told["inputs"].items()]
        said = one_line("; ".join([told["words"], *given]).strip("; "), _WORDS_CELLS)
        lines.append([Span(f"{one_line(told['who'], 40)} has said since: “{said}”", "dim")])
    if behind is not None and behind["by"]:
        why = one_line(behind["why"], _WHY_CELLS)
        lines.append(
            [Span(f"{why}, and the rest was planned again: {behind['by']} goes on", "dim")]
        )
    return lines
