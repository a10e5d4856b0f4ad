"""`batuta check`: what is wrong with a workspace and its plans, before anything runs."""

import argparse
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from batuta.app import App
from batuta.capabilities.sources import sources_of
from batuta.config import (
    PLANS_DEFAULT,
    WORKSPACE_FILE,
    Workspace,
    load_workspace,
    plan_files,
)
from batuta.doors.cli.failures import finding_data, finding_lines
from batuta.doors.cli.loop import on_loop
from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.table import Span
from batuta.doors.cli.terminal.text import one_line
from batuta.doors.cli.views.sarif import sarif_text
from batuta.doors.cli.workspace import folder_of, from_here, opened_to_check, plan_path
from batuta.errors import Finding, InputError, Place, WorkspaceError
from batuta.governance.verdict import Policy
from batuta.plans.build import Sourced, plan_from_file
from batuta.plans.check import check
from batuta.spec.card import Card
from batuta.spec.figures import plural
from batuta.storage.files import write_whole

__all__ = ["carry_out"]

# So many findings are printed; `--json` and `--sarif` have all of them.
_SHOWN_MAX = 200
# What is said of a capability once need not be said again for every plan that uses it.
_OF_CAPABILITIES = frozenset({"B136", "B190"})


def carry_out(args: argparse.Namespace, screen: Screen) -> int:
    """The exit code of `check`."""
    if args.live:
        # Another question, and another opening of the workspace.
        from batuta.doors.cli.commands import live_check

        return live_check.carry_out(args, screen)
    if args.sarif and screen.json:
        raise InputError("--json and --sarif are two documents", remedy="ask for one of them")
    if args.sarif not in ("", "-") and not args.sarif.endswith((".sarif", ".sarif.json")):
        # `--sarif refunds.yaml` means a plan, and must not be the end of it.
        raise InputError(
            f"the name of the report {args.sarif[:64]!r} does not end in .sarif",
            remedy="write --sarif FILE.sarif, or `--sarif -` for standard output",
        )
    return on_loop(_check(args, screen))


