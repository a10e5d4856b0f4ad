"""`batuta replay`: recorded runs against the present code. Nothing is called, nothing is written."""

import argparse
import time
from pathlib import Path
from typing import Any

from batuta.app import App
from batuta.config import plan_files
from batuta.doors.cli.driving.evaluations import without_evaluations
from batuta.doors.cli.failures import place_data
from batuta.doors.cli.loop import on_loop
from batuta.doors.cli.since import since
from batuta.doors.cli.terminal.progress import Progress
from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.table import Span
from batuta.doors.cli.terminal.text import one_line, place_text
from batuta.doors.cli.words.versions import REPLAYED_MAX
from batuta.doors.cli.workspace import folder_of, named_plan, opened_to_compare, written_plan
from batuta.engine.past.replay import Replay
from batuta.engine.past.replayed import Difference, Replayed
from batuta.errors import BatutaError, InputError, JournalBroken, Place, PlanError
from batuta.plans.build import Sourced, plan_from_file
from batuta.plans.check import check
from batuta.reading.places import Places
from batuta.spec.figures import duration, plural

__all__ = ["carry_out"]

# Differences that are printed; a document has all of them.
_SHOWN_MAX = 50
_WORDS_CELLS = 400
# Of runs that differ alike, so many are named.
_RUNS_NAMED_MAX = 3
_ERASED = "its payloads were erased by retention, so nothing can be said of it"
# Of these nothing can be said.
_SILENT = ("erased", "unreadable")


_Found = tuple[Replayed, Difference, Place | None]


def carry_out(args: argparse.Namespace, screen: Screen) -> int:
    """The exit code of `replay`: 1 if a run would decide otherwise now, 2 if one cannot be read."""
    return on_loop(_replay(args, screen))


async def _replay(args: argparse.Namespace, screen: Screen) -> int:
    folder = folder_of(args)
    sourced = written_plan(args.plan, folder) if args.plan else None
    _check_words(args)
    began = time.monotonic()
    async with opened_to_compare(folder) as app:
        if args.plan:
            sourced = sourced or named_plan(args.plan, folder, app)
            _check_plan(sourced, app)
        runs = await _runs(args, app, sourced)
        replay = Replay(app.engine, sourced.plan if sourced is not None else None)
        told = _Told(app, sourced)
        with Progress(screen, len(runs), "replaying") as progress:
            for run in runs:
                await told.take(await replay.run(run))
                progress.step()
    _say(told, time.monotonic() - began, screen, named=bool(args.run))
    return JournalBroken.exit_code if told.counts["unreadable"] else int(not told.sound)


def _check_words(args: argparse.Namespace) -> None:
    if args.run and (args.all or args.since is not None):
        raise InputError("replay takes RUNs, or --all or --since", remedy="leave one of them out")
    if not (args.run or args.all or args.since is not None or args.plan):
        raise InputError(
            "replay wants to know which runs", remedy="name them, or say --all or --since 7d"
        )


def _check_plan(sourced: Sourced, app: App) -> None:
    findings = [one for one in check(sourced.plan, app.cards, sourced.places) if not one.warning]
    if findings:
        raise PlanError(
            "the plan cannot run" if len(findings) > 1 else findings[0].message,
            place=findings[0].place,
            findings=findings,
        )


async def _runs(args: argparse.Namespace, app: App, sourced: Sourced | None) -> list[str]:
    if args.run:
        return list(dict.fromkeys(args.run))
    begin = since(args.since, time.time()) if args.since is not None else 0.0
    name = sourced.plan.name if sourced is not None else ""
    rows = await app.runs(plan=name, since=begin, limit=REPLAYED_MAX)
    return [row.run for row in reversed(await without_evaluations(app, rows))]


class _Told:
    """What has been found so far."""

    def __init__(self, app: App, sourced: Sourced | None) -> None:
        self._app = app
        self._sourced = sourced
        self._registered: dict[str, Places] | None = None
        self.counts = {"same": 0, "differs": 0, "erased": 0, "unreadable": 0}
        self.decisions = 0
        self.silent: list[str] = []
        self.unreadable: list[dict[str, str]] = []
        self.differences: list[_Found] = []

    async def take(self, one: Replayed) -> None:
        """Count the run; find out where its plan says what differs."""
        self.counts[one.verdict] += 1
        self.decisions += one.decisions
        if one.verdict == "erased":
            self.silent.append(f"{one.run}: {_ERASED}")
        elif one.verdict == "unreadable":
            self.unreadable.append({"run": one.run, "plan": one.plan, "why": one.why})
        elif one.difference is not None:
            place = self._place(one, one.difference.path)
            self.differences.append((one, one.difference, place))

    @property
    def sound(self) -> bool:
        """True if nothing differs, and all that retention has left can be read."""
        return not (self.counts["differs"] or self.unreadable)

    def _place(self, one: Replayed, path: str) -> Place | None:
        step = path.partition("/")[0].partition(".")[0].partition("~")[0]
        places = self._sourced.places if self._sourced is not None else None
        if places is None:
            if self._registered is None:
                self._registered = _places_by_digest(self._app)
            places = self._registered.get(one.plan_digest)
        return places.key("steps", step) if places is not None and step else None


