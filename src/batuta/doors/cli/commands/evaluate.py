"""`batuta eval`: cases through a capability or a plan, scored; is it good enough, and is it better than before?"""

import argparse
import shlex
from pathlib import Path
from typing import Any

import msgspec

from batuta.app import App
from batuta.capabilities.report.html import html_page
from batuta.capabilities.workspace import folder_of as files_of
from batuta.config import load_workspace
from batuta.doors.cli.driving.drive import Driving, code_for
from batuta.doors.cli.driving.ending import finish
from batuta.doors.cli.driving.weather import Weather
from batuta.doors.cli.failures import INTERRUPTED
from batuta.doors.cli.loop import on_loop
from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.text import one_line
from batuta.doors.cli.views.evaluation import evaluation_lines
from batuta.doors.cli.workspace import folder_of, from_here, named_as, opened
from batuta.errors import InputError, TargetMissed
from batuta.evaluation.cases import cases_of, chosen
from batuta.evaluation.comparing import Against, against
from batuta.evaluation.evaluation import Evaluation, baseline_of, evaluated_in
from batuta.evaluation.page import page_of
from batuta.evaluation.result import Evaluated, result_data
from batuta.evaluation.suite import REPEATS_MAX, load_suite
from batuta.reading.source import read_bytes
from batuta.spec.figures import money, plural
from batuta.storage.files import write_whole

__all__ = ["carry_out"]

# A result that was kept: 20,000 answers of 10 kB each.
_KEPT_BYTES_MAX = 256 * 1_024 * 1_024


def carry_out(args: argparse.Namespace, screen: Screen) -> int:
    """The exit code of `eval`."""
    return on_loop(_eval(args, screen))


async def _eval(args: argparse.Namespace, screen: Screen) -> int:
    folder = folder_of(args)
    if args.against and args.baseline:
        raise InputError("--against and --baseline are two comparisons", remedy="take one of them")
    before = _kept(args.against) if args.against else None
    _check_report(args.report)
    evaluation = _evaluation(args, folder)
    weather = Weather()
    functions = evaluation.functions
    async with opened(folder, screen, None if screen.json else weather, functions) as app:
        evaluation.check(app)
        if args.baseline:
            before = await baseline_of(app, evaluation.suite.name)
        if not screen.json:
            screen.say(_plan(evaluation, app))
        begun = await evaluation.begin(app)
        screen.run = begun.run
        if begun.goes_on:
            screen.say(f"{begun.run} was interrupted, and goes on")
        driving = Driving(app, begun.run, screen, weather, let_go=True)
        document = await driving.go(accept=begun.goes_on)
        if driving.interrupted or document["status"] not in ("succeeded", "failed"):
            return _not_done(args, document, driving, screen)
        result = await evaluated_in(app, begun.run)
    if document["status"] == "failed":
        finish(document, screen, named_as(args))
        return code_for(document)
    return _told(args, result, None if before is None else against(before, result), screen)


def _evaluation(args: argparse.Namespace, folder: Path) -> Evaluation:
    """The suite with the cases that are wanted. Raises `SuiteError`, `InputError`, `NotFound`."""
    path = Path(args.suite)
    inside = folder / args.suite
    if not path.exists() and inside.is_file():
        path = Path(from_here(inside))
    sourced = load_suite(path)
    if args.repeats is not None:
        if not args.repeats.isdecimal() or not 1 <= int(args.repeats) <= REPEATS_MAX:
            raise InputError(
                f"--repeats {args.repeats[:20]!r} is no number from 1 to {REPEATS_MAX}",
                remedy="write for example --repeats 3",
            )
        suite = msgspec.structs.replace(sourced.suite, repeats=int(args.repeats))
        sourced = sourced._replace(suite=suite)
    cases = cases_of(sourced, files_of(load_workspace(folder)))
    return Evaluation(sourced, chosen(cases, args.only) if args.only else cases)


def _plan(evaluation: Evaluation, app: App) -> str:
    """What is to be done, before it is."""
    suite = evaluation.suite
    cases = plural(evaluation.cases, "case")
    times = f", {suite.repeats} times each" if suite.repeats > 1 else ""
    most = evaluation.at_most_usd(app)
    cost = f"at most {money(most)}" if most else "free of charge"
    if most is None:
        cost = "nobody knows what it costs"
    return f"{suite.name}: {cases}{times}, {plural(len(suite.scorers), 'scorer')}; {cost}"


def _not_done(
    args: argparse.Namespace, document: dict[str, Any], driving: Driving, screen: Screen
) -> int:
    finish(document, screen, named_as(args))
    if not screen.json and document["status"] != "cancelled":
        words = shlex.join(["batuta", "eval", args.suite])
        screen.say(f"`{words}{named_as(args)}` goes on where it stopped")
    return INTERRUPTED if driving.interrupted else code_for(document)


def _told(
    args: argparse.Namespace, result: Evaluated, compared: Against | None, screen: Screen
) -> int:
    missed = result.outcome == "missed" or (compared is not None and compared.worse)
    files: dict[str, Any] = {}
    if args.report:
        title, subtitle, sections = page_of(result, compared)
        footer = f"Run {result.run} of suite {result.suite}"
        write_whole(
            Path(args.report), html_page(title, subtitle, sections, footer, "en"), replace=True
        )
        files["report"] = args.report
    if screen.json:
        told = None if compared is None else msgspec.to_builtins(compared)
        screen.document(result_data(result) | {"against": told} | files)
    else:
        screen.out(*evaluation_lines(result, compared, screen.width))
        for name in files.values():
            screen.say(f"\nwritten: {one_line(name)}")
    return TargetMissed.exit_code if missed else 0


def _check_report(path: str | None) -> None:
    """An evaluation may take hours: whether its page can be written is not found out behind it."""
    if path is not None and (not Path(path).absolute().parent.is_dir() or Path(path).is_dir()):
        raise InputError(
            f"--report {path!r} cannot be written", remedy="name a file in a folder that exists"
        )


def _kept(path: str) -> Evaluated:
    """The result of an earlier `batuta eval --json`, kept in a file. Raises `InputError`, `NotFound`."""
    content = read_bytes(Path(path), "result", _KEPT_BYTES_MAX)
    try:
        result = msgspec.json.decode(content, type=Evaluated)
        for one in result.scorers:
            if any(one.name not in item.scores for item in result.items):
                raise msgspec.ValidationError(f"a case has no score of {one.name}")
        return result
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"--against: {path!r} is no result of an evaluation: {error}",
            remedy="keep one with `batuta eval SUITE --json > result.json`",
        ) from None