class _Checked:
    """What was looked at, and what was found."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.findings: list[Finding] = []
        self.cards: Mapping[str, Card] = {}
        self.workspace: Workspace | None = None
        self.sound = True  # the capabilities are known, so that plans can be checked against them
        self.plans: list[tuple[str, Sourced]] = []
        self.workflows: set[str] = set()  # recorded, or with flaws instead
        self._names: dict[str, str] = {}

    @property
    def flaws(self) -> int:
        return sum(not one.warning for one in self.findings)

    def add(self, findings: Iterable[Finding]) -> None:
        """Keep `findings`, with places as they are seen from the current folder, and none twice."""
        known = {one.message for one in self.findings if one.code in _OF_CAPABILITIES}
        self.findings += [
            _seenfrom_here(one, self.folder)
            for one in findings
            if one.code not in _OF_CAPABILITIES or one.message not in known
        ]

    def add_plan(self, file: str, sourced: Sourced) -> None:
        """Check one plan."""
        name, file = sourced.plan.name, from_here(file)
        if name in self._names:
            where = self._names[name]
            place = sourced.places.at("name")
            message = f"there are two plans called {name!r}; the other is in {where}"
            self.add([Finding("B205", message, place=place, remedy="give one another name")])
        self._names.setdefault(name, file)
        self.plans.append((file, sourced))
        if self.sound:
            budget = None if self.workspace is None else self.workspace.budget
            found = check(sourced.plan, self.cards, sourced.places, budget=budget)
            self.add(one for one in found if one.code != "B190")


async def _check(args: argparse.Namespace, screen: Screen) -> int:
    folder = folder_of(args, must_exist=not args.plans)
    checked = _Checked(folder)
    recorded: list[tuple[str, Sourced]] = []
    try:
        async with opened_to_check(folder) as app:
            checked.cards, checked.workspace = app.cards, app.workspace
            checked.add(_of_workspace(app))
            recorded = _recorded(args.plans, app, checked)
    except InputError as error:
        checked.add(_findings_of(error))
        checked.sound = False
    for file in _files(args.plans, checked):
        try:
            checked.add_plan(str(file), plan_from_file(file))
        except InputError as error:
            checked.add(_findings_of(error))
    for file, sourced in recorded:
        checked.add_plan(file, sourced)
    return _told(checked, args, screen)


def _files(names: list[str], checked: _Checked) -> list[Path]:
    """The plans that are named; without names, all that are registered."""
    found: list[Path] = []
    try:
        if not names:
            workspace = checked.workspace or load_workspace(checked.folder)
            return plan_files(workspace)
    except WorkspaceError:
        return []  # it was told already, and which plans there are is not known
    for name in names:
        if Path(name).name == WORKSPACE_FILE or name in checked.workflows:
            continue  # `batuta check *.yaml`: the workspace is checked with any plan
        try:
            found.append(plan_path(name, checked.folder))
        except WorkspaceError:
            found.append(Path(name))
        except InputError as error:
            checked.add(_findings_of(error))
    return list(dict.fromkeys(found))


def _recorded(names: list[str], app: App, checked: _Checked) -> list[tuple[str, Sourced]]:
    """The plans that modules of the workspace record: those of `names`, or all."""
    found: list[tuple[str, Sourced]] = []
    for name, workflow in app.plans.items():
        if names and (name not in names or plan_path(name, checked.folder).exists()):
            continue
        checked.workflows.add(name)
        try:
            sourced = workflow.recorded.sourced
            found.append((sourced.places.at("name").file or name, sourced))
        except InputError as error:
            checked.add(_findings_of(error))
    return found


def _undeclared(app: App) -> Iterator[Finding]:
    """Those that do not say what they do to the world; of a source of which none does, one for all."""
    workspace = app.workspace
    silent = [name for name, card in app.cards.items() if not card.declared]
    sources = sources_of(workspace)
    told: dict[str, int] = {}
    for name in silent:
        source = name.partition(".")[0]
        kind = sources.get(source)
        if kind is not None:
            told[source] = told.get(source, 0) + 1
            continue
        yield Finding(
            "B190",
            app.cards[name].undeclared,
            place=workspace.places.at("capabilities", name)
            if name in workspace.capabilities
            else None,
            remedy="declare effect and reach where it is defined",
            warning=True,
        )
    for source, count in told.items():
        key = "tools" if sources[source] == "mcp" else "operations"
        some = "1 capability does" if count == 1 else f"{count:,} capabilities do"
        yield Finding(
            "B190",
            f"{source!r}: {some} not say what a call does, which counts as a write that leaves this machine",
            place=workspace.places.at(sources[source], source),
            remedy=f"declare effect and reach under `{key}`; `batuta capabilities '{source}.*'` marks them with a ?",
            warning=True,
        )


def _of_workspace(app: App) -> list[Finding]:
    workspace = app.workspace
    found = [*app.flaws.values(), *_undeclared(app)]
    judge = app.engine.judge
    if isinstance(judge, Policy):
        found += judge.idle(app.cards, locate=lambda index: workspace.places.at("policy", index))
    if workspace.plans != PLANS_DEFAULT:
        found += [
            Finding(
                "B206",
                f"no file fits {pattern!r}",
                place=workspace.places.at("plans", index),
                remedy="correct the pattern; it is relative to the folder of batuta.yaml",
                warning=True,
            )
            for index, pattern in enumerate(workspace.plans)
            if not any(path.is_file() for path in Path(workspace.root).glob(pattern))
        ]
    return found


def _findings_of(error: InputError) -> list[Finding]:
    findings: tuple[Finding, ...] = getattr(error, "findings", ())
    return list(findings) or [
        Finding("B000", error.message, place=error.place, remedy=error.remedy)
    ]


def _seenfrom_here(finding: Finding, folder: Path) -> Finding:
    """The same with the file as it is named from the current folder."""
    place = finding.place
    if not place.file:
        return finding
    path = Path(place.file)
    if not path.is_absolute() and not path.exists():
        path = folder / path  # modules of a workspace are named from there
    return Finding(
        finding.code,
        finding.message,
        place=Place(from_here(path), place.line, place.column),
        remedy=finding.remedy,
        warning=finding.warning,
    )


def _told(checked: _Checked, args: argparse.Namespace, screen: Screen) -> int:
    flaws = checked.flaws
    code = 2 if flaws else 0
    if screen.json:
        screen.document(_document(checked))
        return code
    if args.sarif:
        text = sarif_text(checked.findings)
        if args.sarif == "-":
            screen.out(text.rstrip("\n"))
            return code
        write_whole(Path(args.sarif), text, replace=True)
    screen.out(*finding_lines(checked.findings, shown_max=_SHOWN_MAX))
    warnings = len(checked.findings) - flaws
    parts = [plural(len(checked.cards), "capability")]
    steps = sum(len(sourced.plan.steps) for _, sourced in checked.plans)
    if len(checked.plans) == 1:
        name = one_line(checked.plans[0][1].plan.name, 60)
        parts.append(f"plan {name} with {plural(steps, 'step')}")
    elif checked.plans:
        parts.append(f"{plural(len(checked.plans), 'plan')} with {plural(steps, 'step')}")
    parts += [plural(flaws, "flaw") if flaws else "no flaws"]
    parts += [plural(warnings, "warning")] if warnings else []
    mark = Span("✗ ", "bad") if flaws else Span("✓ ", "good")
    screen.out([mark, Span(", ".join(parts))])
    return code


def _document(checked: _Checked) -> dict[str, object]:
    return {
        "ok": not checked.flaws,
        "findings": [finding_data(one) for one in checked.findings],
        "capabilities": len(checked.cards),
        "plans": [
            {"plan": sourced.plan.name, "file": file, "steps": len(sourced.plan.steps)}
            for file, sourced in checked.plans
        ],
    }