def _places_by_digest(app: App) -> dict[str, Places]:
    """Where the parts of the registered plans stand, by the digests of the plans; flawed files are nobody's plan."""
    found: dict[str, Places] = {}
    try:
        files: list[Path] = plan_files(app.workspace)
    except InputError:
        return found
    for file in files:
        try:
            sourced = plan_from_file(file)
        except BatutaError:
            continue
        found[sourced.plan.digest()] = sourced.places
    for workflow in app.plans.values():
        try:
            found[workflow.plan.digest()] = workflow.places
        except BatutaError:
            continue
    return found


def _say(told: _Told, took_s: float, screen: Screen, *, named: bool) -> None:
    counts, total = told.counts, sum(told.counts.values())
    if screen.json:
        screen.document(
            {
                "ok": told.sound,
                "runs": total,
                **counts,
                "decisions": told.decisions,
                "differences": [_data(*one) for one in told.differences],
                "damaged": told.unreadable,
            }
        )
        return
    groups = _grouped(told.differences)
    for alike in groups[:_SHOWN_MAX]:
        screen.out(*_lines(alike))
    more = len(groups) - _SHOWN_MAX
    if more > 0:
        screen.out(f"… and {more:,} more kinds; --json has all of them", "")
    for broken in told.unreadable[: None if named else _SHOWN_MAX]:
        said = f": it cannot be read: {one_line(broken['why'], _WORDS_CELLS)}"
        screen.out([Span(broken["run"], "bold"), Span(said, "bad")])
    screen.out(*(told.silent if named else told.silent[:_SHOWN_MAX]))
    if not total:
        screen.say("there is no such run")
    said = [f"{plural(total, 'run')} replayed in {duration(took_s)}"]
    said.append(f"{plural(told.decisions, 'decision')}")
    mark = Span("✓ ", "good") if told.sound else Span("✗ ", "bad")
    same = "all decide the same" if counts["same"] == total else f"{counts['same']:,} the same"
    said += [same] if total else []
    said += [f"{counts['differs']:,} differ"] if counts["differs"] else []
    said += [f"{counts[word]:,} {word}" for word in _SILENT if counts[word]]
    screen.out([mark, Span(", ".join(said))])


def _grouped(differences: list[_Found]) -> list[list[_Found]]:
    """What differs alike in many runs of a plan is told once, with the first of them."""
    groups: dict[tuple[str, ...], list[_Found]] = {}
    for found in differences:
        one, difference, _ = found
        alike = (one.plan, difference.path, difference.fact, difference.recorded, difference.now)
        groups.setdefault(alike, []).append(found)
    return list(groups.values())


def _lines(alike: list[_Found]) -> list[list[Span]]:
    one, difference, place = alike[0]
    at = f", {one_line(difference.path, 120)}" if difference.path else ""
    file = f" ({one_line(place_text(place))})" if place_text(place) else ""
    head = f"  {one_line(one.plan, 40)}  fact {difference.seq:,}{at}{file}"
    lines = [
        [Span(one.run, "bold"), Span(head)],
        [Span("    recorded  ", "dim"), Span(one_line(difference.recorded, _WORDS_CELLS))],
        [Span("    now       ", "dim"), Span(one_line(difference.now, _WORDS_CELLS), "ask")],
    ]
    if one.changed:
        lines.append([Span("    changed   ", "dim"), Span(one_line(", ".join(one.changed), 200))])
    if len(alike) > 1:
        names = ", ".join(other.run for other, _, _ in alike[1 : 1 + _RUNS_NAMED_MAX])
        more = ", …" if len(alike) > 1 + _RUNS_NAMED_MAX else ""
        lines.append(
            [
                Span("    alike     ", "dim"),
                Span(f"{plural(len(alike) - 1, 'more run')}: {names}{more}"),
            ]
        )
    return [*lines, []]


def _data(one: Replayed, difference: Difference, place: Place | None) -> dict[str, Any]:
    return {
        "run": one.run,
        "plan": one.plan,
        "seq": difference.seq,
        "path": difference.path,
        "fact": difference.fact,
        "recorded": difference.recorded,
        "now": difference.now,
        "place": place_data(place),
        "changed": list(one.changed),
    }
