"""The cases of a suite: rows of a file, or what stands in the suite itself; and which of them are wanted.

B803  a case has not what the suite asks it for
"""

import re
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from batuta.capabilities.files.folder import Folder
from batuta.capabilities.files.rows import rows_of
from batuta.errors import CallFailed, ExpressionError, Finding, InputError, SuiteError
from batuta.evaluation.suite import CASES_MAX, Sourced, Suite, written_in
from batuta.reading.nearest import did_you_mean
from batuta.reading.report import FINDINGS_MAX
from batuta.spec.call import Call
from batuta.spec.expr import (
    Reference,
    compile_condition,
    compile_template,
    evaluate_condition,
    resolve,
)

__all__ = ["Case", "cases_of", "chosen"]

# A file is read for so long, in seconds.
_READING_S = 600.0
_NUMBERS = re.compile(r"\d{1,9}(-\d{1,9})?(,\d{1,9}(-\d{1,9})?)*", re.ASCII)
_ROOTS = frozenset({"case"})


class Case(NamedTuple):
    """One case; `number` counts from 1, in the order of the file."""

    number: int
    fields: dict[str, Any]


def cases_of(sourced: Sourced, folder: Folder) -> list[Case]:
    """The cases, each with every field that the suite asks for.

    Raises:
        SuiteError: a case lacks something, or there is none; the file cannot be read, or has too many.
    """
    suite = sourced.suite
    rows = _rows(sourced, folder) if suite.data else list(suite.cases)
    cases = [Case(number, row) for number, row in enumerate(rows, 1)]
    if not cases:
        raise SuiteError(
            f"{suite.data} has no rows",
            remedy="write one case on each line, below the names of its fields",
            place=sourced.places.at("data"),
        )
    findings = _missing(sourced, cases)
    if findings:
        count = len(findings)
        raise SuiteError(
            f"the cases have {count} flaws" if count > 1 else findings[0].message,
            place=findings[0].place,
            findings=findings,
        )
    return cases


def chosen(cases: Sequence[Case], only: str) -> list[Case]:
    """Those of `cases` that `only` means: numbers like `1-20,35`, or a condition on `case`.

    Raises:
        InputError: it is neither, or means none.
    """
    words = only.replace(" ", "")
    if _NUMBERS.fullmatch(words):
        wanted: set[int] = set()
        for part in words.split(","):
            first, _, last = part.partition("-")
            wanted.update(range(int(first), min(int(last or first), len(cases)) + 1))
        found = [one for one in cases if one.number in wanted]
    else:
        found = _that(cases, only)
    if not found:
        raise InputError(
            f"--only {only[:80]!r} leaves none of {len(cases):,} cases",
            remedy="write numbers (1-20,35), or a condition: case.topic == 'billing'",
        )
    return found


def _that(cases: Sequence[Case], only: str) -> list[Case]:
    try:
        condition = compile_condition(only, _ROOTS)
        return [one for one in cases if evaluate_condition(condition, _lookup(one.fields))]
    except ExpressionError as error:
        raise InputError(
            f"--only {only[:80]!r}: {error.message}",
            remedy=error.remedy or "write numbers (1-20,35), or a condition on `case`",
        ) from None


def _lookup(fields: dict[str, Any]) -> Callable[[Reference], Any]:
    return lambda reference: resolve(fields, reference.path)


def _rows(sourced: Sourced, folder: Folder) -> list[dict[str, Any]]:
    path, place = sourced.suite.data, sourced.places.at("data")
    read = rows_of(folder)
    call = Call(run="", path="", attempt=1, key="", args={}, deadline=time.time() + _READING_S)
    try:
        found = read(path, call, limit=CASES_MAX)
    except CallFailed as error:
        raise SuiteError(f"data: {error.message}", place=place) from None
    if found["more"]:
        raise SuiteError(
            f"data: {path} has more than {CASES_MAX:,} cases, or 16 Mi characters",
            remedy="evaluate a sample of them: write it to a file of its own",
            place=place,
        )
    return found["rows"]


def _missing(sourced: Sourced, cases: Sequence[Case]) -> list[Finding]:
    """What the suite asks of cases that do not have it."""
    suite, findings = sourced.suite, list[Finding]()
    for name, path in _asked(suite).items():
        lacking = [one for one in cases if name not in one.fields]
        if not lacking:
            continue
        known = lacking[0].fields
        if len(lacking) == len(cases):
            said = f"no case has a field {name!r}, which {path} asks for"
        else:
            numbers = ", ".join(str(one.number) for one in lacking[:5])
            more = f" and {len(lacking) - 5:,} more" if len(lacking) > 5 else ""
            which = "case" if len(lacking) == 1 else "cases"
            said = f"{which} {numbers}{more}: no field {name!r}, which {path} asks for"
        place = sourced.places.at(*path.split("."))
        if suite.cases:
            place = sourced.places.at("cases", lacking[0].number - 1)
        remedy = did_you_mean(name, [*known], "fields")
        findings.append(Finding("B803", said, place=place, remedy=remedy))
    return findings[:FINDINGS_MAX]


def _asked(suite: Suite) -> dict[str, str]:
    """The fields of cases that expressions cannot do without, and where they are asked for first."""
    asked: dict[str, str] = {}
    for written in written_in(suite):
        for one in compile_template(written.shape, written.roots).references:
            if one.root == "case" and one.path and not one.optional:
                asked.setdefault(str(one.path[0]), ".".join(map(str, written.path)))
    return asked
