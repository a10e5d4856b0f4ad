"""A suite as people write it: which cases, what is asked about them, and how the answers are scored.

    name: sums
    data: sums.csv
    target: {use: small, with: {prompt: "${case.question}"}}
    output: "${value.text}"
    scorers:
      right: {contains: "${case.answer}", pass: 0.9}
      good: {judge: quality, task: "${case.question}"}

B801  a target or a scorer is put together wrongly
B802  an expression is wrong
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from batuta.errors import SuiteError
from batuta.plans.read import read_capability
from batuta.reading.budget import YEAR_S, read_budget
from batuta.reading.kinds import is_another
from batuta.reading.places import Places
from batuta.reading.report import Report
from batuta.reading.shapes import (
    FLAWED,
    anything,
    duration,
    integer,
    mapping,
    matching,
    number,
    record,
    sequence,
    text,
)
from batuta.reading.source import read_bytes, tree_from_text
from batuta.spec.budget import Budget
from batuta.spec.expr import TemplateError, compile_template

__all__ = [
    "CASES_MAX",
    "KINDS",
    "REPEATS_MAX",
    "WITH_KIND",
    "Scorer",
    "Sourced",
    "Suite",
    "Target",
    "Written",
    "load_suite",
    "read_suite",
    "suite_from_text",
    "written_in",
]

# A run holds all of them: 1.5 ms and 40 kB of memory for each answer, the work itself not counted.
CASES_MAX = 10_000
REPEATS_MAX = 100
SCORERS_MAX = 50
RETRIES_MAX = 10
LIMIT_MAX = 1_000
_NAME = r"[A-Za-z_][A-Za-z0-9_]{0,63}"

KINDS = ("exact", "contains", "similar", "check", "judge", "use")
"""What a scorer is told by: the one key of these that it has."""

WITH_KIND = {"task": "judge", "reference": "judge", "with": "use"}
"""What goes with which kind; `pass` goes with all."""


class Target(msgspec.Struct, frozen=True, rename={"with_": "with", "timeout_s": "timeout"}):
    """What is evaluated: a capability (`use`) or a registered plan (`plan`), and what it is called with."""

    use: str = ""
    plan: str = ""
    with_: Any = {}
    retry: int = 0
    timeout_s: float | None = None


class Scorer(msgspec.Struct, frozen=True, rename={"with_": "with", "pass_": "pass"}):
    """One way to score an answer, from 0 to 1. `pass_`: the mean that is wanted at least."""

    exact: Any = msgspec.UNSET
    contains: Any = msgspec.UNSET
    similar: Any = msgspec.UNSET
    check: Any = msgspec.UNSET
    judge: str | msgspec.UnsetType = msgspec.UNSET
    use: str | msgspec.UnsetType = msgspec.UNSET
    task: Any = msgspec.UNSET
    reference: Any = msgspec.UNSET
    with_: Any = msgspec.UNSET
    pass_: float | None = None

    @property
    def kinds(self) -> list[str]:
        """The keys of `KINDS` that it has: one, if it is sound."""
        return [kind for kind in KINDS if getattr(self, kind) is not msgspec.UNSET]

    @property
    def kind(self) -> str:
        """Its kind, if it is sound."""
        return self.kinds[0]


class Suite(msgspec.Struct, frozen=True):
    """What is evaluated with which cases, and how.

    Attributes:
        data: the file with the cases, relative to the workspace; "" if they stand here.
        cases: the cases, if they stand here.
        title: what a case is called in reports.
        output: what of the value of the target is scored.
        repeats: so often each case is asked.
        limit: at most so many cases at once.
    """

    name: str
    target: Target
    scorers: dict[str, Scorer]
    description: str = ""
    data: str = ""
    cases: tuple[dict[str, Any], ...] = ()
    title: str = ""
    output: Any = "${value}"
    repeats: int = 1
    limit: int = 8
    budget: Budget | None = None


class Sourced(NamedTuple):
    """A suite, and where its parts stand in its file."""

    suite: Suite
    places: Places


class Written(NamedTuple):
    """One shape of a suite that may have expressions in it: where it stands, and which names it may use."""

    path: tuple[str | int, ...]
    shape: Any
    roots: frozenset[str]


_CASE = frozenset({"case"})
_VALUE = frozenset({"case", "value"})
_OUTPUT = frozenset({"case", "output", "value"})

_read_case = mapping(text(1, 200), anything, 1_000)
_read_target = record(
    Target,
    {
        "use": read_capability,
        "plan": matching(r"\w[\w.-]{0,127}", "the name of a registered plan", "answer-ticket"),
        "with": anything,
        "retry": integer(0, RETRIES_MAX),
        "timeout": duration(0.001, YEAR_S),
    },
    what="what is evaluated: a map with `use` or `plan`",
)
_read_scorer = record(
    Scorer,
    {
        "exact": anything,
        "contains": anything,
        "similar": anything,
        "check": anything,
        "judge": read_capability,
        "use": read_capability,
        "task": anything,
        "reference": anything,
        "with": anything,
        "pass": number(0, 1),
    },
    what='a scorer: a map, for example {exact: "${case.expected}"}',
)
read_suite = record(
    Suite,
    {
        "name": matching(r"[A-Za-z_][\w-]{0,63}", "a name of letters, digits, `_` and `-`", "sums"),
        "description": text(0, 65_536),
        "data": text(1, 1_024),
        "cases": sequence(_read_case, CASES_MAX),
        "target": _read_target,
        "title": text(1, 10_000),
        "output": anything,
        "scorers": mapping(
            matching(_NAME, "the name of a scorer", "right"), _read_scorer, SCORERS_MAX
        ),
        "repeats": integer(1, REPEATS_MAX),
        "limit": integer(1, LIMIT_MAX),
        "budget": read_budget,
    },
    required=("name", "target", "scorers"),
    what="a suite: a map with `name`, `target` and `scorers`",
)


def load_suite(path: Path) -> Sourced:
    """The suite in a file.

    Raises:
        NotFound: there is no such file. InputError: it cannot be read. SuiteError: it has flaws; lists all.
    """
    return suite_from_text(read_bytes(path, "suite"), str(path))


def suite_from_text(content: str | bytes, file: str = "") -> Sourced:
    """The suite in a YAML or JSON text. Raises `SuiteError` with all flaws, each with its place."""
    root, report = tree_from_text(content, file)
    suite = FLAWED
    if root is not None and not is_another(root, report, "suite"):
        suite = read_suite(root, report)
    places = Places(root, report.text, report.file)
    if isinstance(suite, Suite):
        _look(suite, places, report)
    if report.findings or not isinstance(suite, Suite):
        count = len(report.findings)
        assert count, "what is flawed has a finding"
        raise SuiteError(
            f"the suite has {count} flaws" if count > 1 else report.findings[0].message,
            place=report.findings[0].place,
            findings=report.in_order(),
        )
    return Sourced(suite, places)


def written_in(suite: Suite) -> Iterator[Written]:
    """The shapes of `suite` that may have expressions in them."""
    yield Written(("target", "with"), suite.target.with_, _CASE)
    yield Written(("title",), suite.title, _CASE)
    yield Written(("output",), suite.output, _VALUE)
    for name, one in suite.scorers.items():
        for key in ("exact", "contains", "similar", "task", "reference", "with"):
            shape = getattr(one, "with_" if key == "with" else key)
            if shape is not msgspec.UNSET:
                yield Written(("scorers", name, key), shape, _OUTPUT)


def _look(suite: Suite, places: Places, report: Report) -> None:
    """Add what is wrong beyond keys and types."""

    def flaw(code: str, message: str, remedy: str, *path: str | int) -> None:
        report.add(code, message, places.at(*path), remedy)

    if bool(suite.target.use) == bool(suite.target.plan):
        said = "both `use` and `plan`" if suite.target.use else "neither `use` nor `plan`"
        flaw("B801", f"target: {said}", "name a capability or a registered plan", "target")
    if bool(suite.data) == bool(suite.cases):
        said = "both `data` and `cases`" if suite.data else "no cases"
        flaw("B801", said, "name a file (`data: cases.csv`), or write them down (`cases: [{…}]`)")
    if not suite.scorers:
        flaw(
            "B801",
            "scorers: there is none",
            'add one: {right: {exact: "${case.expected}"}}',
            "scorers",
        )
    for name, one in suite.scorers.items():
        kinds, remedy = one.kinds, f"give it one of {', '.join(KINDS)}"
        if len(kinds) != 1:
            said = f"{' and '.join(kinds)} at once" if kinds else "it does not say how"
            flaw("B801", f"scorers.{name}: {said}", remedy, "scorers", name)
            continue
        if kinds == ["check"] and not isinstance(one.check, dict):
            message = f"scorers.{name}.check: expected a map"
            flaw("B801", message, "write for example {matches: '^A'}", "scorers", name, "check")
        for key, kind in WITH_KIND.items():
            given = getattr(one, "with_" if key == "with" else key) is not msgspec.UNSET
            if given and kind not in kinds:
                message = f"scorers.{name}: `{key}` goes with `{kind}`, not with `{kinds[0]}`"
                flaw("B801", message, f"leave out `{key}`", "scorers", name, key)
    for written in written_in(suite):
        try:
            compile_template(written.shape, written.roots)
        except TemplateError as error:
            path = (*written.path, *_parts(error.pointer))
            place = places.at(*path)
            report.add("B802", f"{'.'.join(map(str, path))}: {error.message}", place, error.remedy)


def _parts(pointer: str) -> Iterator[str | int]:
    """The parts of a JSON pointer."""
    for part in pointer.split("/")[1:]:
        plain = part.replace("~1", "/").replace("~0", "~")
        yield int(plain) if plain.isdigit() else plain
