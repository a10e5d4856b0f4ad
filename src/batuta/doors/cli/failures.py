"""Errors as every command reports them: an exit code, one document or one message, never a traceback."""

import os
import re
import traceback
from collections.abc import Sequence
from typing import Any

from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.table import Span
from batuta.doors.cli.terminal.text import escaped, place_text
from batuta.errors import BatutaError, Bug, Finding, JournalError, Place
from batuta.spec.figures import plural

__all__ = [
    "INTERRUPTED",
    "Interrupted",
    "as_ours",
    "error_document",
    "finding_data",
    "finding_lines",
    "place_data",
    "report",
]

# What shells say of a process that Ctrl-C ended.
INTERRUPTED = 130
FINDINGS_SHOWN_MAX = 20


class Interrupted(BatutaError):
    """A signal ended the command before it was done."""

    exit_code = INTERRUPTED


def as_ours(error: BaseException) -> BatutaError:
    """The error of our tree that `error` is; what is not foreseen is a bug of ours."""
    if isinstance(error, BatutaError):
        return error
    if isinstance(error, MemoryError):
        return JournalError("there is not enough memory for this", remedy="free some memory")
    if isinstance(error, OSError):
        named = f": {error.filename}" if error.filename else ""
        return JournalError(
            f"the system refuses: {error.strerror or error}{named}",
            remedy="check room, rights and limits; what was recorded is safe",
        )
    if os.environ.get("BATUTA_DEBUG"):
        traceback.print_exception(error)
    where = traceback.extract_tb(error.__traceback__)
    at = f" at {os.path.basename(where[-1].filename)}:{where[-1].lineno}" if where else ""
    return Bug(
        f"this should not have happened: {type(error).__name__}: {str(error)[:500]}{at}",
        remedy="please report it, with what you did; BATUTA_DEBUG=1 shows where it happened",
    )


def report(error: BatutaError, screen: Screen) -> int:
    """Say what went wrong, and return the exit code."""
    if screen.json:
        if not screen.documented:
            screen.document(error_document(error, screen.run))
    else:
        screen.say(*error_lines(error))
    return error.exit_code


def error_document(error: BatutaError, run: str | None) -> dict[str, Any]:
    """The document of a command that could not do what was asked."""
    said: dict[str, Any] = {
        "code": code_of(error),
        "message": error.message,
        "remedy": error.remedy,
        "place": place_data(error.place),
    }
    findings = _findings(error)
    if findings:
        said["findings"] = [finding_data(one) for one in findings]
        if not error.remedy:
            said["remedy"] = findings[0].remedy
    return {"run": run, "status": "error", "error": said}


def error_lines(error: BatutaError) -> list[list[Span]]:
    """The same for people."""
    findings = _findings(error)
    if len(findings) == 1 and findings[0].message == error.message:
        only = [Span("error: ", "bad"), *finding_lines(findings)[0]]
        remedy = error.remedy or findings[0].remedy
        return [only, _remedy(remedy)] if remedy else [only]
    if findings:
        counted = sum(not one.warning for one in findings)
        flaws = f" ({plural(counted, 'flaw')})" if counted > 1 else ""
        if f"{counted} flaws" in error.message:
            flaws = ""
        lines = [[Span("error: ", "bad"), Span(escaped(error.message) + flaws, "bold")]]
        lines += finding_lines(findings)
        return [*lines, _remedy(error.remedy)] if error.remedy else lines
    place = place_text(error.place)
    head = [Span("error: ", "bad")]
    if place:
        head.append(Span(f"{escaped(place)}: ", "bold"))
    lines = [[*head, Span(escaped(error.message))]]
    if error.remedy:
        lines.append(_remedy(error.remedy))
    return lines


def _remedy(words: str) -> list[Span]:
    return [Span("  → " + escaped(words), "dim")]


def finding_lines(
    findings: Sequence[Finding], *, shown_max: int = FINDINGS_SHOWN_MAX
) -> list[list[Span]]:
    """Each flaw with place and remedy; of very many, the first ones and a count.

    The place begins its line, as editors and terminals look for it.
    """
    lines: list[list[Span]] = []
    for one in findings[:shown_max]:
        place = place_text(one.place)
        at = [Span(f"{escaped(place)}: ", "bold")] if place else []
        code = Span(
            f"{one.code} " + ("warning: " if one.warning else ""), "ask" if one.warning else "bad"
        )
        lines.append([*at, code, Span(escaped(one.message))])
        if one.remedy:
            lines.append([Span("    → " + escaped(one.remedy), "dim")])
    more = len(findings) - shown_max
    return [*lines, [Span(f"… and {more:,} more")]] if more > 0 else lines


def finding_data(finding: Finding) -> dict[str, Any]:
    """A finding as JSON."""
    return {
        "code": finding.code,
        "message": finding.message,
        "place": place_data(finding.place),
        "remedy": finding.remedy,
        "warning": finding.warning,
    }


def code_of(error: BatutaError) -> str:
    """A short stable word for the kind of error: `plan`, `input`, `not_found`, `journal_full`, …"""
    name = type(error).__name__.removesuffix("Error") or "error"
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _findings(error: BatutaError) -> Sequence[Finding]:
    return getattr(error, "findings", ())


def place_data(place: Place | None) -> dict[str, Any] | None:
    """A place as JSON; null for one that names neither file nor line."""
    if place is None or not place_text(place):
        return None
    return {"file": place.file, "line": place.line, "column": place.column}
